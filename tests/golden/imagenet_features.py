"""
What networks of Keras Applications compute for the first four test images of Fashion-MNIST, with
the published weights. Writes imagenet_features.json. Needs the environment variables
IMAGENET_WEIGHTS_DIR and FASHION_MNIST_DIR, the folders that hold them, as the tests do.
"""

import gzip

import common
import h5py
import keras
import numpy as np
from keras import applications

IMAGES = common.folder("FASHION_MNIST_DIR")
WEIGHTS = common.folder("IMAGENET_WEIGHTS_DIR")


def images():
    """Four grey images in three channels, padded with zeros to 32 x 32."""
    with gzip.open(IMAGES / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read()[16 : 16 + 4 * 784], np.uint8).reshape(4, 28, 28, 1)
    return np.repeat(np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0))), 3, axis=3)


def load(model, file):
    """Weights by the names of layers; arrays in a file's order, as Keras 1 named them otherwise."""
    with h5py.File(WEIGHTS / file) as root:
        for layer in model.layers:
            if layer.weights:
                group = root[layer.name]
                layer.set_weights([group[name][()] for name in group.attrs["weight_names"]])


def features(module, build, cut, file):
    whole = build(include_top=False, weights=None, input_shape=(32, 32, 3))
    model = keras.Model(whole.input, whole.get_layer(cut).output)
    load(model, file)
    output = np.asarray(model(module.preprocess_input(images().astype(np.float32)), training=False))
    return {
        "shape": output.shape,
        "mean": np.float32(output.mean(dtype=np.float64)),
        "std": np.float32(output.std(dtype=np.float64)),
        "first": output.reshape(4, -1)[:, :12],
    }


values = {
    "vgg16": features(
        applications.vgg16,
        applications.VGG16,
        "block3_pool",
        "vgg16_block3_imagenet_notop.h5",
    ),
    "resnet101v2": features(
        applications.resnet_v2,
        applications.ResNet101V2,
        "conv5_block1_preact_relu",
        "resnet101v2_conv4_imagenet_notop.h5",
    ),
}
common.table("imagenet_features.json", values, rtol=1e-5, atol=1e-4)
