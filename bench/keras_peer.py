"""The same network, data and threads in Keras, for engines.ts."""

import time

from keras_models import fix_threads, model_of
from peer import arrays, configuration, serve

fix_threads(configuration["threads"])

marks = [time.perf_counter()]
import keras
import tensorflow as tf

marks.append(time.perf_counter())
images, labels = arrays()
images = images.astype("float32")
if configuration["precision"] == "bfloat16":
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
model = model_of(configuration["spec"])
marks.append(time.perf_counter())


class Clock(keras.callbacks.Callback):
    """Seconds of an epoch, without what fit does before and after it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.start


def train(batch, count):
    clock = Clock()
    model.fit(
        images[:count],
        labels[:count],
        batch_size=batch,
        epochs=1,
        shuffle=True,
        verbose=0,
        callbacks=[clock],
    )
    return clock.seconds


serve(
    train,
    marks,
    parameters=model.count_params(),
    version=f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
)
