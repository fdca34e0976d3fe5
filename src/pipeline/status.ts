/** Which stages are up to date, and exactly why the others are not. @module */
import type { CodeDigest } from "./code.ts";
import { digestCode } from "./code.ts";
import { canonicalJson, type Json, sha256 } from "../files/digest.ts";
import { type Ingredients, keyOf, type Manifest, readManifest } from "./manifest.ts";
import type { StageDefinition } from "./stage.ts";
import { verify, type Workspace } from "./store.ts";

/** The state of one stage. */
export interface StageStatus {
  readonly stage: StageDefinition;
  /** Empty where the stage is up to date; otherwise one line a reason, for people. */
  readonly reasons: readonly string[];
  /** Its last result, if there is one that can be read. */
  readonly last?: { readonly manifest: Manifest; readonly text: string };
  /** What its result would be made from now; undefined while an input has no digest yet. */
  readonly ingredients?: Ingredients;
}

/** Whether a file that a stage lacked, by its name, is on this machine. */
export type IsThere = (file: string) => Promise<boolean>;

/** The stages that a stage reads from. */
export function needs(stage: StageDefinition): string[] {
  return [...new Set(stage.inputs.map((input) => input.slice(0, input.indexOf("/"))))];
}

/**
 * Puts stages after what they need.
 * Throws an Error for two of one name, a need that is not there, or a circle.
 */
export function inOrder(stages: readonly StageDefinition[]): StageDefinition[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  if (byName.size < stages.length) throw new Error("Two stages have the same name.");
  const ordered = new Set<StageDefinition>();
  const visit = (stage: StageDefinition, path: readonly string[]) => {
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
    ordered.add(stage);
  };
  for (const stage of stages) visit(stage, []);
  return [...ordered];
}

/** The stages named and all that they need, in order; throws an Error for a name that is none. */
export function withNeeds(
  stages: readonly StageDefinition[],
  targets: readonly string[],
): StageDefinition[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const wanted = new Set<StageDefinition>();
  const visit = (name: string) => {
    const stage = byName.get(name);
    if (!stage) {
      throw new Error(`There is no stage ${name}. There are: ${[...byName.keys()].join(", ")}.`);
    }
    needs(stage).forEach(visit);
    wanted.add(stage);
  };
  targets.forEach(visit);
  return inOrder([...wanted]);
}

/** Digests every module of every stage, jobs included, by module. */
export function digestStages(
  root: string,
  stages: readonly StageDefinition[],
): Promise<Map<string, CodeDigest>> {
  return digestCode(root, [
    ...new Set(stages.flatMap((stage) => [stage.module, ...stage.jobs])),
  ]);
}

/**
 * The state of one stage. `code` holds the digests of its modules; `earlier` the states of the
 * stages before it; a stage that reads from a stale one is stale too, since what it will read is not
 * known yet. One that lacked a file which is there now is stale, too.
 */
export async function stageStatus(
  workspace: Workspace,
  stage: StageDefinition,
  code: ReadonlyMap<string, CodeDigest>,
  earlier: ReadonlyMap<string, StageStatus>,
  isThere: IsThere,
): Promise<StageStatus> {
  const reasons: string[] = [];
  const read = await readManifest(workspace, stage.name);
  const last = "manifest" in read ? read : undefined;
  if ("problem" in read) {
    reasons.push(
      read.problem === "missing"
        ? "it has not run yet: results hold no manifest"
        : `manifest.json ${read.problem}`,
    );
  }

  const inputs: Record<string, string> = {};
  for (const name of needs(stage)) {
    if (earlier.get(name)!.reasons.length > 0) reasons.push(`waits for ${name}`);
  }
  for (const input of stage.inputs) {
    const found = inputDigest(input, earlier);
    if (found) inputs[input] = found;
    else if (earlier.get(input.slice(0, input.indexOf("/")))!.reasons.length === 0) {
      throw new Error(`Stage ${stage.name} reads ${input}, which its stage does not write.`);
    }
  }
  const complete = stage.inputs.every((input) => input in inputs);
  const modules = [stage.module, ...stage.jobs].map((module) => code.get(module)!);
  const now: Ingredients = {
    stage: stage.name,
    parameters: stage.parameters as Ingredients["parameters"],
    code: Object.assign({}, ...modules.map((module) => module.files)),
    packages: Object.assign({}, ...modules.map((module) => module.packages)),
    inputs,
  };

  if (last) {
    if (complete && keyOf(now) !== last.manifest.key || !complete) {
      reasons.push(...differences(last.manifest.ingredients, now));
    }
    for (const file of last.manifest.lacking ?? []) {
      if (await isThere(file)) reasons.push(`${file} is there now, and was not when it ran`);
    }
    for (const [name, output] of Object.entries(last.manifest.outputs)) {
      if (output.kind === "local") continue;
      const problem = await verify(workspace, stage.name, output);
      if (problem) reasons.push(`${outputPath(stage.name, output)} (${name}) is ${problem}`);
    }
  }
  return { stage, reasons, last, ingredients: complete ? now : undefined };
}

/** The states of all stages, in order. */
export async function statusOf(
  workspace: Workspace,
  stages: readonly StageDefinition[],
  isThere: IsThere,
): Promise<StageStatus[]> {
  const code = await digestStages(workspace.root, stages);
  const states = new Map<string, StageStatus>();
  for (const stage of inOrder(stages)) {
    states.set(stage.name, await stageStatus(workspace, stage, code, states, isThere));
  }
  return [...states.values()];
}

/** Digest of `<stage>/<artifact>` as it stands; undefined where that stage has no such result. */
function inputDigest(
  input: string,
  states: ReadonlyMap<string, StageStatus>,
): string | undefined {
  const slash = input.indexOf("/");
  const last = states.get(input.slice(0, slash))?.last;
  const name = input.slice(slash + 1);
  return name === "manifest.json"
    ? last && sha256(last.text)
    : last?.manifest.outputs[name]?.sha256;
}

const outputPath = (stage: string, output: { file: string; kind: string }) =>
  output.kind === "published" ? output.file : `results/${stage}/${output.file}`;

/** Says in words what differs between what a result was made from and what it would be made from. */
function differences(then: Ingredients, now: Ingredients): string[] {
  const reasons = jsonDifferences("parameter", then.parameters as Json, now.parameters as Json, "");
  const files = (made: Ingredients) => new Set(Object.values(made.code));
  const [before, after] = [files(then), files(now)];
  for (const file of union(then.code, now.code)) {
    const [old, current] = [then.code[file], now.code[file]];
    if (old === current) continue;
    // A file that moved contributes what it did; only its name is new.
    if ((current && before.has(current)) || (!current && after.has(old))) continue;
    reasons.push(
      `code ${file} ${!old ? "is newly used" : !current ? "is no longer used" : "changed"}`,
    );
  }
  for (const name of union(then.packages, now.packages)) {
    const [old, current] = [then.packages[name], now.packages[name]];
    if (old !== current) reasons.push(`package ${name}: ${old ?? "none"} -> ${current ?? "none"}`);
  }
  for (const input of union(then.inputs, now.inputs)) {
    const [old, current] = [then.inputs[input], now.inputs[input]];
    if (!current && old) continue; // Covered by "waits for".
    if (old !== current) reasons.push(`input ${input} ${old ? "changed" : "is newly read"}`);
  }
  return reasons;
}

const union = (a: object, b: object) => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();

function jsonDifferences(what: string, then: Json, now: Json, path: string): string[] {
  const isObject = (value: Json): value is { readonly [key: string]: Json } =>
    typeof value === "object" && value !== null;
  if (isObject(then) && isObject(now) && Array.isArray(then) === Array.isArray(now)) {
    return union(then, now).flatMap((key) =>
      jsonDifferences(what, then[key] ?? null, now[key] ?? null, path ? `${path}.${key}` : key)
    );
  }
  const [old, current] = [canonicalJson(then), canonicalJson(now)];
  return old === current ? [] : [`${what} ${path || "as a whole"}: ${old} -> ${current}`];
}
