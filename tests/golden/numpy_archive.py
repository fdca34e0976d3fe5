"""Archives that numpy.savez and savez_compressed write. For data/numpy_test.ts."""

import io
import pathlib
import sys

import common
import numpy as np

HERE = pathlib.Path(__file__).parent

# Every value tells its place: (7 * place) % 251, in C order.
images = np.array([(7 * place) % 251 for place in range(4 * 5 * 3)], np.uint8).reshape(4, 5, 3)
colour = np.array([(7 * place) % 251 for place in range(4 * 5 * 2 * 3)], np.uint8)
colour = colour.reshape(4, 5, 2, 3)
labels = np.array([0, 2, 1, 2])

arrays = {
    "grey": images,
    "grey_fortran": np.asfortranarray(images),
    "grey_channel": images[..., None],
    "colour": colour,
    "colour_fortran": np.asfortranarray(colour),
    "floats": images.astype(np.float32) / 255,
    "wide": images.astype(np.int64),
    "channels_first": np.moveaxis(colour, -1, 1).copy(),
    "flat": images.reshape(4, -1),
    **{
        f"labels_{kind}": labels.astype(kind)
        for kind in ["i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">i8", "<u8"]
    },
    "labels_column": labels.reshape(-1, 1).astype(np.uint8),
    "labels_floats": labels.astype(np.float64),
    "labels_onehot": np.eye(3, dtype=np.uint8)[labels],
    "labels_words": np.array(["cat", "dog", "cow", "dog"]),
    "labels_negative": np.array([0, -1, 1, 1]),
    "labels_huge": np.array([0, 2**40, 1, 1]),
    "objects": np.array([None, 1, 2, 3], dtype=object),
    "fields": np.array([(1, 2.0)] * 4, dtype=[("a", "u1"), ("b", "<f4")]),
}

for name, save in {"numpy_stored.npz": np.savez, "numpy_packed.npz": np.savez_compressed}.items():
    buffer = io.BytesIO()
    save(buffer, **arrays)
    if not common.CHECK:
        (HERE / name).write_bytes(buffer.getvalue())
        print(f"{name}: written")
        continue
    with np.load(HERE / name, allow_pickle=True) as found:
        same = list(found) == list(arrays) and all(
            found[key].dtype == array.dtype
            and found[key].flags.f_contiguous == array.flags.f_contiguous
            and np.array_equal(found[key], array)
            for key, array in arrays.items()
        )
    if not same:
        sys.exit(f"{name}: differs from what NumPy writes here")
    print(f"{name}: {len(arrays)} arrays agree exactly")
