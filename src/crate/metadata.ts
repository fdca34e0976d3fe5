/**
 * What a crate holds and how it came about, as `ro-crate-metadata.json`: RO-Crate 1.1
 * (https://w3id.org/ro/crate/1.1) with the profile for runs of processes, Process Run Crate 0.5
 * (https://w3id.org/ro/wfrun/process/0.5). A stage is an action, its artifacts are what it made.
 *
 * @module
 */
import { extname } from "node:path";
import type { Json, JsonObject } from "../files/digest.ts";
import { hashName } from "../files/digest.ts";
import type { OutsideFile } from "../files/locate.ts";
import type { Manifest } from "../pipeline/manifest.ts";
import { count, counted, duration } from "../report/markdown.ts";
import { backendsOf, madeWith } from "../stages/made_with.ts";
import type { Citation } from "./citation.ts";
import type { Credit } from "./credits.ts";
import type { Software } from "./sbom.ts";

/** A file of the crate. */
export interface Part {
  /** From the crate's folder, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** What it is, in words for people. */
  readonly description: string;
}

/** A folder of the crate whose files are not listed one by one. */
export interface Folder {
  /** From the crate's folder, with `/` at its end. */
  readonly path: string;
  readonly description: string;
}

/** How a stage came about. */
export interface Run {
  readonly stage: string;
  /** What it does, in a sentence. */
  readonly about: string;
  readonly manifest: Manifest;
  /** What it read of other people's. */
  readonly outside: readonly OutsideFile[];
}

/** What a crate is told in. */
export interface Contents {
  readonly title: string;
  /** Whether the images are drawn, so that no figure is a result on real ones. */
  readonly synthetic: boolean;
  readonly citation: Citation;
  readonly parts: readonly Part[];
  readonly folders: readonly Folder[];
  /** Paths of artifacts and manifests in the crate, by `<stage>/<artifact>`; not of local ones. */
  readonly paths: ReadonlyMap<string, string>;
  readonly runs: readonly Run[];
  readonly credits: readonly Credit[];
}

/** A thing that is described; every one has an `@id`, by which others refer to it. */
type Entity = JsonObject & { readonly "@id": string };

const ref = ({ "@id": id }: Pick<Entity, "@id">): Json => ({ "@id": id });

/** Makes the document. */
export function metadataOf(contents: Contents): Json {
  const { title, synthetic, citation, parts, folders, paths, runs, credits } = contents;
  const entities = new Map<string, Entity>();
  /** Adds an entity, or finds that of the same `@id`. */
  const entity = (it: Entity): Json => {
    if (!entities.has(it["@id"])) entities.set(it["@id"], it);
    return ref(it);
  };
  const licence = (spdx: string) =>
    entity({
      "@id": `https://spdx.org/licenses/${spdx}`,
      "@type": "CreativeWork",
      name: spdx,
      description: `The licence that SPDX calls ${spdx}`,
    });

  const authors = citation.authors.map((author, i) =>
    "name" in author
      ? entity({ "@id": `#author-${i + 1}`, "@type": "Organization", name: author.name })
      : entity({
        "@id": author.orcid ?? `#author-${i + 1}`,
        "@type": "Person",
        name: `${author["given-names"]} ${author["family-names"]}`,
      })
  );
  const files = parts.map(({ path, bytes, sha256, description }) =>
    entity({
      "@id": encodeURI(path),
      "@type": "File",
      name: path,
      description,
      contentSize: String(bytes),
      encodingFormat: encodingOf(path),
      sha256,
    })
  );
  const code = folders.map(({ path, description }) =>
    entity({ "@id": encodeURI(path), "@type": "Dataset", name: path, description })
  );
  const itself = entity({
    "@id": "#atelier",
    "@type": "SoftwareSourceCode",
    name: citation.title,
    description: citation.abstract,
    version: citation.version,
    programmingLanguage: "TypeScript",
    license: licence(citation.license),
    author: authors,
    hasPart: code,
  });

  /** An artifact: a file of the crate, or what is known of one that is made again where it is needed. */
  const artifact = (id: string): Json => {
    const path = paths.get(id);
    if (path !== undefined) return { "@id": encodeURI(path) };
    const [stage, name] = id.split(/\/(.*)/);
    const { sha256, bytes } = runs.find((run) => run.stage === stage)!.manifest.outputs[name];
    return entity({
      "@id": `#${id}`,
      "@type": "CreativeWork",
      name,
      description:
        `Made by stage ${stage} and read by others; not in this crate, since the stage ` +
        `makes it again from the data.`,
      contentSize: String(bytes),
      encodingFormat: encodingOf(name),
      sha256,
    });
  };
  const outside = ({ name, digest, addresses }: OutsideFile): Json => {
    const credit = credits.find(({ files }) => files.includes(name));
    return entity({
      "@id": `#outside/${encodeURI(name)}`,
      "@type": "CreativeWork",
      name,
      description: "A file of other people's, which is not in this crate.",
      ...(hashName(digest) === "SHA-256" ? { sha256: digest } : { identifier: `md5:${digest}` }),
      ...(addresses.length > 0 ? { url: addresses } : {}),
      ...(credit ? { license: licence(credit.licence), isPartOf: work(credit) } : {}),
    });
  };
  const work = ({ name, by, licence: spdx, page, cite }: Credit): Json =>
    entity({
      "@id": `#work/${encodeURI(name)}`,
      "@type": "CreativeWork",
      name,
      url: page,
      license: licence(spdx),
      creator: entity({ "@id": `#maker/${encodeURI(by)}`, "@type": "Organization", name: by }),
      ...(cite ? { citation: cite } : {}),
    });
  const software = (it: Software & { readonly url: string }): Json =>
    entity({
      "@id": `#${it.name}-${it.version}`,
      "@type": "SoftwareApplication",
      name: it.name,
      softwareVersion: it.version,
      url: it.url,
      license: licence(it.licence),
    });

  const actions = runs.map(({ stage, about, manifest, outside: files }) => {
    const { ingredients, outputs, provenance } = manifest;
    const manifestId = `${stage}/manifest.json`;
    return entity({
      "@id": `#run-${stage}`,
      "@type": "CreateAction",
      name: `Stage ${stage}: ${about}`,
      description: howItRan(manifest, paths.get(manifestId)!),
      endTime: provenance.finishedAt,
      instrument: [itself, ...platformsOf([manifest]).map(software)],
      object: [
        { "@id": "study.ts" },
        ...Object.keys(ingredients.inputs).map(artifact),
        ...files.map(outside),
      ],
      result: [
        artifact(manifestId),
        ...Object.keys(outputs).map((name) => artifact(`${stage}/${name}`)),
      ],
    });
  });

  const profile = entity({
    "@id": "https://w3id.org/ro/wfrun/process/0.5",
    "@type": "CreativeWork",
    name: "Process Run Crate",
    version: "0.5",
  });
  const root = {
    "@id": "./",
    "@type": "Dataset",
    name: title,
    description:
      (synthetic
        ? "Synthetic: the images are drawn by a program, and no figure is a result on real ones. "
        : "") + citation.abstract,
    datePublished: lastFinished(runs.map(({ manifest }) => manifest)),
    version: citation.version,
    license: licence(citation.license),
    author: authors,
    conformsTo: profile,
    hasPart: [...files, ...code],
    mentions: actions,
  };
  const descriptor = {
    "@id": "ro-crate-metadata.json",
    "@type": "CreativeWork",
    conformsTo: { "@id": "https://w3id.org/ro/crate/1.1" },
    about: ref(root),
  };
  return {
    // The context of 1.1 is older than schema.org's term for a digest.
    "@context": ["https://w3id.org/ro/crate/1.1/context", { sha256: "http://schema.org/sha256" }],
    "@graph": [descriptor, root, ...entities.values()],
  };
}

/** When the last of some results was finished, as ISO 8601. */
export const lastFinished = (manifests: readonly Manifest[]): string =>
  manifests.map(({ provenance }) => provenance.finishedAt).sort().at(-1)!;

/** What backends are called, and where they are from. */
const BACKENDS: Readonly<Record<string, Omit<Software, "version"> & { readonly url: string }>> = {
  tensorflow: {
    name: "TensorFlow",
    licence: "Apache-2.0",
    url: "https://www.tensorflow.org",
    description: "Its C library, libtensorflow, on which trainings ran",
  },
  wasm: {
    name: "TensorFlow.js",
    licence: "Apache-2.0",
    url: "https://www.tensorflow.org/js",
    description: "Its WebAssembly backend, on which trainings ran",
  },
};

/** What results were computed with besides the project's own code, each once. */
export function platformsOf(
  manifests: readonly Manifest[],
): (Software & { readonly url: string })[] {
  const found = [
    ...manifests.map(({ provenance }) => ({
      name: "Deno",
      version: provenance.deno,
      licence: "MIT",
      url: "https://deno.com",
      description: "What runs the project",
    })),
    ...manifests.flatMap(backendsOf).map(({ backend, version }) => {
      const known = BACKENDS[backend];
      if (!known) throw new Error(`Nothing is known of the backend ${backend}: see metadata.ts.`);
      return { ...known, version };
    }),
  ];
  return [...new Map(found.map((it) => [`${it.name} ${it.version}`, it])).values()];
}

/** How a stage ran, in sentences. */
function howItRan(manifest: Manifest, path: string): string {
  const { key, lacking, provenance } = manifest;
  const { revision, processor, cores, memoryGiB, platform, jobs, seconds } = provenance;
  const all = Object.values(jobs);
  const dirty = revision?.endsWith("+") ? ", with changes that were not committed" : "";
  return [
    `Key ${key}.`,
    revision === null
      ? "Run outside git."
      : `Run at revision ${revision.replace("+", "")}${dirty}.`,
    `On ${processor}, ${counted(cores, "core")}, ${count(memoryGiB)} GiB, ${platform}.`,
    `The stage took ${duration(seconds)}.`,
    ...(all.length === 0 ? [] : [
      `Its jobs, ${count(all.length)} in number, took ` +
      `${duration(all.reduce((sum, job) => sum + job.seconds, 0))} in all, some perhaps in an ` +
      `earlier run: ${madeWith(manifest).join("; ")}.`,
    ]),
    ...(lacking.length === 0 ? [] : [
      `Not at hand, so that the result says less: ${lacking.map(({ name }) => name).join(", ")}.`,
    ]),
    `Parameters, and digests of code and inputs, stand in ${path}.`,
  ].join(" ");
}

/** Media types by extension. There is none for NumPy's arrays. */
const ENCODINGS: Readonly<Record<string, string>> = {
  ".csv": "text/csv",
  ".json": "application/json",
  ".lock": "application/json",
  ".svg": "image/svg+xml",
  ".md": "text/markdown",
  ".cff": "application/yaml",
  ".ts": "text/plain",
  "": "text/plain",
};

function encodingOf(path: string): string {
  if (path.endsWith(".cdx.json")) return "application/vnd.cyclonedx+json";
  return ENCODINGS[extname(path)] ?? "application/octet-stream";
}
