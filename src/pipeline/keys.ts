/** What stages and jobs depend on, put together from parameters, inputs and the digests of code. @module */
import { z } from "zod";
import { digest, type Json } from "../files/digest.ts";
import { named, type Tree } from "./artifacts.ts";
import { type CodeDigest, digestCode, type FileDigests, modulePath } from "./code.ts";
import type { ReadyJob } from "./executor.ts";
import type { Ingredients, JobRecord, Manifest } from "./manifest.ts";
import type { Equipment, Job, Planned, Stage, StoredFile } from "./stage.ts";

/** The digests of the code of all stages and jobs. */
export interface Code {
  readonly root: string;
  readonly byModule: ReadonlyMap<string, CodeDigest>;
}

/** What neither stages nor jobs are made of, although they import it: what finds files, and what runs jobs. */
const APART = ["../files/locate.ts", "./executor.ts"]
  .map((path) => new URL(path, import.meta.url).href);

/**
 * Digests the code of stages and of their jobs; `known` as in `digestCode`.
 *
 * @throws {Error} that names a module that cannot be read
 */
export async function digestPlan(
  root: string,
  plan: readonly Planned[],
  known: ReadonlyMap<string, FileDigests>,
): Promise<Code> {
  const stages = plan.map(({ stage }) => stage);
  const jobs = stages.flatMap(({ jobs }) => Object.values(jobs));
  const variants = jobs.flatMap(({ variants }) => Object.values(variants));
  const byModule = await digestCode(root, {
    entries: new Set([
      ...stages.flatMap(({ module, loads }) => [module, ...loads]),
      ...jobs.map(({ module }) => module),
    ]),
    variants: new Set(variants.map(({ module }) => module)),
    compilers: new Set(variants.flatMap(({ compiled }) => compiled ?? [])),
    apart: new Set([...APART, ...jobs.flatMap(({ apart }) => apart)]),
  }, known);
  return { root, byModule };
}

/** What several modules come to. */
function merged({ root, byModule }: Code, modules: readonly string[]) {
  const digests = modules.map((module) => byModule.get(module)!);
  return {
    code: Object.fromEntries(
      modules.map((module, i) => [modulePath(root, module), { ...digests[i].files }]),
    ),
    packages: Object.fromEntries(digests.flatMap(({ packages }) => Object.entries(packages))),
  };
}

/** Digest of the text of every module that a stage is made of in a variant, by its path. */
export const textsOf = (stage: Stage, variant: string | undefined, { root, byModule }: Code) =>
  Object.fromEntries(
    [
      ...modulesOf(stage),
      ...variantsOf(stage, variant).flatMap(({ module, compiled }) =>
        [module, compiled ?? []].flat()
      ),
    ].map((module) => [modulePath(root, module), byModule.get(module)!.text]),
  );

/** How the jobs of a stage are computed in a variant, those that know it. */
const variantsOf = (stage: Stage, variant: string | undefined) =>
  Object.values(stage.jobs).flatMap(({ variants }) =>
    (variant === undefined ? undefined : variants[variant]) ?? []
  );

/** The modules of a stage and of its jobs, variants apart. */
const modulesOf = (stage: Stage): string[] => [
  stage.module,
  ...stage.loads,
  ...Object.values(stage.jobs).map(({ module }) => module),
];

/**
 * Anything that JSON can hold, as such.
 *
 * @throws {Error} where JSON cannot hold it, such as a function
 */
export const asJson = (value: unknown) => z.json().parse(JSON.parse(JSON.stringify(value ?? null)));

/** The form of every artifact of a tree, by the name of its file. */
const formsOf = (writes: Tree): Ingredients["forms"] =>
  Object.fromEntries(named(writes).map(([name, { form }]) => [name, asJson(form)]));

/** What a stage's result depends on, apart from how its jobs are computed. */
export function stageIngredients(
  { stage, parameters }: Planned,
  code: Code,
  inputs: { readonly [input: string]: string },
): Omit<Ingredients, "computed"> {
  return {
    stage: stage.name,
    parameters: asJson(stage.keyed(parameters)),
    forms: formsOf(stage.writes),
    ...merged(code, modulesOf(stage)),
    inputs: { ...inputs },
  };
}

/**
 * How the jobs of a stage are computed in a variant; null where it has no jobs that know variants.
 * `compiled` is the digest of what they execute.
 */
export function computedIngredients(
  stage: Stage,
  variant: string,
  code: Code,
  compiled: string | null,
): Ingredients["computed"] {
  const modules = variantsOf(stage, variant).map(({ module }) => module);
  return modules.length === 0 ? null : { variant, ...merged(code, modules), compiled };
}

/** The code that compiles for a stage's jobs. */
export function compilersOf(stage: Stage, variant: string, code: Code): Manifest["compilers"] {
  const modules = variantsOf(stage, variant).flatMap(({ compiled }) => compiled ?? []);
  return merged(code, modules).code;
}

/** The digest of what a job will execute; null where its variant does not tell. */
export async function compiledBy(
  job: Job,
  variant: string,
  parameters: unknown,
): Promise<string | null> {
  const module = job.variants[variant]?.compiled;
  if (module === undefined || !job.compiles) return null;
  const { compiled }: { compiled(what: unknown): string } = await import(module);
  return compiled(job.compiles(parameters));
}

/** The digest of what all jobs of a stage execute, whatever their order; null where none tells. */
export function compiledByAll(records: readonly Pick<JobRecord, "compiled">[]): string | null {
  const all = records.flatMap(({ compiled }) => compiled ?? []);
  return all.length === 0 ? null : digest(all.sort());
}

/** The digest of every file that a job reads, by its name. */
export const digestsOf = (files: ReadyJob["files"]): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, { sha256 }]) => [name, sha256]));

/** A job with its key, ready to run. */
export function readyJob(
  job: Job,
  { label, parameters, files, equipment, compiled, code }: {
    readonly label: string;
    readonly parameters: Json;
    readonly files: { readonly [name: string]: StoredFile };
    readonly equipment: Equipment;
    readonly compiled: string | null;
    readonly code: Code;
  },
): ReadyJob {
  const variant = job.variants[equipment.variant];
  const values = (modules: readonly string[]) => {
    const { code: files, packages } = merged(code, modules);
    const digests = Object.values(files).flatMap((of) => Object.values(of));
    return { code: digests.sort(), packages };
  };
  return {
    key: digest({
      job: job.name,
      parameters,
      ...values([job.module]),
      forms: formsOf(job.writes),
      inputs: digestsOf(files),
      // What a job is computed with that knows no variants is nobody's business.
      computed: variant ? { ...equipment, ...values([variant.module]), compiled } : null,
    }),
    label,
    job: job.name,
    declaration: modulePath(code.root, job.declaration),
    module: modulePath(code.root, job.module),
    parameters,
    equipment,
    files,
    ...(job.resumes && { resumes: true }),
  };
}
