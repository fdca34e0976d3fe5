/** What a run tells while it goes on. @module */
import type { Waiting } from "./lock.ts";

/** What happens while stages run, for a display. */
export type RunEvent =
  /** It is found out what the code comes to, before anything else. */
  | { readonly type: "looking" }
  /** Another run has the folder, or what it left. */
  | { readonly type: "waiting" } & Waiting
  | { readonly type: "current"; readonly stage: string }
  | {
    readonly type: "started";
    readonly stage: string;
    readonly reasons: readonly string[];
    /** How many jobs its last result took; 0 where it has none. */
    readonly jobs: number;
  }
  /** A job is asked for; it is found among those that finished earlier, or waits for its turn; then it is made, or fails. */
  | {
    readonly type: "job";
    readonly stage: string;
    /** The job, for people. */
    readonly label: string;
    readonly state: "asked" | "found" | "made" | "failed";
  }
  | {
    readonly type: "progress";
    readonly stage: string;
    /** The job, or the stage itself. */
    readonly label: string;
    readonly done: number;
    readonly total: number;
    readonly note?: string;
  }
  /** Something about the workers of a queue, in a sentence. */
  | {
    readonly type: "queue";
    /** Nobody works; somebody does; the queue is out of reach; it is there again; a worker has other code; a job that ended badly is tried again. */
    readonly state: "nobody" | "somebody" | "lost" | "back" | "refused" | "again";
    readonly message: string;
  }
  | { readonly type: "finished"; readonly stage: string; readonly seconds: number }
  | { readonly type: "failed"; readonly stage: string; readonly message: string };
