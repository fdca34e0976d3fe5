/** The manifest of a stage: what its artifacts are and exactly what they were made from. @module */
import { join } from "node:path";
import { z } from "zod";
import { digest, type Json } from "../files/digest.ts";
import { writeWhole } from "../files/whole.ts";
import { resultsDirectory, type Workspace } from "./store.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A path that goes down only, so that no manifest reaches outside its place. */
const fileName = z.string().regex(/^[^/\\]+(\/[^/\\]+)*$/).refine((path) =>
  !path.split("/").includes("..")
);

const artifact = z.strictObject({
  file: fileName,
  sha256: hash,
  bytes: z.int().nonnegative(),
  kind: z.enum(["committed", "local", "published"]),
});

/** What a stage's result depends on; the key is its digest. */
const ingredients = z.strictObject({
  stage: z.string(),
  parameters: z.json(),
  /** What each source file contributes, by path. */
  code: z.record(z.string(), hash),
  packages: z.record(z.string(), z.string()),
  /** Digest of every artifact read, by `<stage>/<artifact>`. */
  inputs: z.record(z.string(), hash),
});

const job = z.strictObject({
  label: z.string(),
  /** Wall-clock time of its process. */
  seconds: z.number().nonnegative(),
  /** What the job recorded of its engine and backend. */
  facts: z.record(z.string(), z.json()),
});

/** What differs between machines and runs: recorded, never part of a key. */
const provenance = z.strictObject({
  finishedAt: z.string(),
  seconds: z.number().nonnegative(),
  /** Git commit of the checkout, with `+` where files differed from it; null outside git. */
  revision: z.string().nullable(),
  deno: z.string(),
  platform: z.string(),
  processor: z.string(),
  cores: z.int().positive(),
  memoryGiB: z.number().positive(),
  jobs: z.array(job),
});

const manifest = z.strictObject({
  key: hash,
  ingredients,
  outputs: z.record(z.string(), artifact),
  /** Files of other people's that were not on the machine, and without which the result says less. */
  lacking: z.array(fileName).optional(),
  provenance,
});

/** See `ingredients` above. */
export type Ingredients = z.infer<typeof ingredients>;
/** See `job` above. */
export type JobProvenance = z.infer<typeof job>;
/** See `provenance` above. */
export type Provenance = z.infer<typeof provenance>;
/** A stage's key, what it was made from, its artifacts by name, and how it came about. */
export type Manifest = z.infer<typeof manifest>;

/**
 * The key of a stage. The names of source files are left out: moving code does not change what it
 * computes.
 */
export function keyOf(made: Ingredients): string {
  return digest({ ...made, code: Object.values(made.code).sort() } as Json);
}

/** The path of a stage's manifest. */
export const manifestPath = (workspace: Workspace, stage: string): string =>
  join(resultsDirectory(workspace, stage), "manifest.json");

/** Reads a manifest's text. Throws an Error that says what is wrong with it. */
export function parseManifest(text: string, stage: string): Manifest {
  const { seal, ...rest } = z.looseObject({ seal: z.string().optional() }).parse(JSON.parse(text));
  const parsed = manifest.safeParse(rest);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  if (seal !== digest(rest as Json)) {
    throw new Error("its text does not match its seal: it has been edited");
  }
  if (parsed.data.ingredients.stage !== stage) {
    throw new Error(`it belongs to stage ${parsed.data.ingredients.stage}`);
  }
  return parsed.data;
}

/** A manifest's text, sealed with the digest of its content so that any later edit shows. */
export function formatManifest(content: Manifest): string {
  const { key, ...rest } = content;
  return JSON.stringify({ key, seal: digest(content as Json), ...rest }, null, 2) + "\n";
}

/**
 * The manifest of a stage, or why there is none that can be used: `missing`, or what is wrong with
 * its text.
 */
export async function readManifest(
  workspace: Workspace,
  stage: string,
): Promise<{ manifest: Manifest; text: string } | { problem: string }> {
  let text: string;
  try {
    text = await Deno.readTextFile(manifestPath(workspace, stage));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { problem: "missing" };
    throw error;
  }
  try {
    return { manifest: parseManifest(text, stage), text };
  } catch (error) {
    return { problem: `altered (${error instanceof Error ? error.message : error})` };
  }
}

/** Writes a stage's manifest; from then on its artifacts count. */
export async function writeManifest(
  workspace: Workspace,
  stage: string,
  content: Manifest,
): Promise<void> {
  await writeWhole(manifestPath(workspace, stage), formatManifest(content));
}
