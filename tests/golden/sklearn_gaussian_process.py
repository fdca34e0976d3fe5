"""scikit-learn's Gaussian process of twelve points. For tuning/gaussian_process_test.ts."""

import common
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern


def points(count, seed):
    """Points of the unit square from the generator of Numerical Recipes."""
    return (common.lcg(seed, 2 * count).astype(np.float64) / 2**32).reshape(count, 2)


x = points(12, 1)
y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + 0.9
unseen = points(3, 99)


def regressor(length_scale, optimizer):
    # Within scikit-learn's own bounds, 1e-5 to 1e5, a climb from 1 ends at the lower one.
    return GaussianProcessRegressor(
        Matern(length_scale, (0.01, 10), nu=2.5), alpha=1e-4, normalize_y=True, optimizer=optimizer
    ).fit(x, y)


def predicted(length_scale):
    process = regressor(length_scale, None)
    mean, std = process.predict(unseen, return_std=True)
    return [length_scale, list(mean), list(std), process.log_marginal_likelihood_value_]


common.constants(
    "tuning/gaussian_process_test.ts",
    {f"length scale {scale}": predicted(scale) for scale in (0.3, 1, 2.5)},
    rtol=1e-11,
    atol=1e-11,
)
best = regressor(1.0, "fmin_l_bfgs_b")
common.constants(
    "tuning/gaussian_process_test.ts",
    {"most likely": best.log_marginal_likelihood_value_},
    rtol=1e-9,
)
print(f"its length scale: {best.kernel_.length_scale:.3f}")
