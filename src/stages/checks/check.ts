/** What a check of results is, and how it says what does not follow from what. @module */
import { isDeepStrictEqual } from "node:util";

/** A property of results. */
export interface Check {
  /** What holds, in words for people. */
  readonly name: string;
  /** The stage whose results it is about. */
  readonly stage: string;
  /**
   * Returns what there is to say although it holds, if anything.
   *
   * @throws {Error} that says what does not follow from what
   * @throws {NotChecked} where it cannot be checked here, and why
   */
  run(): Promise<string | void>;
}

/** Something could not be checked. */
export class NotChecked extends Error {
  override name = "NotChecked";
}

/** Fails with `message` where something does not hold. */
export function hold(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** Fails unless what is recorded is what follows from other records; `what` says so. */
export function agree(recorded: unknown, follows: unknown, what: string): void {
  if (isDeepStrictEqual(recorded, follows)) return;
  if (Array.isArray(recorded) && Array.isArray(follows) && recorded.length === follows.length) {
    const i = recorded.findIndex((value, i) => !isDeepStrictEqual(value, follows[i]));
    throw new Error(`${what}: entry ${i + 1} is ${short(recorded[i])}, not ${short(follows[i])}`);
  }
  throw new Error(`${what}: it is ${short(recorded)}, not ${short(follows)}`);
}

/** A value as JSON, or the beginning of it. */
function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}
