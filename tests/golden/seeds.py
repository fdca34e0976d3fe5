"""
SciPy's and statsmodels' figures of several trainings: Student's intervals, Welch's tests, variances of
two-way layouts; and NumPy's bootstrap over trainings and images. 200 drawn cases each: writes seeds.json
for evaluation/spread_test.ts, welch_test.ts and runs_test.ts.
"""

import common
import numpy as np
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW


def counts(random, images, centre):
    """How many of some images a few trainings get right, near to each other or far apart."""
    width = 10 ** random.uniform(-3.5, -0.5)
    drawn = np.clip(random.normal(centre, width, random.randint(2, 11)), 0, 1)
    return np.round(drawn * images).astype(int)


def spread_out(random, images, centre):
    """Counts of which not all are alike: SciPy has no test and no interval for those."""
    while len(set(values := counts(random, images, centre))) == 1:
        pass
    return values


def text(values):
    return " ".join(map(str, values))


def spread(random):
    images = int(10 ** random.uniform(1, 4.5))
    right = spread_out(random, images, random.uniform(0.02, 0.98))
    shares = right / images
    low, high = stats.t.interval(
        0.95, len(shares) - 1, loc=np.mean(shares), scale=stats.sem(shares)
    )
    return {
        "images": images,
        "right": text(right),
        "mean": float(np.mean(shares)),
        "std": float(np.std(shares, ddof=1)),
        "low": float(max(0, low)),
        "high": float(min(1, high)),
    }


def welch(random):
    """SciPy's p and interval; statsmodels has the same interval."""
    images = int(10 ** random.uniform(1, 4.5))
    centre = random.uniform(0.02, 0.98)
    first = spread_out(random, images, centre)
    # Often near to the first, where neither p nor 1 - p is next to nothing; some are all alike.
    near = np.mean(first) / images + random.normal(0, 2 * np.std(first) / images)
    second = counts(random, images, near if random.uniform() < 0.7 else random.uniform(0, 1))
    result = stats.ttest_ind(first / images, second / images, equal_var=False)
    low, high = result.confidence_interval(0.95)
    means = CompareMeans(DescrStatsW(first / images), DescrStatsW(second / images))
    assert np.allclose(means.tconfint_diff(usevar="unequal"), (low, high), rtol=1e-9, atol=1e-12)
    return {
        "images": images,
        "first": text(first),
        "second": text(second),
        "p": float(result.pvalue),
        "low": float(low),
        "high": float(high),
    }


def table(random):
    """What some trainings get right: images are easy or hard, trainings good or less so."""
    runs, images = random.randint(2, 8), random.randint(2, 61)
    ease = random.normal(1, random.uniform(0, 3), images)
    skill = random.normal(0, random.uniform(0, 1), (runs, 1))
    return (random.logistic(0, 1, (runs, images)) < ease + skill).astype(int)


def parts(random):
    """Variances by statsmodels' least squares: sums of squares of models with one factor less."""
    import statsmodels.api as sm

    right = table(random)
    runs, images = right.shape
    run, image = np.indices(right.shape)
    columns = {
        "run": np.eye(runs)[run.ravel()][:, 1:],
        "image": np.eye(images)[image.ravel()][:, 1:],
    }

    def residual(*names):
        ones = np.ones((runs * images, 1))
        return sm.OLS(right.ravel(), np.hstack([ones, *(columns[name] for name in names)])).fit().ssr

    rest = residual("run", "image")
    by_run = (residual("image") - rest) / (runs - 1)
    by_image = (residual("run") - rest) / (images - 1)
    error = rest / ((runs - 1) * (images - 1))
    return {
        "right": text("".join(map(str, row)) for row in right),
        "seeds": float(by_run / images),
        "images": float(max(0, (by_image - error) / runs / images)),
    }


def bootstrap(random):
    right = table(random)
    runs, images = right.shape
    seed, draws = int(random.randint(0, 2**31)), int(random.randint(1, 60))
    drawn = np.random.RandomState(seed)
    means = []
    for _ in range(draws):
        rows = drawn.randint(0, runs, runs, dtype=np.uint32)
        places = drawn.randint(0, images, images, dtype=np.uint32)
        means.append(right[np.ix_(rows, places)].mean())
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "right": text("".join(map(str, row)) for row in right),
        "seed": seed,
        "draws": draws,
        "low": float(low),
        "high": float(high),
    }


random = np.random.RandomState(43)
common.table(
    "seeds.json",
    {
        name: [case(random) for _ in range(200)]
        for name, case in {
            "spread": spread,
            "welch": welch,
            "parts": parts,
            "bootstrap": bootstrap,
        }.items()
    },
    rtol=1e-9,
    atol=1e-15,
)
