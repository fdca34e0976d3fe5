/**
 * `deno task diff` on what was really run: a small study that is changed in every way between two
 * commits, and this project's own history.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { compare } from "../../src/stages/diff/compare.ts";
import { type Diff, diffDocument } from "../../src/stages/diff/document.ts";
import { markdownOf } from "../../src/stages/diff/markdown.ts";
import { revisionSide, type Side } from "../../src/stages/diff/side.ts";
import { textOf } from "../../src/stages/diff/text.ts";
import { git } from "../support/checkout.ts";
import { type Copy, replacing, withCopy } from "../support/copy.ts";

const STUDY = "studies/small/study.ts";

const study = `
import { study as garments } from "../garments/study.ts";
import { cv as folds } from "../../study.ts";
const recipe = { ...folds.recipe, epochs: 1 };
const cv = undefined;
export const study = {
  ...garments,
  data: { name: "Synthetic garments", format: "synthetic", seed: 7, train: 240, test: 40 },
  baseline: { ...garments.baseline, epochs: 1 },
  replicate: { seeds: { lenet5: 2, winner: 1, study: 1 } },
  tune: undefined,
  errors: undefined,
  cv,
  thresholds: { "baseline.test.accuracy": 0 },
};
`;

/** What \`diff\` says of the small study, checked by the schema, and how it ends. */
async function diff(copy: Copy, ...args: string[]): Promise<Diff> {
  const { success, stdout, stderr } = await copy.deno(
    ...["task", "--quiet", "diff", "--study=studies/small", "--json", ...args],
  );
  assertEquals(stderr, "");
  const found = diffDocument.parse(JSON.parse(stdout));
  assertEquals(success, !found.differs);
  return found;
}

async function runAll(copy: Copy): Promise<void> {
  const { success, stderr } = await copy.deno("task", "--quiet", "all", "--study=studies/small");
  assert(success, stderr);
}

const statesIn = ({ stages }: Diff) =>
  Object.fromEntries(stages.map(({ stage, state }) => [stage, state]));

const changesIn = ({ stages }: Diff, name: string) =>
  stages.find(({ stage }) => stage === name)!.changes.map((change) =>
    change.of === "parameter"
      ? `${change.name}: ${JSON.stringify(change.from)} -> ${JSON.stringify(change.to)}`
      : `${change.of} ${change.name}`
  );

Deno.test("a study that was run twice differs in what was changed in between, and in nothing else", () =>
  withCopy(async (copy) => {
    const commit = async (message: string) => {
      await git(copy.path("."), "add", "--all");
      await git(copy.path("."), "commit", "--quiet", "--allow-empty", `--message=${message}`);
      await git(copy.path("."), "tag", message);
    };
    await copy.write(STUDY, study);
    await copy.write(".gitignore", ".cache/\nnode_modules\n");
    await git(copy.path("."), "init", "--quiet", "--initial-branch=main");
    await runAll(copy);
    await commit("base");

    const same = await diff(copy);
    assertEquals([same.differs, same.stages, same.to.stale], [false, [], []]);

    await copy.write(
      STUDY,
      replacing("garments.baseline, epochs: 1", "garments.baseline, epochs: 2"),
    );
    const notRun = await diff(copy);
    assertEquals([notRun.differs, notRun.to.stale], [false, ["baseline", "replicate", "report"]]);
    await runAll(copy);
    const parameter = await diff(copy);
    assertEquals(statesIn(parameter), {
      baseline: "changed",
      replicate: "changed",
      report: "changed",
    });
    assertEquals(changesIn(parameter, "baseline"), ["recipe.epochs: 1 -> 2"]);
    assertEquals(changesIn(parameter, "replicate").slice(0, 1), ["lenet5.recipe.epochs: 1 -> 2"]);
    assertEquals(parameter.networks.map(({ network }) => network), ["baseline"]);
    assertEquals(parameter.networks[0].mcnemar?.images, 40);
    assertEquals(parameter.seeds.map(({ from, to }) => [from?.seeds.length, to?.seeds.length]), [
      [3, 3],
      [3, 3],
    ]);
    assert(parameter.seeds.every(({ welch }) => welch !== null));
    await commit("parameter");

    await copy.write("src/models/lenet5.ts", replacing("units: 84", "units: 80"));
    await runAll(copy);
    const code = await diff(copy);
    assertEquals(changesIn(code, "baseline").filter((it) => it.startsWith("code")), [
      "code src/models/lenet5.ts",
    ]);
    assertEquals(statesIn(code).prepare, undefined);
    await copy.write("src/models/lenet5.ts", replacing("units: 80", "units: 84"));
    await runAll(copy);
    const back = await diff(copy);
    assertEquals(
      Object.entries(statesIn(back)).filter(([, state]) => state !== "same").map(([name]) => name)
        .filter((name) => name !== "report"),
      [],
      "what was changed back came out again",
    );

    await copy.write(STUDY, replacing("seed: 7", "seed: 8"));
    await runAll(copy);
    const data = await diff(copy);
    assertEquals(statesIn(data).prepare, "changed");
    assertEquals(changesIn(data, "prepare"), ["data.seed: 7 -> 8"]);
    assert(changesIn(data, "baseline").includes("input prepare/test-images.npy"));
    await commit("data");

    await copy.write(
      STUDY,
      replacing("const cv = undefined", "const cv = { ...folds, recipe, splits: 2 }"),
    );
    await runAll(copy);
    const more = await diff(copy);
    assertEquals(statesIn(more).cv, "added");
    assert(more.metrics.every(({ stage, from }) => stage === "cv" && from === undefined));
    await commit("more");
    const less = await diff(copy, "more", "data");
    assertEquals(statesIn(less).cv, "removed");
    console.log(
      `7 runs of a small study compared; by the last, ${more.metrics.length} figures are new.`,
    );
  }));

const root = fileURLToPath(new URL("../..", import.meta.url));

Deno.test({
  name: "every two results that follow each other in this project's history can be compared",
  ignore: await git(root, "rev-parse", "HEAD").then(() => false, () => true),
  async fn() {
    const counted = { compared: 0, differ: 0, refused: 0 };
    let largest = 0;
    for (const folder of ["", "studies/digits/"]) {
      const home = `${root}${folder}`;
      const commits = (await git(root, "log", "--format=%H", "--", `${folder}results`)).split("\n");
      const sides: Side[] = [];
      for (const commit of commits) {
        try {
          sides.push(await revisionSide(home, commit));
        } catch (error) {
          // The beginning of the history had manifests of another format.
          assert(error instanceof Error);
          assertMatch(
            error.message,
            /^results\/\w+\/manifest\.json of \w+ cannot be used: it was written by an earlier version \(format 1, now 2\)\.$/,
          );
          counted.refused++;
        }
      }
      for (const [i, to] of sides.entries()) {
        const diff = await compare(sides[i + 1] ?? to, to, i % 4 === 0);
        diffDocument.parse(JSON.parse(JSON.stringify(diff)));
        const bytes = new TextEncoder().encode(markdownOf(diff)).length;
        largest = Math.max(largest, bytes);
        assert(bytes < 60_000);
        const lines = textOf(diff, true).split("\n");
        assertEquals(lines.filter((line) => [...line].length > 80), []);
        counted.compared++;
        if (diff.differs) counted.differ++;
      }
    }
    assert(counted.compared > 0);
    console.log(
      `${counted.compared} compared, ${counted.differ} of them differ, ${counted.refused} of format 1 ` +
        `refused; the longest comment has ${largest} bytes.`,
    );
  },
});
