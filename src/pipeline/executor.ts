/** Who runs jobs: what the pipeline asks of it. @module */
import type { Json, JsonObject } from "../files/digest.ts";
import type { Equipment, Facts, Progress, StoredFile } from "./stage.ts";

/** A job with all that it needs. Modules are paths from the project's root, with `/`. */
export interface ReadyJob {
  /** Digest of all that its result depends on. */
  readonly key: string;
  /** For people. */
  readonly label: string;
  /** Name of its declaration. */
  readonly job: string;
  /** The module that declares it. */
  readonly declaration: string;
  /** The module that does the work. */
  readonly module: string;
  /** Checked by the schema of its declaration. */
  readonly parameters: Json;
  /** What it is computed with. */
  readonly equipment: Equipment;
  /** Every file that it reads, by name. */
  readonly files: { readonly [name: string]: StoredFile };
  /** How long it took the last time, in seconds; omitted where that is not known. In no key. */
  readonly expected?: number;
  /** Whether it keeps checkpoints; false if omitted. In no key. */
  readonly resumes?: boolean;
}

/** How a job went. */
export interface Outcome {
  /** Wall-clock time that it took. */
  readonly seconds: number;
  /** What it recorded of how its result was made. */
  readonly facts: Facts;
}

/** Runs jobs, wherever. */
export interface Executor {
  /**
   * Runs a job, which writes its files to the folder `output`; that exists and is empty.
   *
   * @throws {JobFailure} where the job's module threw
   * @throws {Error} that says how it ended where it ended in any other way
   */
  run(job: ReadyJob, output: string, progress: Progress): Promise<Outcome>;
  /** Ends what runs and takes nothing more; resolves once nothing runs. */
  stop(): Promise<void>;
}

/** Thrown where a job's module threw, for a stage that can go on without the job. */
export class JobFailure extends Error {
  /** Its class. */
  override name = "JobFailure";
  /**
   * Says how it failed.
   *
   * @param kind `name` of the error that the module threw, such as `DivergenceError`
   * @param data what that error carries besides its message
   */
  constructor(message: string, readonly kind: string, readonly data: JsonObject = {}) {
    super(message);
  }
}

/** Thrown for a job that was not run because its executor has been stopped. */
export class Stopped extends Error {
  /** Its class. */
  override name = "Stopped";
}
