"""
scikit-learn's scores of ten predictions, and its loss of four. For evaluation/confusion_test.ts,
classification_test.ts and loss_test.ts. And its scores of drawn predictions, some of classes that no
image has: writes sklearn_scores.json for scores_test.ts.
"""

import warnings

import common
import numpy as np
from sklearn import metrics

labels = [0, 0, 1, 1, 1, 2, 2, 2, 2, 3]
predicted = [0, 1, 1, 1, 2, 2, 2, 0, 2, 1]
classes = range(5)
common.constants(
    "evaluation/confusion_test.ts",
    {
        "confusion": [
            labels,
            predicted,
            5,
            metrics.confusion_matrix(labels, predicted, labels=classes),
        ]
    },
)


def scores(predicted, average):
    # Of the classes that have images.
    return metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(4), average=average, zero_division=np.nan
    )


for given in [predicted, predicted[:-1] + [4]]:
    precision, recall, f1, support = scores(given, None)
    common.constants(
        "evaluation/classification_test.ts",
        {
            "precision": ["precision", list(precision)],
            "recall": ["recall", list(recall)],
            "f1": ["f1", list(f1)],
            "support": ["support", list(support)],
            "macro": [float(value) for value in scores(given, "macro")[:3]],
            "weighted": [float(value) for value in scores(given, "weighted")[:3]],
        },
        rtol=1e-15,
    )

rows = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.05, 0.9, 0.05]], np.float32
).astype(np.float64)
# Rounded to float32 they do not quite add up to 1, which scikit-learn only warns of.
rows /= rows.sum(axis=1, keepdims=True)
common.constants(
    "evaluation/loss_test.ts",
    {"log_loss": metrics.log_loss([0, 1, 2, 0], rows, labels=range(3))},
    rtol=1e-15,
)


def drawn(random):
    """Scores of some images, of at least one class, and of a network that favours their classes."""
    size, images = random.randint(2, 9), random.randint(1, 21)
    present = np.sort(random.permutation(size)[: random.randint(1, size + 1)])
    truth = present[random.randint(0, len(present), images)]
    weights = random.randint(1, 100, (images, size))
    weights[np.arange(images), truth] += random.randint(0, 100)
    predicted = weights.argmax(axis=1)
    present = sorted(set(truth))
    return {
        "classes": size,
        "labels": " ".join(map(str, truth)),
        "weights": " ".join(map(str, weights.ravel())),
        "recall": list(metrics.recall_score(truth, predicted, labels=present, average=None)),
        "balancedAccuracy": metrics.balanced_accuracy_score(truth, predicted),
        "macroF1": metrics.f1_score(truth, predicted, labels=present, average="macro"),
        "logLoss": metrics.log_loss(
            truth, weights / weights.sum(axis=1, keepdims=True), labels=range(size)
        ),
    }


random = np.random.RandomState(43)
# It warns of absent classes that are predicted, which it leaves out, and where there is but one.
warnings.filterwarnings("ignore", category=UserWarning)
common.table("sklearn_scores.json", [drawn(random) for _ in range(24)], rtol=1e-12)
