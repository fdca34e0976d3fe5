"""
What the scripts share: inputs made by formula, and writing or checking what they compute. They
import it before Keras, since it sets what Keras and TensorFlow read as they are imported.
"""

import gzip
import io
import json
import math
import os
import pathlib
import re
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
# TensorFlow's notices would hide what the scripts print.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# oneDNN picks its sums by processor; without it fewer last digits differ between machines.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import numpy as np  # noqa: E402 (after the environment is set)

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
CHECK = "--check" in sys.argv[1:]


def fnv1a(text):
    """FNV-1a, 32 bits, of a text's UTF-8 bytes: `seedFor` of src/random.ts."""
    value = 2166136261
    for byte in text.encode("utf-8"):
        value = (value ^ byte) * 16777619 % 2**32
    return value


def lcg(seed, length):
    """The 32-bit states after `seed` of the linear congruential generator of Numerical Recipes."""
    # State i is a^i seed + c (a^(i-1) + ... + 1), so that millions of them need no loop. Arithmetic
    # on uint32 arrays is modulo 2^32.
    powers = np.full(length, 1664525, np.uint32)
    np.multiply.accumulate(powers, dtype=np.uint32, out=powers)
    below = np.concatenate([np.ones(1, np.uint32), powers])[:length]
    sums = np.add.accumulate(below, dtype=np.uint32)
    return powers * np.uint32(seed) + sums * np.uint32(1013904223)


def noise(length, seed):
    """`noise` of tests/support/reference.ts: values in [-1, 1) without pattern."""
    states = lcg(seed, length)
    mixed = (states ^ (states >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
    return 2 * mixed.astype(np.float64) / 2**32 - 1


def glorot_kernel(seed, name, shape):
    """The first values of a kernel: `initialWeights` of src/models/initialize.ts."""
    receptive = math.prod(shape[:-2])
    limit = math.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
    drawn = np.random.RandomState(fnv1a(f"{seed}/{name}")).random_sample(math.prod(shape))
    return (limit * (2 * drawn - 1)).astype(np.float32).reshape(shape)


def formula_weights(model, seed):
    """`formulaWeights` of tests/support/keras_file.ts, put into a model of Keras."""
    for weight in model.weights:
        layer, kind = weight.path.split("/")
        shape = tuple(weight.shape)
        states = lcg(fnv1a(f"{seed}/{layer}/{kind}"), int(np.prod(shape)))
        s = 2 * (states.astype(np.float64) / 2**32) - 1
        if kind == "kernel":
            # Smaller at the end of a residual block, so that sums over blocks do not grow.
            small = 0.2 if layer.endswith("_3_conv") else 1.0
            values = s * (np.sqrt(6 / np.prod(shape[:-1])) * small)
        elif kind == "gamma":
            values = 1 + 0.1 * s
        elif kind == "moving_variance":
            values = 1 + 0.1 * np.abs(s)
        else:
            values = 0.1 * s
        weight.assign(values.astype(np.float32).reshape(shape))


def short(values):
    """Plain lists and numbers, float32 with no more digits than tell it from its neighbours."""
    if isinstance(values, dict):
        return {key: short(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)) or (isinstance(values, np.ndarray) and values.ndim):
        return [short(value) for value in values]
    if isinstance(values, (np.float32, np.ndarray)):
        return float(str(np.float32(values)))
    return values.item() if isinstance(values, np.generic) else values


def flat(values):
    """The numbers and texts in nested lists and dictionaries, in order."""
    if isinstance(values, dict):
        values = values.values()
    if isinstance(values, (list, tuple)) or not isinstance(values, (str, float, int)):
        return [one for value in values for one in flat(value)]
    return [values]


def folder(variable):
    """The folder that an environment variable names; without it, there is nothing to compute."""
    if variable not in os.environ:
        print(f"{pathlib.Path(sys.argv[0]).name}: skipped, {variable} is not set")
        sys.exit(0)
    return pathlib.Path(os.environ[variable])


def near(a, b, rtol, atol):
    """Whether two numbers agree, NaN with NaN, or two texts are one."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= atol + rtol * abs(b)


def table(file, values, rtol, atol=0.0):
    """Numbers that tests read from tests/golden/<file>: writes it, or compares with it."""
    values = short(values)
    if not CHECK:
        (HERE / file).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
        print(f"{file}: written")
        return
    expected = json.loads((HERE / file).read_text())
    ours, theirs = flat(values), flat(expected)
    if len(ours) != len(theirs) or not all(
        near(a, b, rtol, atol) for a, b in zip(ours, theirs, strict=True)
    ):
        sys.exit(f"{file}: differs from what is computed here:\n{json.dumps(values, indent=2)}")
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if not isinstance(b, str)]
    print(f"{file}: {len(ours)} values agree{largest(pairs)}")


TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\\n]|\\.)*)"'
    r"|(?<![\w.])(?P<number>-?(?:\d[\d_]*\.?\d*(?:e[+-]?\d+)?|NaN\b))"
)


def literals(source):
    """The numbers and texts in a TypeScript file, in order, comments left out."""
    source = re.sub(r"^\s*//.*$", "", source, flags=re.M)
    return [
        match["text"] if match["number"] is None else float(match["number"].replace("_", ""))
        for match in TOKEN.finditer(source)
    ]


def constants(test, values, rtol=0.0, atol=0.0):
    """
    Numbers that stand in tests/<test>: prints them, or looks for each entry's in the test, where
    they have to follow each other with no other number between.
    """
    values = short(values)
    if not CHECK:
        print(json.dumps({test: values}, indent=2, ensure_ascii=False))
        return
    found = literals((TESTS / test).read_text())
    pairs = []
    for name, value in values.items():
        wanted = flat(value)
        places = range(len(found) - len(wanted) + 1)
        place = next(
            (
                at
                for at in places
                if all(near(w, found[at + i], rtol, atol) for i, w in enumerate(wanted))
            ),
            None,
        )
        if place is None:
            sys.exit(f"{test}: has not {name}: {wanted}")
        pairs += [(w, found[place + i]) for i, w in enumerate(wanted) if not isinstance(w, str)]
    print(f"{test}: {len(flat(values))} values agree{largest(pairs)}")


def largest(pairs):
    """How far numbers that agree are from each other, in words."""
    error = max((abs(a - b) for a, b in pairs if not math.isnan(a)), default=0.0)
    return f", {error:.1g} apart at most" if error else " exactly"


def keep_hdf5(path, data, maker):
    """Writes an HDF5 file, gzip, or compares its contents with what is written already."""
    if not CHECK:
        # No time in it, so that the same contents are the same bytes.
        path.write_bytes(gzip.compress(data, mtime=0))
        print(f"{path.name}: written")
    elif hdf5_contents(data) == hdf5_contents(gzip.decompress(path.read_bytes())):
        print(f"{path.name}: names, attributes, types and values agree exactly")
    else:
        sys.exit(f"{path.name}: differs from what {maker} writes here")


def hdf5_contents(data):
    """Names, attributes, types and values of an HDF5 file, whatever its bytes."""
    import h5py  # Here, since most of those who import this have no use for it.

    found = []

    def visit(name, item):
        attributes = {key: list(np.ravel(value)) for key, value in sorted(item.attrs.items())}
        array = (
            (item.dtype.str, item.compression, item[()].tolist())
            if isinstance(item, h5py.Dataset)
            else None
        )
        found.append((name, attributes, array))

    with h5py.File(io.BytesIO(data)) as root:
        visit("/", root)
        root.visititems(visit)
    return found
