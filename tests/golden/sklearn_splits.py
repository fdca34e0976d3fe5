"""scikit-learn's splits and folds, index for index. For data/split_test.ts."""

import hashlib

import common
import numpy as np
from sklearn.model_selection import KFold, train_test_split


def digest(indices):
    """SHA-256 of indices as little-endian uint32."""
    return hashlib.sha256(np.asarray(indices).astype("<u4").tobytes()).hexdigest()


def split(n, share, seed):
    return train_test_split(np.arange(n), test_size=share, random_state=seed)


def folds(n, count, seed):
    return list(KFold(count, shuffle=True, random_state=seed).split(np.arange(n)))


train, test = split(60000, 0.25, 43)
small = split(10, 0.3, 0)
five = folds(60000, 5, 1)
uneven = folds(11, 4, 3)
common.constants(
    "data/split_test.ts",
    {
        "75/25, sizes": [len(train), len(test)],
        "75/25, train": list(train[:8]),
        "75/25, test": list(test[:8]),
        "75/25, train's digest": digest(train),
        "75/25, test's digest": digest(test),
        "small, train": list(small[0]),
        "small, test": list(small[1]),
        "7% of 100": [100, 0.07, 5, len(split(100, 0.07, 5)[1])],
        "7% of 100, first": [100, 0.07, 5, 0, 5, list(split(100, 0.07, 5)[1][:5])],
        "half of 7": [7, 0.5, 5, list(split(7, 0.5, 5)[1])],
        "1% of 3": [3, 0.01, 5, list(split(3, 0.01, 5)[1])],
        "folds, sizes": [len(five), len(five[0][0]), len(five[0][1])],
        "folds, train": [list(fold[0][:5]) for fold in five],
        "folds, test": [list(fold[1][:5]) for fold in five],
        "folds, digests of train": [digest(fold[0]) for fold in five],
        "folds, digests of test": [digest(fold[1]) for fold in five],
        "uneven, test": [list(fold[1]) for fold in uneven],
        "uneven, digests of train": [digest(fold[0]) for fold in uneven],
    },
)
