"""
statsmodels' and SciPy's intervals, quantiles and p values. For evaluation/intervals_test.ts and
mcnemar_test.ts.
"""

import common
import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint


def wilson(k, n):
    low, high = proportion_confint(k, n, method="wilson")
    return [k, n, low, high]


def difference(k, n, l, m):
    low, high = confint_proportions_2indep(k, n, l, m, method="newcomb", compare="diff")
    return [k, n, l, m, low, high]


def quantile(degrees):
    return [degrees, stats.t.ppf(0.975, degrees)]


def corrected(folds, train, test):
    """Nadeau and Bengio's interval of a mean."""
    factor = np.sqrt(1 / len(folds) + test / train)
    half = stats.t.ppf(0.975, len(folds) - 1) * np.std(folds, ddof=1) * factor
    return [np.mean(folds) - half, np.mean(folds) + half]


def mid_p(b, c):
    """McNemar's mid-p value: the exact one less the probability of what was observed."""
    k, n = min(b, c), b + c
    p = 2 * stats.binom.cdf(k, n, 0.5) - stats.binom.pmf(k, n, 0.5)
    return [b, c, p]


folds = [0.8686, 0.8791, 0.8634, 0.8863, 0.8550]
shares = [(9094, 10000), (13490, 15000), (0, 10), (10, 10), (1, 1), (0, 1), (5.5, 10)]
pairs = [(0, 10, 0, 20), (9094, 10000, 13469, 14990)]
common.constants(
    "evaluation/intervals_test.ts",
    {
        "normal": stats.norm.ppf(0.975),
        **{f"wilson {share}": wilson(*share) for share in shares},
        **{f"difference {pair}": difference(*pair) for pair in pairs},
        "mean": float(np.mean(folds)),
        "std": float(np.std(folds, ddof=1)),
        **{f"t {n}": quantile(n) for n in (1, 2, 3, 4, 5, 9, 29, 30, 99, 1000)},
        "corrected": corrected(folds, 48000, 12000),
    },
    rtol=1e-13,
    atol=1e-15,
)
counts = [(0, 1), (5, 5), (4, 9), (121, 59), (400, 480), (0, 60), (3000, 3200)]
common.constants(
    "evaluation/mcnemar_test.ts",
    {f"mid-p {pair}": mid_p(*pair) for pair in counts},
    rtol=1e-11,
)
