/** Signals that ask a process to end. @module */

/** With what it then exits with: 128 and the signal's number. */
export const SIGNALS: readonly (readonly [Deno.Signal, number])[] = Deno.build.os === "windows"
  ? [["SIGINT", 130]]
  : [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]];
