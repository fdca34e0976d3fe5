import { assertEquals, assertThrows } from "@std/assert";
import type { StageDefinition } from "../../src/pipeline/stage.ts";
import { inOrder, withNeeds } from "../../src/pipeline/status.ts";

const stage = (name: string, ...inputs: string[]): StageDefinition => ({
  name,
  module: `${name}.ts`,
  jobs: [],
  inputs,
  parameters: null,
});
const names = (stages: readonly StageDefinition[]) => stages.map(({ name }) => name);

Deno.test("stages stand after what they need, however they are listed", () => {
  const stages = [
    stage("report", "tune/a", "cv/b", "prepare/c"),
    stage("cv", "prepare/c"),
    stage("prepare"),
    stage("tune", "prepare/c", "prepare/d"),
  ];
  assertEquals(names(inOrder(stages)), ["prepare", "tune", "cv", "report"]);
  assertEquals(names(withNeeds(stages, ["cv"])), ["prepare", "cv"]);
});

Deno.test("a circle, two of one name and a need that is not there are refused", () => {
  assertThrows(
    () => inOrder([stage("a", "b/x"), stage("b", "c/x"), stage("c", "a/x")]),
    Error,
    "in a circle: a -> b -> c -> a.",
  );
  assertThrows(() => inOrder([stage("a"), stage("a")]), Error, "Two stages have the same name.");
  assertThrows(
    () => inOrder([stage("a", "b/x")]),
    Error,
    "Stage a reads from b, which is not a stage.",
  );
});
