/**
 * Results of a study as a run would have recorded them, without a run: a figure can be chosen, and
 * nothing is trained.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { accuracyMetric } from "../../src/evaluation/accuracy.ts";
import { confusionMatrix } from "../../src/evaluation/confusion.ts";
import { overallScores } from "../../src/evaluation/scores.ts";
import { sha256 } from "../../src/files/digest.ts";
import { type Artifact, named } from "../../src/pipeline/artifacts.ts";
import { asJson } from "../../src/pipeline/keys.ts";
import {
  formatManifest,
  type Ingredients,
  keyOf,
  type Manifest,
  type Provenance,
} from "../../src/pipeline/manifest.ts";
import { storedName } from "../../src/pipeline/store.ts";
import { rooms } from "../../src/stages/rooms.ts";
import { hash, manifest } from "./manifest.ts";
import { ended } from "./people.ts";

/** What is recorded of a stage. */
export interface Recorded {
  /** Name of a stage of studies, or another one, whose files are text. */
  readonly stage: string;
  /** What its files hold, by their names. */
  readonly files: { readonly [name: string]: unknown };
  readonly ingredients?: Partial<Omit<Ingredients, "stage">>;
  readonly provenance?: Partial<Provenance>;
  readonly lacking?: Manifest["lacking"];
}

/** Writes the results of one stage into the folder of a study. */
export async function record(
  home: string,
  { stage, files, ingredients = {}, provenance, lacking = [] }: Recorded,
): Promise<void> {
  const room = rooms.find(({ name }) => name === stage);
  const declared = new Map(room ? named<Artifact>(room.writes) : []);
  const outputs: Manifest["outputs"] = {};
  for (const [name, value] of Object.entries(files)) {
    const content = declared.get(name)?.encode(value) ?? String(value);
    if (typeof content !== "string") throw new Error(`${name} is no text`);
    const digest = sha256(content);
    const kind = name === "report.md" ? "published" : "committed";
    const file = storedName(name, digest, kind);
    outputs[name] = { file, sha256: digest, bytes: new TextEncoder().encode(content).length, kind };
    const path = kind === "published" ? join(home, file) : join(home, "results", stage, file);
    await Deno.mkdir(dirname(path), { recursive: true });
    await Deno.writeTextFile(path, content);
  }
  const made: Ingredients = {
    parameters: {},
    forms: Object.fromEntries(
      Object.keys(files).map((name) => [name, asJson(declared.get(name)?.form ?? "text")]),
    ),
    code: { [`src/stages/${stage}/run.ts`]: { [`src/stages/${stage}/run.ts`]: hash("a") } },
    packages: {},
    inputs: {},
    computed: null,
    ...ingredients,
    stage,
  };
  await Deno.mkdir(join(home, "results", stage), { recursive: true });
  await Deno.writeTextFile(
    join(home, "results", stage, "manifest.json"),
    formatManifest({
      ...manifest,
      key: keyOf(made),
      ingredients: made,
      compilers: {},
      texts: {},
      outputs,
      lacking,
      provenance: { ...manifest.provenance, jobs: {}, ...provenance },
    }),
  );
}

/** Classes of 200 test images. */
export const labels = Array.from({ length: 200 }, (_, i) => i % 4);

/** What a network takes the images for that errs on those given. */
export const predictedBut = (wrong: readonly number[], of = labels): number[] =>
  of.map((label, i) => wrong.includes(i) ? (label + 1) % 4 : label);

/** The numbers from one to another, which is left out. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

/** What stage `baseline` would record of a network that predicts so. */
export const baselineOf = (
  predicted: readonly number[],
  ingredients: Recorded["ingredients"] = {},
  of: readonly number[] = labels,
): Recorded => ({
  stage: "baseline",
  ingredients: {
    parameters: { recipe: { epochs: 10, batchSize: 32 } },
    inputs: { "prepare/test-images.npy": hash("b") },
    ...ingredients,
  },
  files: {
    "metrics.json": [accuracyMetric("baseline.test.accuracy", predicted, of)],
    "scores.json": overallScores("baseline.test", confusionMatrix(of, predicted, 4)),
    "test-predictions.csv": of.map((label, i) => ({ label, predicted: predicted[i] })),
  },
});

/** What stage `replicate` would record of trainings of LeNet-5 that err on as many images as given. */
export const replicateOf = (
  errors: readonly number[],
  ingredients: Recorded["ingredients"] = {},
): Recorded => {
  const rows = labels.map((label, i) => ({
    label,
    networks: Object.fromEntries(
      errors.map((wrong, run) => [`lenet5.${42 + run}`, i < wrong ? (label + 1) % 4 : label]),
    ),
  }));
  return {
    stage: "replicate",
    ingredients,
    files: { "metrics.json": [], "validation-predictions.csv": rows, "test-predictions.csv": rows },
  };
};

/** What the report would record: thresholds stand among what it is made of. */
export const reportOf = (
  thresholds: Readonly<Record<string, number>>,
  page = "# A study\n",
  ingredients: Recorded["ingredients"] = {},
): Recorded => ({
  stage: "report",
  ingredients: { parameters: { study: { title: "A study", thresholds } }, ...ingredients },
  files: { "report.md": page },
});

/** A repository with a study in it, in a temporary folder that is removed after the test. */
export async function withRepository(
  test: (place: {
    readonly home: string;
    /** Removes all results, records others in their place, and commits them; returns the commit. */
    commit(...stages: readonly Recorded[]): Promise<string>;
    git(...args: string[]): Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-diff-" }));
  let minutes = 0;
  const run = async (...args: string[]) => {
    // The same commits on every machine, on every day.
    const date = `2026-01-01T00:${String(minutes).padStart(2, "0")}:00Z`;
    const who = ["user.name=Test", "user.email=test@example.test", "commit.gpgSign=false"];
    const { success, stdout, stderr } = await ended(
      ["git", ...who.flatMap((setting) => ["-c", setting]), ...args],
      {
        cwd: home,
        env: {
          ...{ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
          ...{ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
        },
      },
    );
    if (!success) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  try {
    await run("init", "--quiet", "--initial-branch=main", "--object-format=sha1");
    await test({
      home,
      git: run,
      async commit(...stages) {
        minutes++;
        await Deno.remove(join(home, "results"), { recursive: true }).catch(() => {});
        for (const stage of stages) await record(home, stage);
        await run("add", "--all", "--force");
        await run("commit", "--quiet", "--allow-empty", "--message=Results");
        return await run("rev-parse", "HEAD");
      },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
