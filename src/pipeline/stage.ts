/**
 * What a stage is: a name, what it reads, its parameters, and a module that does the work. And what
 * a job is: one fold, trial or training run, a JSON document in and files out, run in a process of
 * its own.
 *
 * @module
 */
import type { Json } from "../files/digest.ts";
import type { Content } from "../files/whole.ts";

/** A stage as the study lists it. Data only: the module is loaded when the stage runs. */
export interface StageDefinition {
  /** Name of its task, its folder in `results/`, and the first part of its artifacts' names. */
  readonly name: string;
  /** Path from the project's root of the module whose `run` does the work. */
  readonly module: string;
  /** Paths of the job modules that it may start; their code is part of its key. */
  readonly jobs: readonly string[];
  /**
   * Artifacts read, `<stage>/<artifact>`. `<stage>/manifest.json` stands for the provenance of a
   * stage. The stages that must run first follow from this.
   */
  readonly inputs: readonly string[];
  /** Everything from the study that its result depends on. */
  readonly parameters: Json;
}

/** Called as work goes on: so many of so many units done, and a few words on the state. */
export type Progress = (done: number, total: number, note?: string) => void;

/** Where machine-specific things are; never part of a key. */
export interface Surroundings {
  /** Folder for what can be had again: downloads, local artifacts, finished jobs. */
  readonly cache: string;
  /** Folder with the data set's files, where the user named one. */
  readonly dataDirectory?: string;
  /** Folder with weights trained elsewhere, where the user named one. */
  readonly weightsDirectory?: string;
}

/** What a stage's `run` is given. */
export interface StageContext<P = Json> {
  readonly parameters: P;
  /** The declared inputs, to pass on to a job. */
  readonly inputs: readonly string[];
  readonly surroundings: Surroundings;
  /** Bytes of a declared input, `<stage>/<artifact>`; throws for one that is not declared. */
  read(input: string): Promise<Uint8Array>;
  /**
   * Adds an artifact. It is named by its content, `<stem>-<digest>.<ext>`; the file's name is given
   * back. `local` ones stay out of git: large, and made again when a stage that runs needs them.
   */
  write(name: string, content: Uint8Array | string, options?: { local?: boolean }): Promise<string>;
  /** Adds a file for people at a fixed place, such as `report.md`. */
  publish(name: string, content: string): Promise<void>;
  /** Path by which a published file reaches a file of `results/`: `results/<stage>/<file>`. */
  link(input: string): string;
  /**
   * Records that a file which is no artifact is not on this machine, and that the result says less
   * without it: where it is there later, the stage is stale.
   */
  lacks(file: string): void;
  /** Runs a job, or finds its finished result. Many may be awaited at once; the pool bounds them. */
  job(job: JobRequest): Promise<JobResult>;
  readonly progress: Progress;
}

/** What a stage asks of a job. */
export interface JobRequest {
  /** Path of the job's module; one of the stage's `jobs`. */
  readonly module: string;
  /** A name for people: `lenet5`, `fold 3`, `trial 12`. Not part of the job's key. */
  readonly label: string;
  /** All that the result depends on besides inputs and code; the thread count belongs here. */
  readonly parameters: Json;
  /** Inputs of the stage that the job reads. */
  readonly inputs: readonly string[];
  /** Files that are no artifacts, such as published weights, by the name that the job reads them by. */
  readonly files?: { readonly [name: string]: StoredFile };
  /** Finished jobs whose files it reads too, as `<name>/<file>`: a trial continues from another's weights. */
  readonly after?: { readonly [name: string]: JobResult };
}

/** A finished job. */
export interface JobResult {
  /** What it wrote: where each file lies, and its digest. */
  readonly files: { readonly [name: string]: StoredFile };
  /** Bytes of a file that the job wrote. */
  read(name: string): Promise<Uint8Array>;
}

/** A file by path and digest. */
export interface StoredFile {
  readonly path: string;
  readonly sha256: string;
}

/** What a job's `run` is given, in a process of its own. */
export interface JobContext<P = Json> {
  readonly parameters: P;
  /** The user's `--backend`, if any; never part of a key. */
  readonly backend?: "tensorflow" | "wasm";
  read(input: string): Promise<Uint8Array>;
  /** The path of an input, for one that is read in parts. */
  path(input: string): string;
  write(name: string, content: Content): Promise<void>;
  /** Records what the result was made with, as provenance. */
  record(facts: { readonly [name: string]: Json }): void;
  readonly progress: Progress;
}
