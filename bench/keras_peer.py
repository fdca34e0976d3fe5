"""The same network, data and threads in Keras, for engines.ts.

Takes a configuration as JSON and jobs as lines of JSON, and answers each with a line of JSON, as worker.ts does.
"""

import json
import os
import sys
import time

configuration = json.loads(sys.argv[1])
threads = str(configuration["threads"])
os.environ["TF_NUM_INTRAOP_THREADS"] = threads
os.environ["TF_NUM_INTEROP_THREADS"] = threads
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["KERAS_BACKEND"] = "tensorflow"

start = time.perf_counter()
import keras
import numpy as np
import tensorflow as tf

loaded = time.perf_counter()
images, labels = (
    np.fromfile(os.path.join(configuration["data"], name), dtype="uint8")
    for name in ("images", "labels")
)
images = images.reshape(-1, 32, 32, 1).astype("float32")

model = keras.Sequential([
    keras.Input((32, 32, 1)),
    keras.layers.Rescaling(1 / 255),
    keras.layers.Conv2D(32, 5, padding="same", activation="relu"),
    keras.layers.MaxPooling2D(),
    keras.layers.Conv2D(48, 5, activation="relu"),
    keras.layers.MaxPooling2D(),
    keras.layers.Flatten(),
    keras.layers.Dense(256, activation="relu"),
    keras.layers.Dense(84, activation="relu"),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile(
    optimizer=keras.optimizers.Adam(1e-3),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)


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
