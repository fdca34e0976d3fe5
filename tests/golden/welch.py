"""
SciPy's Welch tests and Student's intervals of means, of 200 random cases. For
evaluation/welch_test.ts and spread_test.ts.
"""

import common
import numpy as np
from scipy import stats

random = np.random.RandomState(13)


def case():
    """Two samples of two to eight values: of shares near each other, or of anything at all."""
    sizes = random.randint(2, 9, 2)
    scale = 10 ** random.uniform(-4, 0, 2)
    first, second = [0.5 + s * random.standard_normal(n) / 8 for s, n in zip(scale, sizes)]
    test = stats.ttest_ind(first, second, equal_var=False)
    interval = test.confidence_interval(0.95)
    student = stats.t.interval(0.95, len(first) - 1, np.mean(first), stats.sem(first))
    return {
        "first": [float(x) for x in first],
        "second": [float(x) for x in second],
        "p": float(test.pvalue),
        "low": float(interval.low),
        "high": float(interval.high),
        "student": [float(x) for x in student],
    }


common.table("welch.json", [case() for _ in range(200)], rtol=1e-10, atol=1e-14)
