"""What stages.ts times, in Keras: folds in the loop of the original study, features of ImageNet networks.

Takes a configuration as its argument, answers with the seconds as a line of JSON. Starting Python and
importing Keras are not counted.
"""

import json
import os
import sys
import time

from keras_models import fix_threads, model_of

configuration = json.loads(sys.argv[1])
fix_threads(configuration["threads"])

import keras
import numpy as np


def folds(spec, data, count, epochs, batch):
    """One fold after the other, each a fresh network validated after every epoch."""
    images = np.load(os.path.join(data, "images.npy")).astype("float32")
    labels = np.load(os.path.join(data, "labels.npy"))
    start = time.perf_counter()
    for fold in range(count):
        test = np.load(os.path.join(data, f"held-out-{fold}.npy"))
        train = np.setdiff1d(np.arange(len(labels)), test)
        model = model_of(spec)
        model.fit(
            images[train],
            labels[train],
            batch_size=batch,
            epochs=epochs,
            validation_data=(images[test], labels[test]),
            verbose=0,
        )
    return time.perf_counter() - start


def features(network, output, count, batch):
    """Features of images after a first batch, which builds the graph."""
    build = {"vgg16": keras.applications.VGG16, "resnet101v2": keras.applications.ResNet101V2}
    whole = build[network](include_top=False, weights=None, input_shape=(32, 32, 3))
    model = keras.Model(whole.input, whole.get_layer(output).output)
    images = np.random.default_rng(0).uniform(-1, 1, (count, 32, 32, 3)).astype("float32")
    model.predict(images[:batch], batch_size=batch, verbose=0)
    start = time.perf_counter()
    model.predict(images, batch_size=batch, verbose=0)
    return time.perf_counter() - start


measure = {"folds": folds, "features": features}[configuration["measure"]]
print(json.dumps({"seconds": measure(**configuration["arguments"])}), flush=True)
