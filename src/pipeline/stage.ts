/**
 * What a stage is: a name, what it reads and writes, its parameters, the jobs it starts, and a module
 * that does the work. And what a job is: one fold, trial or training run, in a process of its own.
 *
 * Both are declared once, as data, and what does the work is typed by the declaration: `ContextOf` for
 * the `run` of a stage, `JobContextOf` for that of a job.
 *
 * @module
 */
import type { Json } from "../files/digest.ts";
import type { Locator, OutsideFile, Progress } from "../files/locate.ts";
import { type Artifact, mapTree, type Schema, type Tree } from "./artifacts.ts";
import { type Manifest, manifestArtifact } from "./manifest.ts";

export type { Progress };

/** An artifact of a stage, as others refer to it. */
export type Written<A extends Artifact = Artifact> = A & {
  readonly stage: string;
  /** Of the file, without its digest: `summary.json`. */
  readonly name: string;
  /** Whether the plan has no such stage: then there is nothing to read, as where it was left out. */
  readonly absent?: boolean;
};

/** The artifacts of a tree as others refer to them. */
export type AllWritten<W> = {
  readonly [K in keyof W]: W[K] extends Artifact ? Written<W[K]> : AllWritten<W[K]>;
};

/** A stage: data only; its module is loaded when it runs. `P` are its parameters. */
export interface Stage<P = unknown, R = Tree<Written>, W = Tree<Written>, J = Jobs> {
  /** Name of its task and of its folder in `results/`. */
  readonly name: string;
  /** What it does, in a sentence for people. */
  readonly about: string;
  /** Address of the module whose `run` does the work: `import.meta.resolve("./run.ts")`. */
  readonly module: string;
  /** Addresses of further modules that the work loads by itself; their code counts like its own. */
  readonly loads: readonly string[];
  /** Artifacts of other stages. Which stages must run first follows from this. */
  readonly reads: R;
  /** What it writes. */
  readonly writes: W;
  /** How its result came about: the manifest, as others may read it. */
  readonly manifest: Written<Artifact<Manifest>>;
  /** The jobs that it may start, by name. */
  readonly jobs: J;
  /**
   * What of the parameters the result depends on, for its key, as JSON will have it: not where files
   * lie, and not what things are called.
   */
  keyed(parameters: P): unknown;
}

/** A stage's declaration, as it is written down; see `Stage`. */
export interface StageDeclaration<P, R, W, J> {
  /** Name of its task and of its folder in `results/`. */
  readonly name: string;
  /** What it does, in a sentence for people. */
  readonly about: string;
  /** Address of the module whose `run` does the work. */
  readonly module: string;
  /** Addresses of further modules that the work loads by itself; none if omitted. */
  readonly loads?: readonly string[];
  /** Artifacts of other stages; none if omitted. */
  readonly reads?: R;
  /** What it writes. */
  readonly writes: W;
  /** The jobs that it may start; none if omitted. */
  readonly jobs?: J;
  /** What of the parameters counts for the key. */
  keyed(parameters: P): unknown;
}

/** No declarations. */
export type None = Readonly<Record<never, never>>;

/** Declares a stage. */
export function defineStage<
  P,
  const W extends Tree,
  const R extends Tree<Written> = None,
  const J extends Jobs = None,
>(declaration: StageDeclaration<P, R, W, J>): Stage<P, R, AllWritten<W>, J> {
  const { name, writes } = declaration;
  // Where one is omitted, it is of its default type.
  const { loads = [], reads = {} as R, jobs = {} as J } = declaration;
  return {
    ...declaration,
    loads,
    reads,
    jobs,
    // Key by key the same tree, which the compiler cannot follow.
    writes: mapTree(writes, (artifact, file) => ({
      ...artifact,
      stage: name,
      name: file,
    })) as AllWritten<W>,
    manifest: { ...manifestArtifact(name), stage: name, name: "manifest.json" },
  };
}

/** A stage with the parameters that it is to run with. */
export interface Planned {
  /** The stage. */
  readonly stage: Stage;
  /** Its parameters, as its `keyed` and its `run` take them. */
  readonly parameters: unknown;
}

/** A file by path and digest. */
export interface StoredFile {
  /** Where it lies. */
  readonly path: string;
  /** Of its bytes. */
  readonly sha256: string;
}

/** A file that can be read in the form it was declared in. */
export interface Reader<T> {
  /**
   * What the file holds.
   *
   * @throws {Error} where its bytes are not those that were written; it names the file
   */
  read(): Promise<T>;
  /**
   * Where it lies, to pass on to a job or to read it in parts.
   *
   * @throws {Error} where an optional one was left out
   */
  readonly file: StoredFile;
}

/** A place for a file of a declared form. */
export interface Writer<I> {
  /**
   * Returns the name of the file: `<stem>-<digest>.<ext>`.
   *
   * @throws {Error} where it is written twice
   */
  write(value: I): Promise<string>;
}

/** A place for any number of files of one form. */
export interface FamilyWriter<I> {
  /** `name` without extension. */
  write(name: string, value: I): Promise<string>;
}

/** Readers of a tree of artifacts. */
export type Readers<R> = {
  readonly [K in keyof R]: R[K] extends { readonly optional: true } & Artifact<infer T, infer _>
    ? Reader<T | undefined>
    : R[K] extends Artifact<infer T, infer _> ? Reader<T>
    : Readers<R[K]>;
};

/** Writers of a tree of artifacts. */
export type Writers<W> = {
  readonly [K in keyof W]: W[K] extends { readonly family: true } & Artifact<infer _, infer I>
    ? FamilyWriter<I>
    : W[K] extends Artifact<infer _, infer I> ? Writer<I>
    : Writers<W[K]>;
};

/** What a stage wrote the last time. */
export interface Before<W> {
  /** Its parameters of that time, as its `keyed` had them. */
  readonly parameters: Json;
  /** What it wrote, all of it whole. */
  readonly outputs: Readers<W>;
}

/** What a stage's `run` is given. */
export interface StageContext<P, R, W, J> {
  /** What the stage is to run with. */
  readonly parameters: P;
  /** What it reads, as declared. */
  readonly inputs: Readers<R>;
  /** What it writes, as declared. */
  readonly outputs: Writers<W>;
  /** Starts a job, or finds its finished result. Many may be awaited at once; the executor bounds them. */
  readonly jobs: {
    readonly [K in keyof J]: J[K] extends Job<infer P, infer R, infer W>
      ? (request: JobRequest<P, R>) => Promise<Readers<W>>
      : never;
  };
  /**
   * What the stage wrote the last time, where that still tells what became of a job: this very job was
   * asked for by the same name, and nothing but parameters has changed since. Such a job need not run,
   * also where nothing is left of what it wrote, and counts among those of the result. Undefined where
   * that is not so, or everything is to run again.
   */
  readonly before: {
    readonly [K in keyof J]: J[K] extends Job<infer P, infer R, infer _>
      ? (request: JobRequest<P, R>) => Promise<Before<W> | undefined>
      : never;
  };
  /** Finds files of other people's. */
  readonly locator: Locator;
  /**
   * A file of other people's, as a job reads it. Where it is nowhere, undefined: then the result says
   * less without it, and the stage is stale as soon as the file is there.
   */
  outside(file: OutsideFile): Promise<Reader<Uint8Array> | undefined>;
  /** The path by which a published file reaches another one of the study. */
  link(reader: Reader<unknown>): string;
  /** Told how far the stage is. */
  readonly progress: Progress;
}

/** The context of a stage: `run(context: ContextOf<typeof baseline>)`. */
export type ContextOf<S> = S extends Stage<infer P, infer R, infer W, infer J>
  ? StageContext<P, R, W, J>
  : never;

/** The jobs of a stage by name. */
export interface Jobs {
  /** A job, by its name. */
  readonly [name: string]: Job;
}

/** One of several ways in which a job may be computed. */
export interface Variant {
  /** Address of the module that computes in this way; its code counts only where it did. */
  readonly module: string;
  /**
   * Address of a module whose `compiled(what)` returns the digest of what will be executed. That digest
   * then counts in place of the code that makes it, which is in that module's own folder.
   */
  readonly compiled?: string;
}

/** Declarations by name, without groups. */
export interface Flat<A = Artifact> {
  /** A declaration, by its name. */
  readonly [name: string]: A;
}

/** A job: what it takes and gives, and where its code is. */
export interface Job<P = unknown, R = Flat, W = Flat> {
  /** Name of its declaration. */
  readonly name: string;
  /** Address of the module that declares it, which exports this value as `job`. */
  readonly declaration: string;
  /** Address of the module whose `run` does the work. */
  readonly module: string;
  /** All that the result depends on besides inputs and code; checked again where the job runs. */
  readonly parameters: Schema<P>;
  /** The files that it reads. */
  readonly reads: R;
  /** The files that it writes. */
  readonly writes: W;
  /** The ways in which it may be computed, if there are several. */
  readonly variants: { readonly [name: string]: Variant };
  /** What the `compiled` module of a variant is given: what of the parameters is compiled. */
  compiles?(parameters: P): unknown;
  /** Addresses of modules that the work needs and that do not count, such as what finds a library. */
  readonly apart: readonly string[];
  /** Whether it keeps checkpoints, from which it goes on after it was killed; false if omitted. */
  readonly resumes?: boolean;
}

/** Declares a job. */
export function defineJob<P, const R extends Flat, const W extends Flat>(
  job: Omit<Job<P, R, W>, "variants" | "apart"> & Partial<Pick<Job, "variants" | "apart">>,
): Job<P, R, W> {
  return { variants: {}, apart: [], ...job };
}

/** Names of the files that may be left out. */
export type OptionalKeys<R> = {
  [K in keyof R]: R[K] extends { readonly optional: true } ? K : never;
}[keyof R];

/** A reader of one artifact. */
export type ReaderOf<A> = A extends Artifact<infer T, infer _> ? Reader<T> : never;

/** What a stage asks of a job. */
export interface JobRequest<P = unknown, R = Flat> {
  /** Unique in its stage, by which its record is found in the manifest: `winner`. */
  readonly name: string;
  /** What it is called on the screen; its name if omitted. Never part of a key. */
  readonly label?: string;
  /** By the schema of its declaration. */
  readonly parameters: P;
  /** The files that it reads: inputs of the stage, files of other people's, or what earlier jobs wrote. */
  readonly inputs:
    & { readonly [K in Exclude<keyof R, OptionalKeys<R>>]: ReaderOf<R[K]> }
    & { readonly [K in OptionalKeys<R>]?: ReaderOf<R[K]> };
}

/** What a job keeps of its work, should it be killed. */
export interface Checkpoint {
  /** What it kept last; undefined where that is nothing, or damaged. */
  read(): Promise<Uint8Array | undefined>;
  /** Keeps what `make` returns, unless the last one is young: to be called wherever it could go on from. */
  offer(make: () => Promise<Uint8Array>): Promise<void>;
}

/** What a job's `run` is given, in a process of its own. */
export interface JobContext<P, R, W> {
  /** What the job is asked for. */
  readonly parameters: P;
  /** What it computes with, as the machine's set-up has it. */
  readonly equipment: Equipment;
  /** What it reads, as declared. */
  readonly inputs: Readers<R>;
  /** What it writes, as declared. */
  readonly outputs: Writers<W>;
  /** Records what the result was made with, as provenance. */
  record(facts: Facts): void;
  /** Told how far the job is. */
  readonly progress: Progress;
  /** Where it keeps what it would go on from; of use to those that are declared to resume. */
  readonly checkpoint: Checkpoint;
}

/** The context of a job: `run(context: JobContextOf<typeof job>)`. */
export type JobContextOf<J> = J extends Job<infer P, infer R, infer W> ? JobContext<P, R, W>
  : never;

/** Facts by name, for people and provenance. */
export interface Facts {
  /** A fact, by its name. */
  readonly [name: string]: Json;
}

/** What a machine computes jobs with. */
export interface Equipment {
  /** Which of a job's variants it uses. */
  readonly variant: string;
  /** What the variant runs on, such as a library and its version: a finished job is found only by the same. */
  readonly facts: Facts;
}
