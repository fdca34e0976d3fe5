"""The same network, data and threads in Keras, for engines.ts.

Takes a configuration as JSON and jobs as lines of JSON, and answers each with a line of JSON, as worker.ts does.
"""

import json
import os
import sys
import time

from keras_lenet5 import fix_threads, lenet5

configuration = json.loads(sys.argv[1])
fix_threads(configuration["threads"])

start = time.perf_counter()
import keras
import numpy as np
import tensorflow as tf

loaded = time.perf_counter()
images, labels = (
    np.load(os.path.join(configuration["data"], name)) for name in ("images.npy", "labels.npy")
)
images = images.astype("float32")

if configuration["precision"] == "bfloat16":
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
model = lenet5(keras.layers.Rescaling(1 / 255))


class Clock(keras.callbacks.Callback):
    """Seconds of an epoch, without what fit does before and after it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.start


def train(batch, images_count):
    clock = Clock()
    model.fit(
        images[:images_count],
        labels[:images_count],
        batch_size=batch,
        epochs=1,
        shuffle=True,
        verbose=0,
        callbacks=[clock],
    )
    return clock.seconds


def answer(value):
    print(json.dumps(value), flush=True)


opened = time.perf_counter()
train(32, 32)
answer({
    "load": 1000 * (loaded - start),
    "open": 1000 * (opened - loaded),
    "step": 1000 * (time.perf_counter() - opened),
    "version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
})
for line in sys.stdin:
    name, job = json.loads(line)
    answer({"seconds": train(job["batch"], job["images"])})
