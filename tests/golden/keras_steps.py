"""
Six training steps of Keras: the model `everything` of tests/support/models.ts without dropout, from
`weightsFor(everything)`, on 20 images of `imagesFor`. Writes keras_steps.json.
"""

import common
import keras
import numpy as np
import tensorflow as tf
from keras import layers


def images():
    """`imagesFor(everything, 20)`."""
    pixels = np.floor(127.999 * (common.noise(20 * 9 * 8, 5) + 1)).astype(np.uint8)
    labels = np.floor(2.49999 * (common.noise(20, 6) + 1)).astype(np.uint8)
    return pixels.reshape(20, 9, 8, 1).astype(np.float32), labels


def everything(l2, frozen):
    """`everything`, up to its logits. Kernels are penalised with `l2`."""
    kernel = {"kernel_regularizer": keras.regularizers.L2(l2)} if l2 else {}
    image = layers.Input((9, 8, 1))
    colour = layers.Concatenate(name="grey")([image, image, image])
    mean, std = [120.0, 110.0, 100.0], [60.0, 70.0, 80.0]
    x = layers.Normalization(mean=mean, variance=np.square(std), name="colour")(colour)
    x = layers.Rescaling(0.5, 0.1, name="shift")(x)
    x = layers.ZeroPadding2D(((1, 0), (2, 1)), name="pad")(x)
    x = layers.Conv2D(4, 3, strides=(2, 1), use_bias=False, name="conv1", **kernel)(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.9, name="norm1")(x)
    relu1 = layers.ReLU(name="relu1")(x)
    conv2 = layers.Conv2D(4, (3, 2), padding="same", activation="relu", name="conv2", **kernel)(
        relu1
    )
    sum1 = layers.Add(name="sum1")([conv2, relu1])
    largest = layers.MaxPooling2D(3, strides=2, padding="same", name="max")(sum1)
    average = layers.AveragePooling2D(2, padding="same", name="average")(sum1)
    sum2 = layers.Add(name="sum2")([largest, average])
    means = layers.GlobalAveragePooling2D(name="global")(sum2)
    x = layers.Flatten(name="flatten")(sum2)
    dense1 = layers.Dense(4, use_bias=False, name="dense1", **kernel)(x)
    norm2 = layers.BatchNormalization(epsilon=1e-2, momentum=0.99, name="norm2")(dense1)
    x = layers.Add(name="sum3")([norm2, means, dense1])
    x = layers.Rescaling(2.0, name="double")(x)
    model = keras.Model(image, layers.Dense(5, name="logits", **kernel)(x))
    for name in frozen:
        # Keras then computes a batch normalisation with its moving statistics, in training too.
        model.get_layer(name).trainable = False
    return model


def variables(model):
    """Every variable by name, in the order of the layers."""
    weights = (weight for layer in model.layers for weight in layer.weights)
    return {weight.path: weight for weight in weights if not weight.path.startswith("colour/")}


def assign_first_weights(model):
    """`weightsFor(everything)`."""
    stream = 100
    for name, variable in variables(model).items():
        kind = name.split("/")[1]
        change = common.noise(int(np.prod(variable.shape)), stream)
        stream += 1
        if kind == "kernel":
            variable.assign(common.glorot_kernel(1, name, tuple(variable.shape)))
        else:
            value = 1.0 if kind in ("gamma", "moving_variance") else 0.0
            variable.assign((value + 0.3 * change).astype(np.float32))


def run(optimizer, smoothing=0.0, l2=0.0, frozen=()):
    pixels, labels = images()
    model = everything(l2, frozen)
    assign_first_weights(model)
    cross_entropy = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing
    )
    optimizer.build(model.trainable_variables)
    losses = []
    for step in range(6):
        batch = [(7 * step + 3 * i) % 20 for i in range(8)]
        optimizer.learning_rate = 0.01 * 0.9**step
        targets = keras.utils.to_categorical(labels[batch], 5)
        with tf.GradientTape() as tape:
            logits = model(pixels[batch], training=True)
            loss = tf.add_n([cross_entropy(targets, logits), *model.losses])
        optimizer.apply(tape.gradient(loss, [v.value for v in model.trainable_variables]))
        losses.append(loss.numpy())
    probabilities = tf.nn.softmax(model(pixels[:1], training=False)).numpy()[0]
    sums = {
        name: np.float32(np.abs(variable.numpy().astype(np.float64)).sum())
        for name, variable in variables(model).items()
    }
    return {"losses": losses, "probabilities": probabilities, "sums": sums}


adamw = keras.optimizers.AdamW(weight_decay=0.02, epsilon=1e-7)
adamw.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
values = {
    "adam": run(keras.optimizers.Adam(epsilon=1e-7), smoothing=0.1, l2=0.01),
    "momentum": run(keras.optimizers.SGD(momentum=0.9), frozen=["conv1", "norm1"]),
    "adamw": run(adamw),
}
common.table("keras_steps.json", values, rtol=9e-6, atol=1e-6)
