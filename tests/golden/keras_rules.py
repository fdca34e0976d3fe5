"""
Keras's optimisers, its loss and the gradient of it, each alone. For engine/layers/optimizer_test.ts
and loss_test.ts.
"""

import common
import keras
import numpy as np
import tensorflow as tf
from keras import optimizers


def five_steps(optimizer):
    """Five steps: at step t the rate 0.01 / t and the gradients of the test."""
    base = np.array([0.1, -0.2, 1e-8, 0.0, 30.0])
    variable = keras.Variable(np.array([1, -0.5, 0.25, 0, -2], np.float32), name="kernel")
    optimizer.build([variable])
    for step in range(1, 6):
        gradient = (-0.5 * base if step == 3 else base) + 0.01 * step
        optimizer.learning_rate = 0.01 / step
        optimizer.apply([tf.constant(gradient.astype(np.float32))])
    # The test has every digit of the float32 values.
    return [float(value) for value in variable.numpy()]


def loss(smoothing):
    """Cross-entropy of three rows of logits, averaged, and its gradient."""
    logits = tf.Variable([[1, 2, -1], [0.5, 0.5, 0.25], [-3, 4, 100]], dtype=tf.float32)
    targets = keras.utils.to_categorical([1, 2, 0], 3)
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(
            keras.losses.categorical_crossentropy(
                targets, logits, from_logits=True, label_smoothing=smoothing
            )
        )
    gradient = tape.gradient(value, logits).numpy().ravel()
    return [smoothing, float(value), *(float(slope) for slope in gradient)]


common.constants(
    "engine/layers/optimizer_test.ts",
    {
        "Adam": five_steps(optimizers.Adam(epsilon=1e-7)),
        "Adam with a large epsilon": five_steps(
            optimizers.Adam(beta_1=0.8, beta_2=0.9, epsilon=0.1)
        ),
        "AdamW": five_steps(optimizers.AdamW(weight_decay=0.02, epsilon=1e-7)),
        "SGD": five_steps(optimizers.SGD()),
        "SGD with momentum": five_steps(optimizers.SGD(momentum=0.9)),
    },
    atol=4e-7,
)
common.constants(
    "engine/layers/loss_test.ts",
    {"smoothing 0": loss(0), "smoothing 0.1": loss(0.1)},
    rtol=2e-7,
)
