/** `docs/ci.md` and the workflow are held to what there is: scripts, tasks, rights, pinned actions. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { boundOf, isLoss } from "../../src/evaluation/metrics.ts";
import { PROJECT } from "../../src/runtime/choice.ts";
import { isCommand } from "../../tasks/commands.ts";
import { EXITS } from "../../tasks/exits.ts";

const read = (path: string) => Deno.readTextFile(join(PROJECT, path));
const page = await read("docs/ci.md");
const { tasks } = z.object({ tasks: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(await read("deno.json")));

/** A workflow, as far as it is used here: anything else in it is refused. */
const permissions = z.record(z.string(), z.enum(["read", "write"]));
const workflow = z.strictObject({
  name: z.string(),
  on: z.unknown(),
  permissions,
  concurrency: z.strictObject({
    group: z.string(),
    "cancel-in-progress": z.union([z.boolean(), z.string()]),
  }).optional(),
  jobs: z.record(
    z.string(),
    z.strictObject({
      if: z.string().optional(),
      "runs-on": z.literal("ubuntu-latest"),
      "timeout-minutes": z.int().optional(),
      permissions: permissions.optional(),
      steps: z.array(z.union([
        z.strictObject({
          uses: z.string(),
          with: z.record(z.string(), z.unknown()).optional(),
        }),
        z.strictObject({
          name: z.string().optional(),
          if: z.string().optional(),
          env: z.record(z.string(), z.string()).optional(),
          run: z.string(),
        }),
      ])),
    }),
  ),
});

const text = await read(".github/workflows/check.yml");
const { jobs, ...check } = workflow.parse(parse(text));
const [, example] = /```yaml\n([^]*?)```/.exec(page)!;
const study = workflow.parse(parse(example));

const steps = Object.values(jobs).flatMap(({ steps }) => steps);
const commands = steps.flatMap((step) => "run" in step ? [step.run] : []);

const scripts: string[] = [];
for await (const { name } of Deno.readDir(join(PROJECT, ".ci"))) scripts.push(name);
const programs = scripts.filter((name) => !["common", ".shellcheckrc", "run"].includes(name))
  .sort();

Deno.test("every step of the workflow calls one script of .ci/, and .ci/run calls them, too", async () => {
  const called = commands.map((run) =>
    /^\.ci\/([a-z]+)( [-"$A-Z_./a-z]+)*( >[a-z.]+)?$/.exec(run)?.[1]
  );
  assertEquals(called.toSorted(), programs, commands.join("\n"));
  const run = await read(".ci/run");
  for (const name of programs.filter((name) => name !== "post")) {
    assertMatch(run, new RegExp(`^(part |\\.ci/)${name}\\b`, "m"), name);
  }
  if (Deno.build.os === "windows") return;
  for (const name of [...programs, "run"]) {
    assert((await Deno.stat(join(PROJECT, ".ci", name))).mode! & 0o100, `${name} cannot be run`);
  }
});

Deno.test("nothing in an expression of the workflow reaches a shell but by its environment", () => {
  for (const run of commands) assert(!run.includes("${{"), run);
});

Deno.test("the workflow may read; the job that comments alone may write, to pull requests", () => {
  assertEquals(check.permissions, { contents: "read" });
  assertEquals(
    Object.entries(jobs).map(([name, { permissions }]) => [name, permissions]),
    [["check", undefined], ["comment", { contents: "read", "pull-requests": "write" }]],
  );
  const tokens = steps.filter((step) => JSON.stringify(step).includes("github.token"));
  assertEquals(tokens.map((step) => "run" in step && step.run), [".ci/post comment.md"]);
  assertEquals(study.permissions, { contents: "read" });
});

Deno.test("actions are named by a commit with its version beside it, and leave no token in the clone", () => {
  const used = [text, example].flatMap((text) => [...text.matchAll(/uses: (.*)/g)]);
  assertEquals(used.length, 4);
  for (const [, action] of used) {
    assertMatch(action, /^actions\/\w+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
  for (const step of steps) {
    if (!("uses" in step) || !step.uses.startsWith("actions/checkout@")) continue;
    assertEquals(step.with, { "fetch-depth": 0, "persist-credentials": false });
  }
});

Deno.test("jobs of the workflow end, and a newer push ends an older check of the same request", () => {
  for (const [name, job] of Object.entries(jobs)) {
    assert((job["timeout-minutes"] ?? Infinity) <= 90, name);
  }
  assertStringIncludes(check.concurrency?.group ?? "", "github.ref");
});

Deno.test("the workflow to copy is short, and starts tasks that exist, with Deno as it is pinned here", async () => {
  assert(example.split("\n").length <= 16, "15 lines");
  const [, pinned] = /npx -y (deno@[\d.]+) /.exec(await read(".ci/common"))!;
  const started = study.jobs.gate.steps.flatMap((step) => "run" in step ? [step.run] : []);
  assertEquals(started.length, 3);
  for (const run of started) {
    const [, deno, task] = /^npx -y (\S+) task (\S+) /.exec(run)!;
    assertEquals([deno, task in tasks, isCommand(task)], [pinned, true, true], run);
  }
});

Deno.test("every task that docs/ci.md names exists, and every script", () => {
  const named = [...page.matchAll(/deno task ([a-z:]+)/g)].map(([, task]) => task);
  assert(named.length > 5);
  for (const task of named) assert(task in tasks, task);
  const rows = [...page.matchAll(/^\| `\.ci\/(\w+)/gm)].map(([, name]) => name);
  assertEquals(rows.toSorted(), programs);
  for (const [, name] of page.matchAll(/`(?:bash )?\.ci\/(\w+)/g)) {
    assert(scripts.includes(name), name);
  }
});

Deno.test("docs/ci.md tells exit codes and bounds as they are", () => {
  const codes = [...page.matchAll(/^\| (\d) +\|/gm)].map(([, code]) => Number(code));
  assertEquals(codes, Object.values(EXITS));
  assertEquals(boundOf("baseline.test.accuracy"), "at least");
  for (const name of ["logLoss", "ece", "eceScaled", "logLossScaled"]) {
    assert(isLoss(`baseline.test.${name}`), name);
    assertStringIncludes(page, `.${name}\``);
  }
});
