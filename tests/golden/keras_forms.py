"""
The weights of keras_file.h5.gz as a whole saved model holds them, in every floating-point type that
Keras reads and with names kept in other ways. Writes keras_forms.h5.gz. Run it after keras_file.py.
"""

import gzip
import io

import common
import h5py
import numpy as np

FILE = common.HERE / "keras_forms.h5.gz"

# By array: its type, and how it is stored.
TYPES = {
    "conv/kernel": ("<f2", {}),
    "conv/bias": (">f2", {}),
    "bn/gamma": ("<f8", {}),
    "bn/beta": (">f8", {}),
    "bn/moving_mean": (">f4", {}),
    "bn/moving_variance": ("<f4", {"compression": "gzip", "shuffle": True}),
    "top/kernel": ("<f8", {"chunks": (1, 1, 1, 2), "compression": "gzip", "fletcher32": True}),
}


def text(names):
    return [name.decode() if isinstance(name, bytes) else name for name in names]


def convert(source, target):
    layers = text(source.attrs["layer_names"])
    # Keras splits a list that is too long for one attribute like this.
    target.attrs["layer_names0"] = np.array(layers[:2], "S")
    target.attrs["layer_names1"] = np.array(layers[2:], "S")
    for layer in layers:
        group = target.create_group(layer)
        arrays = text(source[layer].attrs["weight_names"])
        if arrays:
            group.attrs.create("weight_names", arrays, dtype=h5py.string_dtype())
        else:
            group.attrs["weight_names"] = []
        for array in arrays:
            kind, stored = TYPES[array.removesuffix(":0")]
            values = source[layer][array][()].astype(kind)
            group.create_dataset(array, data=values, dtype=kind, **stored)


buffer = io.BytesIO()
source = io.BytesIO(gzip.decompress((common.HERE / "keras_file.h5.gz").read_bytes()))
with h5py.File(source) as weights, h5py.File(buffer, "w") as root:
    root.attrs["keras_version"] = "3.15.1"
    root.attrs["model_config"] = "{}"
    convert(weights, root.create_group("model_weights"))
    root.create_group("optimizer_weights").create_dataset("iteration", data=np.int64(7))
common.keep_hdf5(FILE, buffer.getvalue(), "h5py")
