"""
The official training images as Python reads them. For data/idx_test.ts. Needs the environment
variable FASHION_MNIST_DIR, the folder that holds the files, as the test does.
"""

import gzip
import hashlib

import common

folder = common.folder("FASHION_MNIST_DIR")


def content(file, header):
    """A file's bytes after its header."""
    return gzip.open(folder / file).read()[header:]


pixels = content("train-images-idx3-ubyte.gz", 16)
labels = content("train-labels-idx1-ubyte.gz", 8)
common.constants(
    "data/idx_test.ts",
    {
        "shape": [len(labels), 28, len(pixels) // len(labels) // 28],
        "first labels": list(labels[:10]),
        "pixels": hashlib.sha256(pixels).hexdigest(),
        "labels": hashlib.sha256(labels).hexdigest(),
    },
)
