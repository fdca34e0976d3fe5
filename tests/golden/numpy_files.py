"""What numpy.save writes. For files/npy_test.ts."""

import io

import common
import numpy as np


def saved(array):
    """The header's text, without the spaces that fill it up, and the data in hexadecimal."""
    file = io.BytesIO()
    np.save(file, array)
    data = file.getvalue()
    # Magic, version 1.0, and a header of 118 bytes: what the test writes before each.
    assert data[:10] == b"\x93NUMPY\x01\x00\x76\x00" and data[127:128] == b"\n"
    return [data[10:127].decode().rstrip(), data[128:].hex()]


common.constants(
    "files/npy_test.ts",
    {
        "uint8": saved(np.array([[1, 2, 3], [4, 5, 255]], np.uint8)),
        "float32, one axis": saved(np.array([1.5, -0.0, np.inf], np.float32)),
        "int32, no axis": saved(np.array(7, np.int32)),
        "float64, empty": saved(np.zeros((0, 3))),
        "float64, three axes": saved(np.array([[[1.25]]])),
    },
)
