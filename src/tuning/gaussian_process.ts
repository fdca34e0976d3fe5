/**
 * Regression with a Gaussian process: Matern kernel (nu = 5/2), zero mean, one length scale for
 * all coordinates (Rasmussen and Williams, 2006, algorithm 2.1 and equation 4.17). Targets are
 * standardised first, which fixes the kernel's variance at 1, as scikit-learn's
 * `GaussianProcessRegressor(Matern(nu=2.5), alpha=1e-4, normalize_y=True)` in Keras Tuner.
 *
 * @module
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** Predictions for points, one entry each, in units of the targets. */
export interface Prediction {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

/** A fitted process. */
export interface GaussianProcess {
  readonly lengthScale: number;
  /** Log density of the standardised targets. */
  readonly logMarginalLikelihood: number;
  /** Mean and standard deviation of the function (without the noise) at points `[m][dimensions]`. */
  predict(points: readonly (readonly number[])[]): Prediction;
}

/** Variance of the noise, in units of the targets' variance: Keras Tuner's `alpha`. */
const ALPHA = 1e-4;

/** `(1 + d + d^2 / 3) exp(-d)` with `d = sqrt(5) |x - y| / lengthScale`, for all pairs. */
function matern(
  x: readonly (readonly number[])[],
  y: readonly (readonly number[])[],
  lengthScale: number,
): Matrix {
  const kernel = new Matrix(x.length, y.length);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < y.length; j++) {
      let square = 0;
      for (let k = 0; k < x[i].length; k++) square += (x[i][k] - y[j][k]) ** 2;
      const d = Math.sqrt(5 * square) / lengthScale;
      kernel.set(i, j, (1 + d + d * d / 3) * Math.exp(-d));
    }
  }
  return kernel;
}

/**
 * Fits a process of a given length scale to one or more points `x` (`[n][dimensions]`) with
 * targets `y` (`[n]`, finite).
 */
export function gaussianProcess(
  x: readonly (readonly number[])[],
  y: readonly number[],
  lengthScale: number,
): GaussianProcess {
  const n = y.length;
  const offset = y.reduce((sum, value) => sum + value, 0) / n;
  const variance = y.reduce((sum, value) => sum + (value - offset) ** 2, 0) / n;
  const scale = Math.sqrt(variance) || 1; // equal targets
  const targets = Matrix.columnVector(y.map((value) => (value - offset) / scale));

  const kernel = matern(x, x, lengthScale);
  for (let i = 0; i < n; i++) kernel.set(i, i, 1 + ALPHA);
  const cholesky = new CholeskyDecomposition(kernel);
  const weights = cholesky.solve(targets);
  const inverse = cholesky.solve(Matrix.eye(n));
  const halfLogDeterminant = cholesky.lowerTriangularMatrix.diagonal()
    .reduce((sum, value) => sum + Math.log(value), 0);
  return {
    lengthScale,
    logMarginalLikelihood: -targets.dot(weights) / 2 - halfLogDeterminant -
      n * Math.log(2 * Math.PI) / 2,
    predict(points) {
      const cross = matern(points, x, lengthScale);
      const means = cross.mmul(weights);
      const explained = cross.mmul(inverse).mul(cross);
      const mean = new Float64Array(points.length);
      const std = new Float64Array(points.length);
      for (let i = 0; i < points.length; i++) {
        mean[i] = offset + scale * means.get(i, 0);
        let rest = 1;
        for (let j = 0; j < n; j++) rest -= explained.get(i, j);
        std[i] = scale * Math.sqrt(Math.max(rest, 0)); // rounding may leave it just below 0
      }
      return { mean, std };
    },
  };
}

/** Length scales tried: 0.01 to 100 in the unit cube, each a quarter more than the one before. */
const LENGTH_SCALES = Array.from({ length: 41 }, (_, i) => 10 ** (i / 10 - 2));

/**
 * Fits a process whose length scale has the largest marginal likelihood of a fixed grid.
 * scikit-learn climbs from random starts instead, to 1e-5 and 1e5 at most.
 */
export function fitGaussianProcess(
  x: readonly (readonly number[])[],
  y: readonly number[],
): GaussianProcess {
  return LENGTH_SCALES.map((lengthScale) => gaussianProcess(x, y, lengthScale))
    .reduce((best, other) =>
      other.logMarginalLikelihood > best.logMarginalLikelihood ? other : best
    );
}
