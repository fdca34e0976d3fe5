"""
The sizes and epochs of Hyperband's brackets by the formulas of Keras Tuner 1.4. For
tuning/hyperband_test.ts. Where the package is there, its own methods have to give the same.
"""

import math
import types

import common

try:
    from keras_tuner.oracles import HyperbandOracle
except ImportError:
    HyperbandOracle = None


def size(max_epochs, factor, bracket, rung):
    """`HyperbandOracle._get_size`: brackets of about the same cost, rounded up."""
    last = math.ceil(1 + math.log(max_epochs, factor)) / (bracket + 1)
    return math.ceil(last * factor ** (bracket - rung))


def epochs(max_epochs, factor, bracket, rung):
    """`HyperbandOracle._get_epochs`."""
    return math.ceil(max_epochs / factor ** (bracket - rung))


def brackets(max_epochs, factor):
    """[trials, epochs] of every rung, from the bracket that sorts out most to bracket 0."""
    count, left = 0, max_epochs
    while left >= 1:
        count, left = count + 1, left / factor
    rows = []
    for bracket in reversed(range(count)):
        rungs = []
        for rung in range(bracket + 1):
            place = (bracket, rung)
            rungs.append([size(max_epochs, factor, *place), epochs(max_epochs, factor, *place)])
            if HyperbandOracle:
                oracle = types.SimpleNamespace(max_epochs=max_epochs, factor=factor)
                assert rungs[-1] == [
                    HyperbandOracle._get_size(oracle, *place),
                    HyperbandOracle._get_epochs(oracle, *place),
                ]
        rows.append(rungs)
    return rows


cases = [(81, 3), (10, 3), (8, 2), (100, 4), (2, 3), (1, 3)]
common.constants(
    "tuning/hyperband_test.ts",
    {
        f"{most} epochs, factor {factor}": [most, factor, brackets(most, factor)]
        for most, factor in cases
    },
)
print("Keras Tuner itself: " + ("asked too" if HyperbandOracle else "not there, formulas alone"))
