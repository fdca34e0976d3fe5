"""
Intervals over several draws, from SciPy's and statsmodels' parts of them. For
evaluation/draws_test.ts. Writes draws.json.
"""

import common
import numpy as np
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep


def within(low, high):
    return [max(0.0, low), min(1.0, high)]


def other_images(score, n):
    k = score * n
    low, high = confint_proportions_2indep(k, n, k, n, method="newcomb", compare="diff")
    return within(score + low, score + high)


def case(scores, n):
    """A 95% interval of the mean, and of one more draw that is measured on other images."""
    degrees, mean = len(scores) - 1, np.mean(scores)
    student = stats.t.interval(0.95, degrees, mean, stats.sem(scores))
    half = student[1] - mean
    # One more draw varies as draws do, and the mean of the others as a mean does.
    draw = half * np.sqrt(len(scores) + 1)
    low, high = other_images(mean, n)
    another = within(mean - np.hypot(draw, mean - low), mean + np.hypot(draw, high - mean))
    return {
        "scores": scores,
        "images": n,
        "mean": [mean, *within(*student)],
        "otherImages": other_images(mean, n),
        "anotherDraw": another,
    }


random = np.random.RandomState(43)


def drawn():
    """Two to eight scores that lie together, as those of one recipe do."""
    centre, spread = random.uniform(0.02, 0.98), 10 ** random.uniform(-4, -1)
    scores = np.clip(random.normal(centre, spread, random.randint(2, 9)), 0, 1)
    return [round(float(score), 4) for score in scores], int(10 ** random.uniform(1, 5))


cases = [drawn() for _ in range(220)]
# Without any spread SciPy has no interval.
values = [case(scores, n) for scores, n in cases if len(set(scores)) > 1][:200]
common.table("draws.json", values, rtol=1e-9, atol=1e-12)
