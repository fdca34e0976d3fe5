/**
 * Stages that run only when something they depend on has changed: their parameters, what they read,
 * their code. Each result is a file with its digest; each job of a stage runs in a process of its own
 * and, once finished, is found again.
 *
 * @example What a stage is
 * ```ts
 * import { defineStage, statusOf, text } from "@atelier/atelier/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const greeting = defineStage({
 *   name: "greeting",
 *   about: "Greets somebody",
 *   // The module whose `run({ parameters, outputs })` writes what is declared below.
 *   module: import.meta.url,
 *   writes: { page: text(".md") },
 *   keyed: (parameters: { name: string }) => parameters,
 * });
 * assertEquals(greeting.writes.page.name, "page.md");
 * ```
 *
 * @module
 */
export { type Command, type Places } from "../files/programs.ts";
export type { Json, JsonObject } from "../files/digest.ts";
export {
  type FileStore,
  type Folder,
  type Locator,
  locator,
  type OutsideFile,
  type Place,
  UnavailableError,
} from "../files/locate.ts";
export type { Arrays, TypedArray } from "../files/npy.ts";
export type { Content } from "../files/whole.ts";
export type { NdArray, NumberArray, NumberType } from "../ndarray.ts";
export {
  array,
  type Artifact,
  bytes,
  type Family,
  family,
  type Faults,
  json,
  type Kind,
  type Local,
  local,
  matrix,
  type Optional,
  optional,
  type Parts,
  published,
  type Schema,
  text,
  type Tree,
} from "../pipeline/artifacts.ts";
export type { RunEvent } from "../pipeline/events.ts";
export {
  type Executor,
  JobFailure,
  type Outcome,
  type ReadyJob,
  Stopped,
} from "../pipeline/executor.ts";
export type { FileDigests } from "../pipeline/code.ts";
export type { Holder, Waiting } from "../pipeline/lock.ts";
export type {
  CodeIngredients,
  Computed,
  Ingredients,
  JobProvenance,
  Manifest,
  Provenance,
  Stored,
} from "../pipeline/manifest.ts";
export { bounded } from "../pipeline/pool.ts";
export { processes, type ProcessOptions, type Rights } from "../pipeline/processes.ts";
export { artifactsIn } from "../pipeline/results.ts";
export { run, type RunOptions } from "../pipeline/run.ts";
export type { SharedStore } from "../pipeline/shared.ts";
export {
  type AllWritten,
  type Before,
  type Checkpoint,
  type ContextOf,
  defineJob,
  defineStage,
  type Equipment,
  type Facts,
  type FamilyWriter,
  type Flat,
  type Job,
  type JobContext,
  type JobContextOf,
  type JobRequest,
  type Jobs,
  type None,
  type OptionalKeys,
  type Planned,
  type Progress,
  type Reader,
  type ReaderOf,
  type Readers,
  type Stage,
  type StageContext,
  type StageDeclaration,
  type StoredFile,
  type Variant,
  type Writer,
  type Writers,
  type Written,
} from "../pipeline/stage.ts";
export { type Known, type StageStatus, statusOf } from "../pipeline/status.ts";
export type { Workspace } from "../pipeline/workspace.ts";
