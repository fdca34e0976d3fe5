/** What stage `replicate` is told, reads and keeps. */
import { assert, assertEquals } from "@std/assert";
import { inOrder, needs } from "../../../src/pipeline/status.ts";
import { checkStudy, planOf } from "../../../src/stages/plan.ts";
import { replicate } from "../../../src/stages/replicate/stage.ts";
import { seedSpread, seedSpreadOf } from "../../../src/stages/seed_spread.ts";
import { mini } from "../../support/mini.ts";

const planned = (study: unknown) =>
  planOf(checkStudy(study)).find(({ stage }) => stage.name === "replicate")!;

const { replicate: said, ...rest } = mini;

Deno.test("other stages show the spread over seeds by the name under which it is kept", () => {
  const { stage, name } = replicate.writes.seedSpread;
  assertEquals([seedSpread.stage, seedSpread.name], [stage, name]);
});

Deno.test("seeds are those that follow the recipe's, round the largest of all", () => {
  const { lenet5, tuned } = replicate.parameters(said, mini);
  assertEquals([mini.baseline.seed, ...lenet5.seeds], [43, 44, 45]);
  assertEquals([tuned?.winner, tuned?.study], [[44], [44]]);
  const last = { ...mini, baseline: { ...mini.baseline, seed: 2 ** 32 - 2 } };
  assertEquals(replicate.parameters(said, last).lenet5.seeds, [2 ** 32 - 1, 0]);
});

Deno.test("networks that a study does not have are not trained again, and nothing depends on their seeds", () => {
  const names = (study: typeof rest) => replicate.metrics(said, study);
  const of = (networks: readonly string[]) =>
    networks.flatMap((network) =>
      ["validation", "test"].map((part) => `replicate.${network}.${part}.accuracy`)
    );
  assertEquals(names(rest), of(["lenet5", "winner", "study"]));
  const { published: _, ...own } = mini;
  assertEquals(replicate.metrics(said, own), of(["lenet5", "winner"]));
  assertEquals(replicate.parameters(said, own).tuned?.study, []);
  const { tune: __, ...alone } = mini;
  assertEquals(replicate.metrics(said, alone), of(["lenet5"]));
  const keyed = (winner: number) =>
    replicate.keyed(replicate.parameters({ seeds: { ...said.seeds, winner } }, alone));
  assertEquals(keyed(1), keyed(7));
});

Deno.test("what is read of a stage that the study leaves out is not there, and no stage is waited for", () => {
  const whole = planned(mini);
  assertEquals(needs(whole.stage), ["prepare", "baseline", "tune"]);
  const study = { ...mini, tune: undefined };
  assertEquals(needs(planned(study).stage), ["prepare", "baseline"]);
  const order = inOrder(planOf(checkStudy(study))).map(({ stage }) => stage.name);
  assertEquals(order, [
    ...["prepare", "baseline", "replicate", "cv", "ablate", "errors", "models", "report"],
  ]);
});

Deno.test("a row of the spread has the figures of its trainings, in shares of its images", () => {
  const row = seedSpreadOf("lenet5", "test", [0, 1, 2, 3], [[0, 1, 2, 0], [0, 1, 0, 0]]);
  assertEquals(
    [row.runs, row.images, row.mean, row.least, row.most],
    [2, 4, 0.625, 0.5, 0.75],
  );
  assertEquals(row.std, Math.sqrt(2) / 8);
  assertEquals(row.seedVariance, 1 / 32);
  assert(row.bootstrapLow <= row.mean && row.mean <= row.bootstrapHigh);
});
