"""
VGG16 and ResNet152V2 for grey images, as Keras Applications builds them without weights: how many
parameters, how far from 0 first weights are, and what they compute with weights made by formula. For
models/untrained_test.ts. Writes keras_untrained.json.
"""

import common
import keras
import numpy as np
from keras import applications
from keras.src.initializers.random_initializers import compute_fans

keras.utils.set_random_seed(1)


def limits(model):
    """Each kernel's bounds, by its fans; all of what Keras has drawn lies within them."""
    found = {}
    for weight in model.weights:
        layer, kind = weight.path.split("/")
        drawn = np.asarray(weight)
        if kind == "kernel":
            limit = np.sqrt(6 / sum(compute_fans(weight.shape)))
            assert limit * 0.9 < np.abs(drawn).max() <= np.float32(limit), weight.path
            # Uniform, not normal: the deviation is the bound over the root of 3.
            assert abs(drawn.std() / limit * np.sqrt(3) - 1) < 0.1, weight.path
            found[layer] = limit
        else:
            ones = kind in ("gamma", "moving_variance")
            assert (drawn == (1 if ones else 0)).all(), weight.path
    return found


def untrained(build):
    model = build(include_top=False, weights=None, input_shape=(32, 32, 1))
    drawn = limits(model)
    common.formula_weights(model, 1)
    images = (common.lcg(7, 2 * 32 * 32) >> np.uint32(24)).astype(np.float32) / 255
    output = np.asarray(model(images.reshape(2, 32, 32, 1), training=False))
    return {
        "parameters": model.count_params(),
        "limits": drawn,
        "shape": output.shape,
        "std": np.float32(output.std(dtype=np.float64)),
        "first": output.reshape(2, -1)[:, :12],
    }


def refusal():
    """What Keras says of ImageNet's weights for grey images."""
    try:
        applications.VGG16(include_top=False, weights="imagenet", input_shape=(32, 32, 1))
    except ValueError as error:
        return str(error)


values = {
    "vgg16": untrained(applications.VGG16),
    "resnet152v2": untrained(applications.ResNet152V2),
    "refusal": refusal(),
}
common.table("keras_untrained.json", values, rtol=1e-4, atol=1e-4)
