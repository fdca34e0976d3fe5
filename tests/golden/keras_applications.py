"""
The layers of VGG16 and of the ResNetV2 networks in Keras Applications, and the names and shapes of
Keras's variables. For models/keras_applications_test.ts, models/shapes_test.ts and results/fashion_mnist_test.ts.
"""

import hashlib

import common
import keras
from keras import applications, layers


def summary(build):
    # Layers without a name of their own are numbered from the last call of this on.
    keras.utils.clear_session()
    model = build(include_top=False, weights=None, input_shape=(64, 64, 3))
    lines = [
        f"{layer.name} {'x'.join(map(str, layer.output.shape[1:]))} {layer.count_params()}\n"
        for layer in model.layers[1:]  # the input is no layer of ours
    ]
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    return [model.name, len(lines), model.count_params(), len(model.weights), digest]


def cut(build, layer):
    """The number of parameters up to a layer."""
    model = build(include_top=False, weights=None, input_shape=(32, 32, 3))
    return keras.Model(model.input, model.get_layer(layer).output).count_params()


def variables():
    """The names and shapes of a small model's variables, in Keras's order."""
    image = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, (3, 2), padding="same", name="conv")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="bare")(x)
    x = layers.Dense(5, name="dense")(layers.Flatten(name="flatten")(x))
    model = keras.Model(image, layers.Dense(2, use_bias=False, name="out")(x))
    return [[weight.path, list(weight.shape)] for weight in model.weights]


builds = [
    ("VGG16", applications.VGG16),
    ("ResNet50V2", applications.ResNet50V2),
    ("ResNet101V2", applications.ResNet101V2),
    ("ResNet152V2", applications.ResNet152V2),
]
# The test calls them by these names; Keras's own are in lower case.
tops = {name: [name, *summary(build)[1:]] for name, build in builds}
cuts = {
    "vgg16-block3": cut(applications.VGG16, "block3_pool"),
    "resnet101v2-conv4": cut(applications.ResNet101V2, "conv5_block1_preact_relu"),
}
common.constants("models/keras_applications_test.ts", {**tops, **cuts})
common.constants("models/shapes_test.ts", {"variables": variables()})
common.constants(
    "results/fashion_mnist_test.ts",
    {**cuts, "vgg16": tops["VGG16"][2], "resnet152v2": tops["ResNet152V2"][2]},
)
