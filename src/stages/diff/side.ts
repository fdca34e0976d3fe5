/** One of both sides of a comparison: the results of a revision, those in the working tree, or those of a run with other settings. @module */
import { join } from "node:path";
import { z } from "zod";
import { canonicalJson, sha256 } from "../../files/digest.ts";
import { messageOf } from "../../files/explain.ts";
import { readPlain } from "../../files/plain.ts";
import { revisionOf } from "../../files/revision.ts";
import type { Artifact } from "../../pipeline/artifacts.ts";
import { asJson } from "../../pipeline/keys.ts";
import { LaterFormat, type Manifest, parseManifest } from "../../pipeline/manifest.ts";
import type { Written } from "../../pipeline/stage.ts";
import { outputPath } from "../../pipeline/status.ts";

/** Results that can be compared. */
export interface Side {
  /** As it was asked for: `HEAD~1`, `the working tree`, or `run baseline.epochs=12`. */
  readonly name: string;
  /** The commit in full; null for the working tree and for a run. */
  readonly commit: string | null;
  /** The manifest of every stage that has one, by its name. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** Thresholds by the names of metrics, as the report has them; undefined where there is no report. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** Stages whose results are not of the study and the code beside them; none where that is not asked. */
  readonly stale: readonly string[];
  /** Stages that are still to run there, of which nothing is compared; none if omitted. */
  readonly toRun?: readonly string[];
  /**
   * The bytes of a file, by its path from the folder of the study, with `/`.
   *
   * @throws {Error} where it cannot be read
   */
  read(path: string): Promise<Uint8Array>;
}

/** What the working tree is called. */
export const WORKING_TREE = "the working tree";

const MANIFEST = /^results\/([^/]+)\/manifest\.json$/;

/**
 * The results of a study in a revision.
 *
 * @param home the folder of the study
 * @throws {Error} where git knows no such revision, it has no results, or a manifest cannot be used
 */
export async function revisionSide(home: string, revision: string): Promise<Side> {
  const { commit, paths, read } = await revisionOf(home, revision, "results");
  return await sideOf({ name: revision, commit, stale: [], read }, paths);
}

/**
 * The results of a study, or of a run of it, as they lie in its folder.
 *
 * @param stale stages whose results are not of the study and the code beside them
 * @param run its name, and stages of it that are still to run; the working tree if omitted
 * @throws {Error} where there are none, or a manifest cannot be used
 */
export async function workingSide(
  home: string,
  stale: readonly string[],
  run: Pick<Side, "name" | "toRun"> = { name: WORKING_TREE },
): Promise<Side> {
  const entries = await Array.fromAsync(Deno.readDir(join(home, "results"))).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  const paths = entries.filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `results/${name}/manifest.json`);
  const there = await Promise.all(
    paths.map((path) => Deno.lstat(join(home, path)).then(() => true, () => false)),
  );
  const read = (path: string) => readPlain(join(home, path));
  return await sideOf(
    { ...run, commit: null, stale, read },
    paths.filter((_, i) => there[i]),
  );
}

/** A side with the manifests that are among its files. */
async function sideOf(
  side: Omit<Side, "manifests" | "thresholds">,
  paths: readonly string[],
): Promise<Side> {
  const manifests = new Map<string, Manifest>();
  for (const path of paths) {
    const [, stage] = MANIFEST.exec(path) ?? [];
    if (stage === undefined) continue;
    const bytes = await contentOf(side, path);
    try {
      manifests.set(stage, parseManifest(new TextDecoder().decode(bytes), stage));
    } catch (error) {
      const why = error instanceof LaterFormat
        ? "it was written by a later version of Atelier, which can read it"
        : messageOf(error);
      throw new Error(`${path} of ${side.name} cannot be used: ${why}.`, { cause: error });
    }
  }
  if (manifests.size === 0) {
    throw new Error(
      `There are no results in ${side.name} to compare: no stage has a results/<stage>/manifest.json.`,
    );
  }
  return { ...side, manifests, thresholds: thresholdsOf(manifests.get("report")) };
}

const reported = z.looseObject({
  study: z.looseObject({ thresholds: z.record(z.string(), z.number()) }),
});

/** The thresholds that a report was rendered with: the study itself would have to be run to tell its own. */
const thresholdsOf = (report: Manifest | undefined): Side["thresholds"] =>
  reported.safeParse(report?.ingredients.parameters).data?.study.thresholds;

/** How a file begins that stands for one which Git LFS keeps. */
const POINTER = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n");

/**
 * The bytes of a file of a side.
 *
 * @throws {Error} where they are not to be had, in a sentence with the path
 */
async function contentOf(
  { name, read }: Pick<Side, "name" | "read">,
  path: string,
): Promise<Uint8Array> {
  const bytes = await read(path).catch((error) => {
    const why = error instanceof Deno.errors.NotFound ? "it is missing" : messageOf(error);
    throw new Error(`${path} of ${name} cannot be read: ${why}.`, { cause: error });
  });
  if (POINTER.every((byte, i) => bytes[i] === byte)) {
    throw new Error(
      `${path} of ${name} is kept by Git LFS, and only the pointer to it is here; ` +
        "`git lfs pull` gets what is checked out.",
    );
  }
  return bytes;
}

/**
 * What an artifact of a stage holds on a side; undefined where its stage wrote none.
 *
 * @throws {Error} where its form is not that of today's code, or its bytes are not to be had or are
 * other ones
 */
export async function artifactOn<T>(
  side: Side,
  artifact: Written<Artifact<T>>,
): Promise<T | undefined> {
  const { stage, name, form } = artifact;
  const manifest = side.manifests.get(stage);
  const stored = manifest?.outputs[name];
  if (!manifest || !stored) return undefined;
  const path = outputPath(stage, stored);
  if (canonicalJson(manifest.ingredients.forms[name] ?? null) !== canonicalJson(asJson(form))) {
    throw new Error(`${path} of ${side.name} has another form than the code of now can read.`);
  }
  const bytes = await contentOf(side, path);
  if (sha256(bytes) !== stored.sha256) {
    throw new Error(`${path} of ${side.name} has been altered: its manifest has another digest.`);
  }
  try {
    return artifact.decode(bytes, name);
  } catch (error) {
    const why = messageOf(error);
    throw new Error(`${path} of ${side.name} cannot be read by the code of now: ${why}.`, {
      cause: error,
    });
  }
}
