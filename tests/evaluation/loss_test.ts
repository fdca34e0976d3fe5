import { assertAlmostEquals, assertThrows } from "@std/assert";
import { crossEntropy } from "../../src/evaluation/loss.ts";

const matrix = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });

Deno.test("crossEntropy agrees with scikit-learn", () => {
  // sklearn.metrics.log_loss, scikit-learn 1.9.1, of the same float32 rows.
  const rows = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.05, 0.9, 0.05];
  assertAlmostEquals(
    crossEntropy(matrix([4, 3], rows), [0, 1, 2, 0]),
    1.122960371977166,
    1e-8,
  );
});

Deno.test("crossEntropy clips as Keras does", () => {
  assertAlmostEquals(crossEntropy(matrix([1, 2], [0, 1]), [0]), -Math.log(1e-7), 1e-12);
  assertAlmostEquals(crossEntropy(matrix([1, 2], [0, 1]), [1]), -Math.log(1 - 1e-7), 1e-15);
});

Deno.test("crossEntropy refuses what it cannot average", () => {
  const rows = matrix([2, 2], [0.5, 0.5, 0.5, NaN]);
  assertThrows(() => crossEntropy(rows, [0, 1]), RangeError, "Row 1 of the probabilities has NaN");
  assertThrows(() => crossEntropy(rows, [0]), RangeError, "not 1 and 2");
  assertThrows(
    () => crossEntropy(rows, [0, 2]),
    RangeError,
    "index 1 is 2, not a class from 0 to 1",
  );
  assertThrows(() => crossEntropy(matrix([0, 2], []), []), RangeError, "without predictions");
});
