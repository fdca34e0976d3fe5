"""What both Keras programs of the bench share: how threads are fixed, and how networks are built."""

import os


def fix_threads(threads):
    """To be called before Keras is imported: TensorFlow reads it once."""
    os.environ["TF_NUM_INTRAOP_THREADS"] = str(threads)
    os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    os.environ["KERAS_BACKEND"] = "tensorflow"


def layer_of(layer):
    """One layer of a model specification (src/models/spec.ts)."""
    from keras import layers

    kind, name, activation = layer["type"], layer["name"], layer.get("activation")
    # The softmax in float32, as Keras's guide to mixed precision has it.
    dtype = {"dtype": "float32"} if activation == "softmax" else {}
    common = {"name": name, **dtype}
    bias = {"use_bias": layer.get("useBias", True)}
    if kind == "rescaling":
        return layers.Rescaling(layer["scale"], layer["offset"], **common)
    if kind == "conv2d":
        size, strides = layer["kernelSize"], layer.get("strides", [1, 1])
        return layers.Conv2D(
            layer["filters"], size, strides, layer["padding"], activation=activation, **bias, **common
        )
    if kind == "dense":
        return layers.Dense(layer["units"], activation, **bias, **common)
    if kind == "batchNormalization":
        return layers.BatchNormalization(momentum=layer["momentum"], epsilon=layer["epsilon"], **common)
    if kind == "maxPooling2d":
        return layers.MaxPooling2D(layer["poolSize"], padding=layer["padding"], **common)
    if kind == "activation":
        return layers.Activation(activation, **common)
    return {
        "globalAveragePooling2d": layers.GlobalAveragePooling2D,
        "flatten": layers.Flatten,
        "add": layers.Add,
    }[kind](**common)


def model_of(spec):
    """A model specification as a network, compiled with Adam at 1e-3."""
    import keras

    outputs = {"input": keras.Input(spec["input"])}
    last = "input"
    for layer in spec["layers"]:
        inputs = [outputs[name] for name in layer.get("inputs", [last])]
        last = layer["name"]
        outputs[last] = layer_of(layer)(inputs[0] if len(inputs) == 1 else inputs)
    model = keras.Model(outputs["input"], outputs[last])
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
