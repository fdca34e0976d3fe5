/** The manifest of a stage: what its artifacts are and exactly what they were made from. @module */
import { join } from "node:path";
import { z } from "zod";
import { digest, type Json } from "../files/digest.ts";
import { messageOf } from "../files/explain.ts";
import { parseJson } from "../files/json.ts";
import { writeWhole } from "../files/whole.ts";
import type { Artifact, Kind } from "./artifacts.ts";
import { resultsDirectory, type Workspace } from "./workspace.ts";

/** More bytes than any manifest has. */
const LONGEST = 2 ** 26;

/** Raised when the meaning of a manifest changes. */
const FORMAT = 2;

// Types and not interfaces, since the compiler takes these for JSON.

/** A stored artifact: its file's name, with the first twelve digits of its digest, and what it holds. */
export type Stored = {
  /** A path that goes down only. */
  file: string;
  /** Of its bytes. */
  sha256: string;
  /** How many they are. */
  bytes: number;
  /** Where it is kept. */
  kind: Kind;
};

/** What code comes to; see `code.ts`. */
export type CodeIngredients = {
  /** What each source file contributes to each module that is run, by both paths. */
  code: Record<string, Record<string, string>>;
  /** Versions by the names of packages. */
  packages: Record<string, string>;
};

/** What a stage's result depends on; the key is its digest. */
export type Ingredients = CodeIngredients & {
  /** Its name. */
  stage: string;
  /** What its `keyed` made of them. */
  parameters: Json;
  /** The form of every artifact, by its name. */
  forms: Record<string, Json>;
  /** Digest of every artifact read, by `<stage>/<artifact>`. */
  inputs: Record<string, string>;
  /** How its jobs were computed; null where it started none that can be computed in several ways. */
  computed: Computed | null;
};

/** How jobs were computed. */
export type Computed = CodeIngredients & {
  /** Which of a job's variants it was. */
  variant: string;
  /** Digest of what all jobs executed, where it stands in place of the code that made it. */
  compiled: string | null;
};

/** How a job went. */
export type JobProvenance = {
  /** What it was called on the screen. */
  label: string;
  /** Its key in the cache of finished jobs. */
  key: string;
  /** Wall-clock time of its process. */
  seconds: number;
  /** What the job recorded of its engine and backend. */
  facts: Record<string, Json>;
};

/** What differs between machines and runs: recorded, never part of a key. */
export type Provenance = {
  /** As ISO 8601. */
  finishedAt: string;
  /** Wall-clock time of the stage. */
  seconds: number;
  /** Git commit of the checkout, with `+` where files differed from it; null outside git. */
  revision: string | null;
  /** Version of Deno. */
  deno: string;
  /** Operating system and kind of processor. */
  platform: string;
  /** Name of the processor. */
  processor: string;
  /** How many it has. */
  cores: number;
  /** Of main memory. */
  memoryGiB: number;
  /** By the names that the stage gave them. */
  jobs: Record<string, JobProvenance>;
};

/** A stage's key, what it was made from, its artifacts by name, and how it came about. */
export type Manifest = {
  /** Version of the form of manifests. */
  format: 2;
  /** Digest of the ingredients. */
  key: string;
  /** What the result depends on. */
  ingredients: Ingredients;
  /**
   * The code that made what the jobs executed. Where it is the same now, so is what it makes; where it
   * is not, that is compared.
   */
  compilers: CodeIngredients["code"];
  /** Digest of the text of every module above, by its path; see `CodeDigest`. */
  texts: Record<string, string>;
  /** Artifacts by name. */
  outputs: Record<string, Stored>;
  /** Files of other people's that were not on the machine, and without which the result says less. */
  lacking: { kind: string; name: string }[];
  /** How it came about. */
  provenance: Provenance;
};

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A path that goes down only, so that no manifest reaches outside its place. */
const fileName = z.string().regex(/^[^/\\]+(\/[^/\\]+)*$/).refine((path) =>
  !path.split("/").includes("..")
);

const stored: z.ZodType<Stored> = z.strictObject({
  file: fileName,
  sha256: hash,
  bytes: z.int().nonnegative(),
  kind: z.enum(["committed", "local", "published"]),
});

const code = {
  code: z.record(z.string(), z.record(z.string(), hash)),
  packages: z.record(z.string(), z.string()),
};

const ingredients: z.ZodType<Ingredients> = z.strictObject({
  stage: z.string(),
  parameters: z.json(),
  forms: z.record(z.string(), z.json()),
  ...code,
  inputs: z.record(z.string(), hash),
  computed: z.strictObject({
    variant: z.string(),
    ...code,
    compiled: hash.nullable(),
  }).nullable(),
});

const job: z.ZodType<JobProvenance> = z.strictObject({
  label: z.string(),
  key: hash,
  seconds: z.number().nonnegative(),
  facts: z.record(z.string(), z.json()),
});

const provenance: z.ZodType<Provenance> = z.strictObject({
  finishedAt: z.string(),
  seconds: z.number().nonnegative(),
  revision: z.string().nullable(),
  deno: z.string(),
  platform: z.string(),
  processor: z.string(),
  cores: z.int().positive(),
  memoryGiB: z.number().positive(),
  jobs: z.record(z.string(), job),
});

const manifest: z.ZodType<Manifest> = z.strictObject({
  format: z.literal(FORMAT),
  key: hash,
  ingredients,
  compilers: code.code,
  texts: z.record(z.string(), hash),
  outputs: z.record(z.string(), stored),
  lacking: z.array(z.strictObject({ kind: z.string(), name: fileName })),
  provenance,
});

/** What every job of a stage was asked for: `jobs.json`, kept beside the artifacts of a stage with jobs. */
const jobRecords = z.array(z.strictObject({
  name: z.string(),
  /** Name of its declaration. */
  job: z.string(),
  parameters: z.json(),
  /** Digest of every file that it read. */
  inputs: z.record(z.string(), hash),
  /** Digest of what it executed, where its variant tells. */
  compiled: hash.nullable(),
}));

/** See `jobRecords` above. */
export type JobRecord = z.infer<typeof jobRecords>[number];

/**
 * The key of a stage. The names of source files are left out: moving code does not change what it
 * computes.
 */
export function keyOf({ code, computed, ...rest }: Ingredients): string {
  const values = (code: Ingredients["code"]) =>
    Object.values(code).map((files) => digest(Object.values(files).sort())).sort();
  const key: Json = {
    ...rest,
    code: values(code),
    computed: computed && { ...computed, code: values(computed.code) },
  };
  return digest(key);
}

/** The path of a stage's manifest. */
export const manifestPath = (workspace: Workspace, stage: string): string =>
  join(resultsDirectory(workspace, stage), "manifest.json");

/** What the seal of a manifest is the digest of. */
const sealed = (content: Omit<Manifest, "seal">): string => digest(content);

/** A manifest that only a later version can read: not damaged, and not to be written over. */
export class LaterFormat extends Error {
  override name = "LaterFormat";
}

/**
 * Reads a manifest's text.
 *
 * @throws {LaterFormat} where a later version wrote it
 * @throws {Error} that says what is wrong with it
 */
export function parseManifest(text: string, stage: string): Manifest {
  const raw = z.looseObject({ format: z.unknown().optional(), seal: z.string() }).safeParse(
    parseJson(text),
  );
  if (!raw.success) throw new Error("it is no manifest");
  const { seal, ...rest } = raw.data;
  if (rest.format !== FORMAT) {
    // Before there were formats, there was none.
    const format = typeof rest.format === "number" ? rest.format : 1;
    if (format > FORMAT) {
      throw new LaterFormat(
        `The manifest of stage ${stage} has format ${format}, and this version of Atelier knows ` +
          `formats up to ${FORMAT}: it was written by a later version. Use that one, or delete ` +
          `results/${stage}/ to run the stage anew.`,
      );
    }
    throw new Error(`it was written by an earlier version (format ${format}, now ${FORMAT})`);
  }
  const parsed = manifest.safeParse(rest);
  if (!parsed.success) throw new Error(firstFault(parsed.error));
  if (seal !== sealed(parsed.data)) {
    throw new Error("its text does not match its seal: it has been edited");
  }
  if (keyOf(parsed.data.ingredients) !== parsed.data.key) {
    throw new Error("its key is not that of its ingredients");
  }
  if (parsed.data.ingredients.stage !== stage) {
    throw new Error(`it belongs to stage ${parsed.data.ingredients.stage}`);
  }
  return parsed.data;
}

/** What is shown of a name or a rule that a damaged file makes long. */
const cut = (text: string) => text.length > 200 ? `${text.slice(0, 200)}…` : text;

/** The first place where a value is not of its schema, in a line. */
function firstFault({ issues: [{ path, message }, ...more] }: z.ZodError): string {
  const where = path.length > 0 ? `${path.join(".")}: ` : "";
  const what = message.replace(/^Invalid input: (.*), received undefined$/, "is missing; $1");
  return `${cut(where)}${cut(what)}${more.length > 0 ? ` (and ${more.length} more faults)` : ""}`;
}

/**
 * Reads the text of `jobs.json`.
 *
 * @throws {Error} that says what is wrong with it
 */
export function parseJobRecords(text: string): JobRecord[] {
  const parsed = jobRecords.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Error(`jobs.json: ${firstFault(parsed.error)}`);
}

/** A manifest's text, sealed with the digest of its content so that any later edit shows. */
export function formatManifest(content: Omit<Manifest, "format">): string {
  const whole: Manifest = { format: FORMAT, ...content };
  const { format, key, ...rest } = whole;
  return JSON.stringify({ format, key, seal: sealed(whole), ...rest }, null, 2) + "\n";
}

/** The manifest as an artifact that other stages read. */
export const manifestArtifact = (stage: string): Artifact<Manifest> => ({
  extension: ".json",
  form: "manifest",
  kind: "committed",
  optional: false,
  encode: formatManifest,
  decode: (bytes) => parseManifest(new TextDecoder().decode(bytes), stage),
});

/**
 * The manifest of a stage, or why there is none that can be used: `is missing`, or what is wrong with
 * its text; `later` where a later version wrote it.
 */
export async function readManifest(
  workspace: Workspace,
  stage: string,
): Promise<{ manifest: Manifest; text: string } | { problem: string; later?: LaterFormat }> {
  const path = manifestPath(workspace, stage);
  let text: string;
  try {
    const { isFile, size } = await Deno.stat(path);
    // A pipe would never end, and no manifest is so long.
    if (!isFile) return { problem: "is no file; move away what is in its place" };
    if (size > LONGEST) return { problem: `has ${size} bytes, which no manifest has` };
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { problem: "is missing" };
    return { problem: `cannot be read: ${messageOf(error)}` };
  }
  try {
    return { manifest: parseManifest(text, stage), text };
  } catch (error) {
    const problem = `cannot be used: ${error instanceof Error ? error.message : error}`;
    return error instanceof LaterFormat ? { problem, later: error } : { problem };
  }
}

/**
 * The manifest of a stage that must have one.
 *
 * @throws {Error} that says why none can be used
 */
export async function requireManifest(
  workspace: Workspace,
  stage: string,
): Promise<{ manifest: Manifest; text: string }> {
  const found = await readManifest(workspace, stage);
  if ("problem" in found) throw new Error(`the manifest of ${stage} ${found.problem}`);
  return found;
}

/** Names of outputs, sorted: those that are the same in both, and those that are not, or only in one. */
export function compareOutputs(
  then: Manifest["outputs"],
  now: Manifest["outputs"],
): { same: string[]; differing: string[] } {
  const names = [...new Set([...Object.keys(then), ...Object.keys(now)])].sort();
  const isSame = (name: string) => then[name]?.sha256 === now[name]?.sha256;
  return { same: names.filter(isSame), differing: names.filter((name) => !isSame(name)) };
}

/** Writes a stage's manifest; from then on its artifacts count. */
export async function writeManifest(
  workspace: Workspace,
  stage: string,
  content: Omit<Manifest, "format">,
): Promise<void> {
  await writeWhole(manifestPath(workspace, stage), formatManifest(content));
}
