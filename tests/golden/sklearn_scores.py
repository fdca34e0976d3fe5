"""
scikit-learn's scores of ten predictions, and its loss of four. For evaluation/confusion_test.ts,
classification_test.ts and loss_test.ts.
"""

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


def scores(average):
    return metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, average=average, zero_division=0
    )


precision, recall, f1, support = scores(None)
common.constants(
    "evaluation/classification_test.ts",
    {
        "precision": ["precision", list(precision)],
        "recall": ["recall", list(recall)],
        "f1": ["f1", list(f1)],
        "support": ["support", list(support)],
        "macro": [float(value) for value in scores("macro")[:3]],
        "weighted": [float(value) for value in scores("weighted")[:3]],
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
