"""
What numpy.random.RandomState draws, and the study's own rules of chance on top of it: seeds, first
weights and dropout masks. For random_test.ts, models/initialize_test.ts and engine/dropout_test.ts.
"""

import hashlib
import math

import common
import numpy as np
from numpy.random import RandomState


def uint32(random, count):
    return random.randint(0, 2**32, count, dtype=np.uint32)


def permutation_digest(seed, n):
    """SHA-256 of a permutation as little-endian uint32."""
    return hashlib.sha256(RandomState(seed).permutation(n).astype("<u4").tobytes()).hexdigest()


def shuffled(seed, values):
    RandomState(seed).shuffle(values)
    return values


def mix(x):
    """`lowbias32` of Chris Wellons' hash-prospector; uint32 arrays compute modulo 2^32."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    return x ^ (x >> np.uint32(16))


def dropout_mask(seed, layer, step, length, rate):
    """The rule of src/engine/dropout.ts: kept where 31 bits of a hash reach the rate's share."""
    key = np.uint32(common.fnv1a(f"{seed}/dropout/{layer}/{step}"))
    hashed = mix(mix(np.arange(length, dtype=np.uint32)) ^ key) >> np.uint32(1)
    return np.where(hashed >= math.ceil(rate * 2**31), np.float32(1 / (1 - rate)), np.float32(0))


common.constants(
    "random_test.ts",
    {
        **{
            f"uint32 of {seed}": [seed, list(uint32(RandomState(seed), 4))]
            # In the order in which JavaScript has these keys.
            for seed in (0, 1, 43, 4294967295)
        },
        "the 1001st of 43": uint32(RandomState(43), 1001)[-1],
        "float64 of 43": [float(value) for value in RandomState(43).random_sample(4)],
        "permutation of 20": list(RandomState(43).permutation(20)),
        "permutation of 60,000": permutation_digest(43, 60000),
        "shuffle": list(shuffled(7, np.arange(0, 100, 10))),
        "seeds": [
            ["conv1/kernel", common.fnv1a("43/conv1/kernel")],
            [0, "épreuve", common.fnv1a("0/épreuve")],
        ],
    },
)
kernel = common.glorot_kernel(43, "conv1/kernel", (5, 5, 1, 32)).ravel()
common.constants(
    # The test has every digit of the float32 values.
    "models/initialize_test.ts",
    {"conv1/kernel": [float(value) for value in kernel[:3]]},
)
common.constants("engine/dropout_test.ts", {"mask": list(dropout_mask(43, "dropout1", 1, 16, 0.5))})
