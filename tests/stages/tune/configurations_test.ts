import { assertEquals } from "@std/assert";
import { configurations } from "../../../src/stages/tune/configurations.ts";

const trial = (id: number, rate: number, epochs: number, score: number) => ({
  id,
  values: { rate },
  epochs,
  score,
});
const ids = (...trials: ReturnType<typeof trial>[]) => configurations(trials).map(({ id }) => id);

Deno.test("a configuration counts by its trial with the most epochs that has a score", () => {
  assertEquals(ids(trial(0, 1, 1, 0.7), trial(1, 2, 1, 0.8), trial(2, 1, 3, 0.75)), [1, 2]);
  assertEquals(ids(trial(0, 1, 1, 0.7), trial(1, 2, 1, 0.6), trial(2, 1, 3, NaN)), [0, 1]);
  assertEquals(ids(trial(0, 1, 1, NaN)), []);
});

Deno.test("the configuration of the best trial counts by that trial, the first of equal ones, and comes first", () => {
  assertEquals(ids(trial(0, 1, 1, 0.9), trial(1, 2, 1, 0.8), trial(2, 1, 3, 0.7)), [0, 1]);
  assertEquals(ids(trial(0, 1, 1, 0.5), trial(1, 2, 1, 0.9), trial(2, 1, 3, 0.9)), [1, 2]);
});
