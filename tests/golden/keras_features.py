"""
What networks of Keras Applications compute, with weights and images made by formula, as
tests/support/keras_file.ts makes them. Writes keras_features.json.
"""

import common
import numpy as np
from keras import applications


def features(build, size):
    """The outputs for two images of fractions in [-1, 1), not preprocessed."""
    model = build(include_top=False, weights=None, input_shape=(size, size, 3))
    common.formula_weights(model, 1)
    fractions = common.lcg(7, 2 * size * size * 3).astype(np.float64) / 2**32
    images = (2 * fractions - 1).astype(np.float32).reshape(2, size, size, 3)
    output = np.asarray(model(images, training=False))
    rows = output.reshape(2, -1)
    return {
        "shape": output.shape,
        "mean": np.float32(output.mean(dtype=np.float64)),
        "std": np.float32(output.std(dtype=np.float64)),
        "first": rows[:, :12],
        "last": rows[:, -4:],
    }


values = {
    "vgg16": features(applications.VGG16, 32),
    "resnet50v2": features(applications.ResNet50V2, 64),
    "resnet152v2": features(applications.ResNet152V2, 32),
}
common.table("keras_features.json", values, rtol=1e-4, atol=1e-4)
