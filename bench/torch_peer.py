"""
The same network, data and threads in PyTorch, for engines.ts: its default build, operation by operation, with
what its guides recommend for processors (channels_last, fused Adam, autocast for bfloat16).
"""

import time

from peer import arrays, configuration, serve

marks = [time.perf_counter()]
import torch
from torch import nn

torch.set_num_threads(configuration["threads"])
torch.set_num_interop_threads(configuration["threads"])
marks.append(time.perf_counter())


def layer_of(layer):
    """One layer of a model specification (src/models/spec.ts). Sizes of inputs are found at the first call."""
    kind, bias = layer["type"], layer.get("useBias", True)
    if kind == "conv2d":
        # `same` of odd windows: where there are strides Keras pads a side less, which is as much work.
        padding = [size // 2 if layer["padding"] == "same" else 0 for size in layer["kernelSize"]]
        strides = layer.get("strides", [1, 1])
        return nn.LazyConv2d(layer["filters"], layer["kernelSize"], strides, padding, bias=bias)
    if kind == "dense":
        return nn.LazyLinear(layer["units"], bias=bias)
    if kind == "batchNormalization":
        return nn.LazyBatchNorm2d(layer["epsilon"], 1 - layer["momentum"])
    if kind == "maxPooling2d":
        return nn.MaxPool2d(layer["poolSize"])
    return nn.Flatten() if kind == "flatten" else nn.Identity()


class Network(nn.Module):
    """A model specification as a network that gives what goes into its softmax."""

    def __init__(self, spec):
        super().__init__()
        self.specs = spec["layers"]
        self.layers = nn.ModuleList(layer_of(layer) for layer in self.specs)

    def forward(self, x):
        outputs = {}
        for spec, layer in zip(self.specs, self.layers):
            inputs = [outputs[name] for name in spec["inputs"]] if "inputs" in spec else [x]
            kind = spec["type"]
            if kind == "rescaling":
                x = inputs[0] * spec["scale"] + spec["offset"]
            elif kind == "globalAveragePooling2d":
                x = inputs[0].mean((2, 3))
            elif kind == "add":
                x = torch.add(*inputs)
            else:
                x = layer(inputs[0])
            if spec.get("activation") == "relu":
                x = torch.relu(x)
            outputs[spec["name"]] = x
        return x


images, labels = (torch.from_numpy(array) for array in arrays())
# Bytes [N, height, width, channels], seen as [N, channels, height, width]: channels_last.
images, labels = images.permute(0, 3, 1, 2), labels.long()
model = Network(configuration["spec"])
model(images[:2].float())
model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(model.parameters(), 1e-3, eps=1e-7, fused=True)
half = configuration["precision"] == "bfloat16"


def step(indices):
    """The loss of a batch and how many of it were right, before its update."""
    x = images[indices].float().contiguous(memory_format=torch.channels_last)
    y = labels[indices]
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        logits = model(x)
    loss = nn.functional.cross_entropy(logits.float(), y)
    loss.backward()
    optimizer.step()
    return loss.item(), (logits.argmax(1) == y).sum().item()


def train(batch, count):
    order = torch.randperm(count)
    start = time.perf_counter()
    for indices in order.split(batch):
        step(indices)
    return time.perf_counter() - start


marks.append(time.perf_counter())
# PyTorch counts batches beside the moving statistics.
values = [x for x in [*model.parameters(), *model.buffers()] if x.is_floating_point()]
serve(
    train,
    marks,
    parameters=sum(x.numel() for x in values),
    version=f"PyTorch {torch.__version__}",
)
