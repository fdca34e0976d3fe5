/** `docs/diff.md` is held to what `deno task diff` does, with the rights that it has. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { PROJECT } from "../../src/runtime/choice.ts";
import { diffDocument } from "../../src/stages/diff/document.ts";
import { hash } from "../support/manifest.ts";
import {
  baselineOf,
  predictedBut,
  range,
  replicateOf,
  reportOf,
  withRepository,
} from "../support/recorded.ts";
import { snapshot } from "../support/snapshot.ts";

const page = await Deno.readTextFile(new URL("../../docs/diff.md", import.meta.url));

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs the task on a study. */
const task = (study: string, ...args: string[]) =>
  ended(["task", "--quiet", "diff", `--study=${study}`, ...args]);

/** The same without what starts it, which takes its time: two revisions need git and nothing else. */
const alone = (study: string, ...args: string[]) =>
  ended([
    ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-run=git"],
    ...["tasks/diff.ts", `--study=${study}`, ...args],
  ]);

async function ended(args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/** The study of the page, with so many epochs, code by a digest, and errors on test images. */
async function recordOnce(
  { commit, git }: Parameters<Parameters<typeof withRepository>[0]>[0],
  name: string,
  { epochs, code, errors, seeds }: {
    readonly epochs: number;
    readonly code: string;
    readonly errors: readonly number[];
    readonly seeds: readonly number[];
  },
) {
  const made = {
    code: {
      "src/training/run.ts": {
        "src/training/run.ts": hash("a"),
        "src/training/loop.ts": hash(code),
      },
    },
  };
  await commit(
    {
      ...baselineOf(predictedBut(errors), {
        ...made,
        parameters: { recipe: { epochs, batchSize: 32 } },
      }),
      provenance: { seconds: 3 * epochs },
    },
    replicateOf(seeds, { ...made, parameters: { lenet5: { recipe: { epochs, batchSize: 32 } } } }),
    reportOf({ "baseline.test.accuracy": 0.85 }, `# After ${epochs} epochs\n`, {
      parameters: {
        study: { baseline: { epochs }, thresholds: { "baseline.test.accuracy": 0.85 } },
      },
      inputs: { "baseline/metrics.json": hash(code), "replicate/metrics.json": hash(code) },
    }),
  );
  await git("tag", name);
}

Deno.test("docs/diff.md shows what diff prints, and says how it ends; the repository stays as it is", () =>
  withRepository(async (place) => {
    const { home } = place;
    await recordOnce(place, "before", {
      epochs: 10,
      code: "b",
      errors: range(0, 40),
      seeds: [40, 38, 44, 41],
    });
    await recordOnce(place, "after", {
      epochs: 12,
      code: "c",
      errors: range(30, 56),
      seeds: [26, 33, 29, 30],
    });
    await Deno.writeTextFile(
      join(home, "study.ts"),
      `export { mini as study } from "${new URL("../support/mini.ts", import.meta.url)}";\n`,
    );
    const files = await snapshot(home);
    const [text, same, json, markdown, unknown, tree] = await Promise.all([
      task(home, "before", "after"),
      alone(home, "after", "after"),
      alone(home, "before", "after", "--json"),
      alone(home, "before", "after", "--markdown"),
      alone(home, "befor"),
      task(home),
    ]);
    assertEquals([text.code, text.stderr], [3, ""]);
    assertStringIncludes(page, "```\n$ deno task diff before after\n" + text.stdout + "```\n");
    assertEquals([same.code, same.stdout.split("\n").slice(1)], [0, ["Nothing differs.", ""]]);
    assertEquals([json.code, diffDocument.parse(JSON.parse(json.stdout)).differs], [3, true]);
    assertEquals(markdown.code, 3);
    assertMatch(markdown.stdout, /^### Results: `before` \(\w{12}\) → `after` \(\w{12}\)\n/);
    assertEquals([unknown.code, unknown.stdout], [1, ""]);
    assertMatch(unknown.stderr, /^error: Git knows no revision "befor" here\./);
    // The study of the working tree is another one than the results are of.
    assertEquals([tree.code, tree.stderr], [0, ""]);
    assertMatch(tree.stdout, /^HEAD \(\w{12}\) -> the working tree\nNothing differs\.\nStale in /);
    assertEquals(await snapshot(home), files);
  }));

/** Names of all fields of a schema, however deep. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) =>
    key === "properties"
      ? [...Object.keys(value), ...fieldsOf(Object.values(value))]
      : fieldsOf(value)
  );
}

Deno.test("docs/diff.md tells every field of the JSON document", () => {
  const [, told] = page.split("## The JSON document");
  const fields = new Set(fieldsOf(z.toJSONSchema(diffDocument, { unrepresentable: "any" })));
  assert(fields.size > 30, [...fields].join(", "));
  for (const field of fields) assertStringIncludes(told, `\`${field}\``);
});
