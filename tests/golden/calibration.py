"""
Reliability by scikit-learn, probabilities scaled by a temperature, and the best temperature by SciPy, of
drawn probabilities and labels: writes calibration.json for evaluation/calibration_test.ts.
"""

import common
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.calibration import calibration_curve

LEAST, MOST = 1 / 16, 16


def log_loss(logits, labels, temperature):
    """Mean negative log-likelihood, clipped as Keras clips it."""
    rows = log_softmax(logits / temperature, axis=1)
    true = np.exp(rows[np.arange(len(labels)), labels])
    return -np.mean(np.log(np.clip(true, 1e-7, 1 - 1e-7)))


def best(logits, labels):
    """The least log loss, and its temperature; None for that where others are as good."""
    logs = np.linspace(np.log(LEAST), np.log(MOST), 501)
    losses = np.array([log_loss(logits, labels, np.exp(log)) for log in logs])
    # Every valley of a fine grid, and the least of them.
    found = [(losses[i], logs[i]) for i in (0, len(logs) - 1)]
    for i in range(1, len(logs) - 1):
        if losses[i] > min(losses[i - 1], losses[i + 1]):
            continue
        inner = minimize_scalar(
            lambda log: log_loss(logits, labels, np.exp(log)),
            bounds=(logs[i - 1], logs[i + 1]),
            method="bounded",
            options={"xatol": 1e-12},
        )
        found.append((inner.fun, inner.x))
    loss, log = min(found)
    others = [x for value, x in found if value < loss + 1e-9 and abs(x - log) > 1e-4]
    around = [log_loss(logits, labels, np.exp(log + step)) for step in (-1e-3, 1e-3)]
    inside = abs(log) < np.log(MOST) - 1e-3
    flat = others or (inside and min(around) < loss + 1e-12)
    return loss, None if flat else np.exp(log)


def drawn(random):
    """Figures of some images, and of a network that favours their classes, more or less surely."""
    size, images = random.randint(2, 7), random.randint(3, 16)
    labels = random.randint(0, size, images)
    # A network may be sure beyond what its probabilities can show.
    power = random.choice([1, 1, 2, 4, 12])
    raw = random.randint(0, 100, (images, size))
    raw[np.arange(images), labels] += random.randint(0, 60)
    raw[raw.sum(axis=1) == 0] = 1
    weights = (raw / raw.max(axis=1, keepdims=True)) ** power
    told = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    probabilities = told.astype(np.float64)
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = random.randint(1, 21)
    accuracy, mean = calibration_curve(right, confidence, pos_label=True, n_bins=bins)
    places = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    counts = np.bincount(places, minlength=bins)
    counts = counts[counts > 0]
    logits = np.log(np.maximum(probabilities, 2.0**-149))
    temperature = random.randint(1, 61) / 10
    loss, optimum = best(logits, labels)
    return {
        "classes": size,
        "labels": " ".join(map(str, labels)),
        "probabilities": " ".join(str(value) for value in told.ravel()),
        "bins": bins,
        "counts": " ".join(map(str, counts)),
        "accuracy": list(accuracy),
        "confidence": list(mean),
        "ece": float(counts @ np.abs(accuracy - mean)) / images,
        "temperature": temperature,
        "scaledLoss": log_loss(logits, labels, temperature),
        "leastLoss": loss,
        "best": "any" if optimum is None else optimum,
    }


random = np.random.RandomState(43)
common.table("calibration.json", [drawn(random) for _ in range(200)], rtol=1e-6, atol=1e-9)
