import { assertEquals, assertRejects } from "@std/assert";
import type { Executor, ReadyJob } from "../../src/pipeline/executor.ts";
import type { Half } from "../../src/runtime/half.ts";
import { refusingSlowHalf } from "../../tasks/half.ts";

const half = (ratio: number | null, reason: string | null = null): Half => ({
  ...{ format: 1, platform: "linux-x86_64", addon: "a" },
  ...{ ratio, reason },
});

const job = (precision: string | undefined, variant = "graph"): ReadyJob => ({
  ...{ key: "k", label: "champion 1", job: "train", declaration: "d", module: "m", files: {} },
  parameters: { model: {}, recipe: { epochs: 3, ...(precision && { precision }) } },
  equipment: { variant, facts: {} },
});

/** Runs a job; returns how many reached what runs jobs. */
async function run(asked: ReadyJob, found: Half | undefined, slow: boolean): Promise<number> {
  let ran = 0;
  const inner: Executor = {
    run: () => Promise.resolve({ seconds: ++ran, facts: {} }),
    stop: () => Promise.resolve(),
  };
  const find = () => found ? Promise.resolve(found) : Promise.reject(new Error("not asked for"));
  await refusingSlowHalf(inner, slow, find).run(asked, "out", () => {});
  return ran;
}

const refused = (asked: ReadyJob, found: Half | undefined, slow: boolean, why: string) =>
  assertRejects(() => run(asked, found, slow), Error, why);

Deno.test("a training in bfloat16 runs where the machine is quick in it, or where slowness is asked for", async () => {
  assertEquals(await run(job("bfloat16"), half(1.8), false), 1);
  assertEquals(await run(job("bfloat16"), half(0.3), true), 1);
});

Deno.test("a training in bfloat16 that would be slow is refused before it begins, with what to do", async () => {
  await refused(
    job("bfloat16"),
    half(0.3),
    false,
    "champion 1 is to be trained in bfloat16, in which this machine has 0.3 times the speed of float32: " +
      "say --slow-bfloat16 to train it all the same. Its recipe may also leave precision out.",
  );
});

Deno.test("where bfloat16 cannot be computed no flag helps, and WebAssembly cannot", async () => {
  await refused(job("bfloat16"), half(null, "it ended"), true, "cannot compute in: it ended");
  await refused(
    job("bfloat16", "layers"),
    undefined,
    true,
    "which this machine cannot compute in: WebAssembly computes in float32 alone. Its recipe",
  );
});

Deno.test("other trainings run on any machine", async () => {
  for (const precision of [undefined, "float32"]) {
    assertEquals(await run(job(precision), half(0.3), false), 1);
    assertEquals(await run(job(precision, "layers"), undefined, false), 1);
  }
});
