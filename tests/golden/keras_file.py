"""
The weight file that Keras writes of the model `tiny` in models/keras_weights_test.ts: values n / 8
for n = 0, 1, ... from 0 in the first variable, from 100 in the second, and so on. Writes
keras_file.h5.gz.
"""

import io

import common
import h5py
import keras
import numpy as np
from keras import layers
from keras.src.legacy.saving import legacy_h5_format

FILE = common.HERE / "keras_file.h5.gz"


def tiny():
    image = layers.Input((8, 8, 1), name="input_1")
    x = layers.ZeroPadding2D(1, name="pad")(image)
    x = layers.Conv2D(2, 3, name="conv")(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.99, name="bn")(x)
    x = layers.Activation("relu", name="relu")(x)
    model = keras.Model(image, layers.Conv2D(3, 1, use_bias=False, name="top")(x))
    for number, weight in enumerate(model.weights):
        count = int(np.prod(weight.shape))
        weight.assign(((np.arange(count) + 100 * number) / 8).reshape(tuple(weight.shape)))
    return model


buffer = io.BytesIO()
with h5py.File(buffer, "w") as root:
    # `model.save_weights` asks for a file; this is what it does with one.
    legacy_h5_format.save_weights_to_hdf5_group(root, tiny())
common.keep_hdf5(FILE, buffer.getvalue(), "Keras")
