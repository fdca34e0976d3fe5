"""What the programs in Python that engines.ts starts share: they take what worker.ts takes, and answer as it does."""

import json
import os
import sys
import time

configuration = json.loads(sys.argv[1])


def arrays():
    """The images, `[N, 32, 32, 1]`, and their labels, both uint8."""
    import numpy as np

    return [np.load(os.path.join(configuration["data"], f"{name}.npy")) for name in ("images", "labels")]


def answer(value):
    print(json.dumps(value), flush=True)


def serve(train, marks, **ready):
    """
    Trains one batch, and then answers jobs.

    `train` takes a batch size and a number of images, and returns seconds; `marks` are the times when the
    program started, when its library was loaded and when its network was built.
    """
    train(32, 32)
    marks = [*marks, time.perf_counter()]
    load, build, step = (1000 * (b - a) for a, b in zip(marks, marks[1:]))
    answer({"load": load, "open": build, "step": step, **ready})
    for line in sys.stdin:
        _, job = json.loads(line)
        answer({"seconds": train(job["batch"], job["images"])})
