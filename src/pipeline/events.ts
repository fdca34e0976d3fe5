/** What a run tells while it goes on. @module */
import type { Waiting } from "./lock.ts";

/** What happens while stages run, for a display. */
export type RunEvent =
  /** Another run has the folder, or what it left. */
  | { readonly type: "waiting" } & Waiting
  | { readonly type: "current"; readonly stage: string }
  | { readonly type: "started"; readonly stage: string; readonly reasons: readonly string[] }
  | {
    readonly type: "progress";
    readonly stage: string;
    /** The job, or the stage itself. */
    readonly label: string;
    readonly done: number;
    readonly total: number;
    readonly note?: string;
  }
  | { readonly type: "finished"; readonly stage: string; readonly seconds: number }
  | { readonly type: "failed"; readonly stage: string; readonly message: string };
