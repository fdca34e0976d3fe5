import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { json } from "../../src/pipeline/artifacts.ts";
import { defineStage, type Planned } from "../../src/pipeline/stage.ts";
import { inOrder, needs, withNeeds } from "../../src/pipeline/status.ts";

/** A stage that reads `x` of others. */
const stage = (name: string, ...needed: string[]): Planned => ({
  stage: defineStage({
    name,
    about: name,
    module: `file:///${name}.ts`,
    reads: Object.fromEntries(
      needed.map((other, i) => [`x${i}`, { ...json(z.int()), stage: other, name: "x.json" }]),
    ),
    writes: { x: json(z.int()) },
    jobs: {},
    keyed: () => null,
  }),
  parameters: null,
});
const names = (plan: readonly Planned[]) => plan.map(({ stage }) => stage.name);

Deno.test("stages stand after what they need, however they are listed", () => {
  const plan = [
    stage("report", "tune", "cv", "prepare"),
    stage("cv", "prepare"),
    stage("prepare"),
    stage("tune", "prepare", "prepare"),
  ];
  assertEquals(names(inOrder(plan)), ["prepare", "tune", "cv", "report"]);
  assertEquals(names(withNeeds(plan, ["cv"])), ["prepare", "cv"]);
  assertEquals(needs(plan[3].stage), ["prepare"]);
});

Deno.test("a circle, two of one name and a need that is not there are refused", () => {
  assertThrows(
    () => inOrder([stage("a", "b"), stage("b", "c"), stage("c", "a")]),
    Error,
    "in a circle: a -> b -> c -> a.",
  );
  assertThrows(() => inOrder([stage("a"), stage("a")]), Error, "Two stages have the same name.");
  assertThrows(
    () => inOrder([stage("a", "b")]),
    Error,
    "Stage a reads from b, which is not a stage.",
  );
  assertThrows(
    () => withNeeds([stage("a")], ["b"]),
    Error,
    "There is no stage b. There are: a.",
  );
});

Deno.test("what a stage writes is referred to by its stage and its file's name", () => {
  const { writes, manifest } = defineStage({
    name: "one",
    about: "one",
    module: "file:///one.ts",
    reads: {},
    writes: { testLabels: json(z.int()), winner: { testLabels: json(z.int()) } },
    jobs: {},
    keyed: () => null,
  });
  assertEquals([writes.testLabels.stage, writes.testLabels.name], ["one", "test-labels.json"]);
  assertEquals(writes.winner.testLabels.name, "winner-test-labels.json");
  assertEquals([manifest.stage, manifest.name], ["one", "manifest.json"]);
});
