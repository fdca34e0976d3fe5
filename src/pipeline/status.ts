/** Which stages are up to date, and exactly why the others are not. @module */
import { digest, sha256 } from "../files/digest.ts";
import { type Locator, locator as locatorOf } from "../files/locate.ts";
import { named } from "./artifacts.ts";
import type { FileDigests } from "./code.ts";
import { changeText, codeChanges, ingredientChanges } from "./differences.ts";
import {
  type Code,
  compiledBy,
  compiledByAll,
  compilersOf,
  computedIngredients,
  digestPlan,
  stageIngredients,
} from "./keys.ts";
import {
  type Ingredients,
  type JobRecord,
  keyOf,
  type Manifest,
  parseJobRecords,
  readManifest,
  type Stored,
} from "./manifest.ts";
import type { Planned, Stage, Written } from "./stage.ts";
import { leftovers, load, storedName, verify } from "./store.ts";
import type { Workspace } from "./workspace.ts";

/** The state of one stage. */
export interface StageStatus {
  /** The stage, with the parameters that it would run with. */
  readonly planned: Planned;
  /** Empty where the stage is up to date; otherwise one line a reason, for people. */
  readonly reasons: readonly string[];
  /** Its last result, if there is one that can be read. */
  readonly last?: { readonly manifest: Manifest; readonly text: string };
  /**
   * Whether nothing but artifacts is missing or damaged: made again, they must come out as they were
   * recorded.
   */
  readonly lost: boolean;
  /** Paths of what earlier results have left behind. */
  readonly leftovers: readonly string[];
  /** What its result would be made from now, jobs apart; undefined while an input has no digest yet. */
  readonly ingredients?: Omit<Ingredients, "computed">;
}

/** What every stage with jobs keeps beside its artifacts; see `parseJobRecords`. */
export const JOBS_FILE = "jobs.json";

/** Every artifact that a stage reads, of stages that there are. */
export const readsOf = (stage: Stage): Written[] =>
  named(stage.reads).map(([, artifact]) => artifact).filter(({ absent }) => !absent);

/** How an artifact is called in keys and messages. */
export const inputName = ({ stage, name }: Written): string => `${stage}/${name}`;

/** The stages that a stage reads from. */
export function needs(stage: Stage): string[] {
  return [...new Set(readsOf(stage).map(({ stage }) => stage))];
}

/**
 * Puts stages after what they need.
 *
 * @throws {Error} for two of one name, a need that is not there, or a circle
 */
export function inOrder(plan: readonly Planned[]): Planned[] {
  const byName = new Map(plan.map((planned) => [planned.stage.name, planned]));
  if (byName.size < plan.length) throw new Error("Two stages have the same name.");
  const ordered = new Set<Planned>();
  const visit = (planned: Planned, path: readonly string[]) => {
    const { stage } = planned;
    if (path.includes(stage.name)) {
      throw new Error(`Stages need each other in a circle: ${[...path, stage.name].join(" -> ")}.`);
    }
    for (const name of needs(stage)) {
      const needed = byName.get(name);
      if (!needed) {
        throw new Error(`Stage ${stage.name} reads from ${name}, which is not a stage.`);
      }
      visit(needed, [...path, stage.name]);
    }
    ordered.add(planned);
  };
  for (const planned of plan) visit(planned, []);
  return [...ordered];
}

/**
 * The stages named and all that they need, in order.
 *
 * @throws {Error} for a name that is none
 */
export function withNeeds(plan: readonly Planned[], targets: readonly string[]): Planned[] {
  const byName = new Map(plan.map((planned) => [planned.stage.name, planned]));
  const wanted = new Set<Planned>();
  const visit = (name: string) => {
    const planned = byName.get(name);
    if (!planned) {
      throw new Error(`There is no stage ${name}. There are: ${[...byName.keys()].join(", ")}.`);
    }
    needs(planned.stage).forEach(visit);
    wanted.add(planned);
  };
  targets.forEach(visit);
  return inOrder([...wanted]);
}

/**
 * The state of one stage. `earlier` holds the states of the stages before it; a stage that reads from
 * a stale one is stale too, since what it will read is not known yet. One that lacked a file which is
 * there now is stale, too.
 */
export async function stageStatus(
  workspace: Workspace,
  planned: Planned,
  code: Code,
  earlier: ReadonlyMap<string, StageStatus>,
  locator: Locator,
): Promise<StageStatus> {
  const { stage } = planned;
  const reasons: string[] = [];
  const read = await readManifest(workspace, stage.name);
  const last = "manifest" in read ? read : undefined;
  if ("problem" in read) {
    reasons.push(
      read.problem === "is missing"
        ? "it has not run yet: results hold no manifest"
        : `manifest.json ${read.problem}`,
    );
  }

  const inputs: Record<string, string> = {};
  let [complete, lost] = [true, false];
  for (const name of needs(stage)) {
    if (earlier.get(name)!.reasons.length > 0) reasons.push(`waits for ${name}`);
  }
  for (const input of readsOf(stage)) {
    const { last, reasons } = earlier.get(input.stage)!;
    const digest = input.name === "manifest.json"
      ? last && sha256(last.text)
      : last?.manifest.outputs[input.name]?.sha256;
    if (digest !== undefined) inputs[inputName(input)] = digest;
    else if (!last || (reasons.length > 0)) complete = false;
    else if (!input.optional) {
      throw new Error(`Stage ${stage.name} reads ${inputName(input)}, which was not written.`);
    }
  }
  const now = stageIngredients(planned, code, inputs);

  if (last) {
    const { manifest } = last;
    reasons.push(...differences(manifest.ingredients, now, complete));
    reasons.push(...undeclared(stage, manifest));
    reasons.push(...await computedDifferences(workspace, stage, manifest, code));
    for (const file of manifest.lacking) {
      try {
        if (!await locator.isThere(file)) continue;
        reasons.push(`${file.name} is there now, and was not when it ran`);
      } catch (error) {
        reasons.push(`${file.name} cannot be looked for: ${messageOf(error)}`);
      }
    }
    const { computed: then } = manifest.ingredients;
    const computed = then && computedIngredients(stage, then.variant, code, then.compiled);
    // Nothing above may miss what a key would show.
    if (reasons.length === 0 && keyOf({ ...now, computed }) !== manifest.key) {
      reasons.push("its key is not that of its parameters, code and inputs of now");
    }
    lost = reasons.length === 0;
    for (const [name, output] of Object.entries(manifest.outputs)) {
      if (output.kind === "local") continue;
      const problem = await verify(workspace, stage.name, output);
      if (problem) reasons.push(`${outputPath(stage.name, output)} (${name}) is ${problem}`);
    }
    lost &&= reasons.length > 0;
  }
  return {
    planned,
    reasons,
    last,
    lost,
    leftovers: last
      ? await leftovers(workspace, stage.name, Object.values(last.manifest.outputs))
      : [],
    ingredients: complete ? now : undefined,
  };
}

/** What texts of code come to, by their digests: as in `digestCode`. */
export type Known = ReadonlyMap<string, FileDigests>;

/** What texts of code come to, as the manifests of a plan have it. */
export async function knownTexts(
  workspace: Workspace,
  plan: readonly Planned[],
): Promise<Known> {
  const known = new Map<string, FileDigests>();
  for (const { stage } of plan) {
    const read = await readManifest(workspace, stage.name);
    if (!("manifest" in read)) continue;
    const { ingredients: { code, computed }, compilers, texts } = read.manifest;
    const modules = { ...code, ...computed?.code, ...compilers };
    for (const [module, text] of Object.entries(texts)) {
      if (module in modules) known.set(text, modules[module]);
    }
  }
  return known;
}

/**
 * The states of all stages, in order. Nothing runs.
 *
 * @param locator finds files of other people's; none if omitted
 * @param known what texts of code come to; taken from the manifests if omitted
 */
export async function statusOf(
  workspace: Workspace,
  plan: readonly Planned[],
  locator: Locator = locatorOf({}),
  known?: Known,
): Promise<StageStatus[]> {
  const code = await digestPlan(workspace.root, plan, known ?? await knownTexts(workspace, plan));
  return await statesBy(code, workspace, plan, locator);
}

/** As `statusOf`, by what the code of all stages comes to. */
export async function statesBy(
  code: Code,
  workspace: Workspace,
  plan: readonly Planned[],
  locator: Locator,
): Promise<StageStatus[]> {
  const states = new Map<string, StageStatus>();
  for (const planned of inOrder(plan)) {
    const { name } = planned.stage;
    states.set(name, await stageStatus(workspace, planned, code, states, locator));
  }
  return [...states.values()];
}

/** The path of an artifact from the folder of the study, for people. */
export const outputPath = (stage: string, output: Stored) =>
  output.kind === "published" ? output.file : `results/${stage}/${output.file}`;

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/** Says in words where the artifacts that a manifest lists are not those that its stage declares. */
export function undeclared(stage: Stage, { ingredients, outputs }: Manifest): string[] {
  const reasons: string[] = [];
  const declared = new Map(named(stage.writes));
  const families = [...declared.values()].filter((artifact) => "family" in artifact);
  for (const [name, { file, sha256, kind }] of Object.entries(outputs)) {
    const artifact = declared.get(name) ??
      families.find(({ extension }) => name.endsWith(extension));
    const expected = name === JOBS_FILE ? "committed" : artifact?.kind;
    if (expected === undefined) {
      reasons.push(`manifest.json lists ${name}, which is not declared`);
    } else if (kind !== expected || file !== storedName(name, sha256, kind)) {
      reasons.push(`manifest.json has ${name} in a place that is not its own: ${kind}, ${file}`);
    }
  }
  const required = [...declared].filter(([, artifact]) =>
    !artifact.optional && !("family" in artifact)
  ).map(([name]) => name);
  for (const name of ingredients.computed ? [...required, JOBS_FILE] : required) {
    if (!Object.hasOwn(outputs, name)) reasons.push(`manifest.json does not list ${name}`);
  }
  return reasons;
}

/** Says in words what differs between how the jobs of a result were computed and how they would be now. */
async function computedDifferences(
  workspace: Workspace,
  stage: Stage,
  { ingredients: { computed: then }, compilers, outputs }: Manifest,
  code: Code,
): Promise<string[]> {
  const reasons: string[] = [];
  const now = then && computedIngredients(stage, then.variant, code, then.compiled);
  if (then && now) reasons.push(...codeChanges(then, now).map(changeText));
  else if (then) reasons.push(`its jobs were computed by ${then.variant}, which is no more`);
  const stored = outputs[JOBS_FILE];
  // Said with the other artifacts.
  if (!stored || await verify(workspace, stage.name, stored)) return reasons;
  let records: JobRecord[];
  try {
    records = await recordsOf(workspace, stage, outputs);
  } catch (error) {
    return [...reasons, `jobs.json cannot be used: ${messageOf(error)}`];
  }
  if (compiledByAll(records) !== (then?.compiled ?? null)) {
    return [...reasons, "manifest.json and jobs.json differ in what its jobs executed"];
  }
  if (!then || !now || then.compiled === null) return reasons;
  if (digest(compilers) === digest(compilersOf(stage, then.variant, code))) return reasons;
  // What compiles is not the same; what it makes may well be.
  const { differing, compiled } = await recompiled(workspace, stage, then.variant, outputs);
  if (compiled !== then.compiled) {
    const [first, ...more] = differing;
    reasons.push(
      `what its jobs execute changed: ${first}` +
        (more.length > 0 ? ` and ${more.length} more` : ""),
    );
  }
  return reasons;
}

/**
 * What every job of a result was asked for, which has jobs.
 *
 * @throws {Error} where `jobs.json` cannot be used
 */
async function recordsOf(
  workspace: Workspace,
  stage: Stage,
  outputs: Manifest["outputs"],
): Promise<JobRecord[]> {
  const bytes = await load(workspace, stage.name, outputs[JOBS_FILE]);
  return parseJobRecords(new TextDecoder().decode(bytes));
}

/**
 * Compiles what every job of a result executed again: the names of jobs for which something else comes
 * out, and what all come to.
 *
 * @throws {Error} where `jobs.json` cannot be used
 */
export async function recompiled(
  workspace: Workspace,
  stage: Stage,
  variant: string,
  outputs: Manifest["outputs"],
): Promise<{ readonly differing: readonly string[]; readonly compiled: string | null }> {
  const differing: string[] = [];
  const records = [];
  for (const record of await recordsOf(workspace, stage, outputs)) {
    const job = Object.values(stage.jobs).find(({ name }) => name === record.job);
    const parameters = job?.parameters.safeParse(record.parameters);
    const compiled = job && parameters?.success
      ? await compiledBy(job, variant, parameters.data)
      : null;
    if (compiled !== record.compiled) differing.push(record.name);
    records.push({ compiled });
  }
  return { differing, compiled: compiledByAll(records) };
}

/**
 * Says in words what differs between what a result was made from and what it would be made from;
 * `complete` says whether all inputs of now are known.
 */
const differences = (
  then: Ingredients,
  now: Omit<Ingredients, "computed">,
  complete: boolean,
): string[] =>
  ingredientChanges(then, now)
    // An input that is not known yet is covered by "waits for".
    .filter(({ of, to }) => of !== "input" || to !== undefined || complete)
    .map(changeText);
