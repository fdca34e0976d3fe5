import { assertEquals, assertThrows } from "@std/assert";
import { openOracle, type OracleOptions, planned } from "../../src/tuning/oracle.ts";
import { studySpace } from "../support/spaces.ts";

Deno.test("oracles that cannot run are refused with the reason", () => {
  const refuse = (options: unknown, message: string) =>
    assertThrows(() => openOracle(studySpace, options as OracleOptions, 1), Error, message);
  refuse({ type: "gridSearch" }, 'There is no oracle "gridSearch".');
  refuse(
    { type: "randomSearch", maxTrials: 0, epochs: 3 },
    "Random search: maxTrials is a whole number of 1 or more; got 0.",
  );
  refuse(
    { type: "bayesianOptimization", maxTrials: 5, epochs: 3, batchSize: 0.5 },
    "Bayesian optimisation: batchSize is a whole number of 1 or more; got 0.5.",
  );
  refuse(
    { type: "hyperband", maxEpochs: 10, factor: 1, hyperbandIterations: 1 },
    "Hyperband: factor is a whole number of 2 or more; got 1.",
  );
  assertThrows(
    () => openOracle({}, { type: "randomSearch", maxTrials: 1, epochs: 1 }, 1),
    Error,
    "The search space has no hyperparameters.",
  );
});

Deno.test("the plan of Hyperband counts promoted trials' own epochs alone", () => {
  assertEquals(
    planned({ type: "hyperband", maxEpochs: 10, factor: 3, hyperbandIterations: 1 }),
    { trials: 30, epochs: 12 * 2 + 4 * 2 + 2 * 6 + 6 * 4 + 2 * 6 + 4 * 10 },
  );
});
