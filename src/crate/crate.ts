/**
 * A study as somebody may deposit it: results, report, code and all that reviewers ask to be told, in
 * one folder that is an RO-Crate.
 *
 * @module
 */
import { dirname, join, relative, sep } from "node:path";
import { type Json, sha256 } from "../files/digest.ts";
import type { Locator, OutsideFile } from "../files/locate.ts";
import { removeUnfinished, wholeDirectory } from "../files/whole.ts";
import { type Manifest, manifestPath } from "../pipeline/manifest.ts";
import { statusOf } from "../pipeline/status.ts";
import type { Stage } from "../pipeline/stage.ts";
import { load, storedPath } from "../pipeline/store.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import { outsideOf } from "../stages/outside.ts";
import { type CheckedStudy, planOf } from "../stages/plan.ts";
import { parseCitation } from "./citation.ts";
import type { Credit } from "./credits.ts";
import { type Folder, lastFinished, metadataOf, type Part, platformsOf } from "./metadata.ts";
import { bomOf } from "./sbom.ts";

/** Files of the project besides results, and what they are. */
const FILES: Readonly<Record<string, string>> = {
  "study.ts": "What is studied: data, parameters, thresholds, published figures",
  "README.md": "What the project is, and how it is used",
  "ARCHITECTURE.md": "How it is built, and what the key of a result consists of",
  "CONTRIBUTING.md": "How to work on it",
  "CHANGELOG.md": "What has changed",
  "LICENSE": "The licence of code and results",
  "CITATION.cff": "How to cite it",
  "deno.json": "Its tasks and their permissions, and the packages that it asks for",
  "deno.lock": "The packages that it runs with, by version and digest",
};

/** Its folders: with them, results can be checked and made again. */
const FOLDERS: readonly Folder[] = [
  { path: "src/", description: "The code of all stages" },
  { path: "tasks/", description: "The commands, such as `deno task verify`" },
  { path: "studies/", description: "Other studies with the same code" },
  { path: "compat/", description: "Stand-ins for packages of JSR" },
  { path: "tests/", description: "What holds for code and results" },
  { path: "bench/", description: "What is measured against what, and what came out" },
  { path: "examples/", description: "How its parts are used by themselves" },
  { path: "docs/", description: "Dependencies, and what was done to break the pipeline" },
];

/** What was written. */
export interface Crate {
  readonly files: number;
  readonly bytes: number;
  /** How many packages the list of software has, and how many of them without a licence. */
  readonly packages: number;
  readonly unlicensed: number;
  /** Names of files of other people's that results were made from, and that nobody credits. */
  readonly uncredited: readonly string[];
}

/** A stage's last result. */
interface Result {
  readonly stage: Stage;
  readonly manifest: Manifest;
  /** That of the manifest's file. */
  readonly text: string;
}

/**
 * Writes a study's crate to `target`, whole or not at all; what was there goes. Files have the paths
 * that they have in the project, in which `workspace.home` must lie. The same results give the same
 * bytes.
 *
 * @throws {Error} where results are stale or altered, with every reason
 * @throws {Error} where a file of the project is missing or cannot be used
 */
export async function writeCrate(
  checked: CheckedStudy,
  workspace: Workspace,
  locator: Locator,
  credits: readonly Credit[],
  target: string,
): Promise<Crate> {
  const { study } = checked;
  const { root } = workspace;
  const results = await currentResults(checked, workspace, locator);
  const manifests = results.map(({ manifest }) => manifest);
  const citation = parseCitation(await Deno.readTextFile(join(root, "CITATION.cff")));
  const bom = await bomOf(
    root,
    { name: citation.title, version: citation.version, licence: citation.license },
    platformsOf(manifests),
    lastFinished(manifests),
  );
  const outside = outsideOf(study);

  await Deno.mkdir(dirname(target), { recursive: true });
  await removeUnfinished(dirname(target));
  return await wholeDirectory(target, async (folder) => {
    const parts: Part[] = [];
    /** Adds a file from `at` in the project, and returns its path in the crate. */
    const add = async (at: string, content: Uint8Array | string, description: string) => {
      const path = relative(root, at).replaceAll(sep, "/");
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeFile(join(folder, path), bytes);
      parts.push({ path, bytes: bytes.length, sha256: sha256(bytes), description });
      return path;
    };
    for (const [name, description] of Object.entries(FILES)) {
      await add(join(root, name), await Deno.readFile(join(root, name)), description);
    }
    await add(
      join(root, "sbom.cdx.json"),
      jsonText(bom.document),
      "All software, as CycloneDX 1.6",
    );

    /** Paths of artifacts, by `<stage>/<artifact>`. */
    const paths = new Map<string, string>();
    const runs = [];
    for (const { stage: { name: stage, about }, manifest, text } of results) {
      const path = await add(
        manifestPath(workspace, stage),
        text,
        `What the artifacts of stage ${stage} are, and what they were made from`,
      );
      paths.set(`${stage}/manifest.json`, path);
      for (const [name, stored] of Object.entries(manifest.outputs)) {
        if (stored.kind === "local") continue;
        const bytes = await load(workspace, stage, stored);
        const at = storedPath(workspace, stage, stored);
        paths.set(`${stage}/${name}`, await add(at, bytes, `${name}, made by stage ${stage}`));
      }
      const lacks = ({ kind, name }: OutsideFile) =>
        manifest.lacking.some((file) => file.kind === kind && file.name === name);
      const read = (outside[stage] ?? []).filter((file) => !lacks(file));
      runs.push({ stage, about, manifest, outside: read });
    }

    const copied = { files: 0, bytes: 0 };
    for (const { path } of FOLDERS) await copyFolder(join(root, path), join(folder, path), copied);
    const metadata = new TextEncoder().encode(jsonText(metadataOf({
      title: study.title,
      synthetic: study.data.format === "synthetic",
      citation,
      parts,
      folders: FOLDERS,
      paths,
      runs,
      credits,
    })));
    await Deno.writeFile(join(folder, "ro-crate-metadata.json"), metadata);
    return {
      files: copied.files + parts.length + 1,
      bytes: copied.bytes + parts.reduce((sum, { bytes }) => sum + bytes, metadata.length),
      packages: bom.packages,
      unlicensed: bom.unlicensed,
      uncredited: runs.flatMap(({ outside }) => outside.map(({ name }) => name))
        .filter((name) => !credits.some(({ files }) => files.includes(name))),
    };
  });
}

/**
 * The results of all stages.
 *
 * @throws {Error} where one is stale or altered, with every reason
 */
async function currentResults(
  checked: CheckedStudy,
  workspace: Workspace,
  locator: Locator,
): Promise<Result[]> {
  const results: Result[] = [];
  const faults: string[] = [];
  for (
    const { planned: { stage }, reasons, last } of await statusOf(
      workspace,
      planOf(checked),
      locator,
    )
  ) {
    faults.push(...reasons.map((reason) => `  ${stage.name}: ${reason}\n`));
    if (last) results.push({ stage, ...last });
  }
  if (faults.length === 0) return results;
  throw new Error(
    `No crate is written of results that are stale or altered:\n${faults.join("")}` +
      "Bring them up to date first (`deno task all`).",
  );
}

/** What lies in folders and belongs to somebody's machine. */
const PRIVATE = /^(\.|__pycache__$)/;

/** Copies a folder with what belongs to the project in it, and counts. */
async function copyFolder(
  from: string,
  to: string,
  copied: { files: number; bytes: number },
): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (PRIVATE.test(name)) continue;
    if (isDirectory) {
      await copyFolder(join(from, name), join(to, name), copied);
      continue;
    }
    const bytes = await Deno.readFile(join(from, name));
    await Deno.writeFile(join(to, name), bytes);
    copied.files++;
    copied.bytes += bytes.length;
  }
}

const jsonText = (value: Json) => JSON.stringify(value, null, 2) + "\n";
