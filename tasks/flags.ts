/** What the tasks that run jobs have in common: flags, and how they end. @module */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { messageOf } from "../src/files/explain.ts";
import type { Backend } from "../src/runtime/choice.ts";
import { shortly, unknownWord } from "../src/schema.ts";
import { SIGNALS } from "./signals.ts";

/**
 * The flags and names among a task's arguments.
 *
 * @param named whether names of stages may stand among them
 * @throws {Error} where there is no such flag, it lacks its value or has one too many, or a name stands
 * where none may
 */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: O,
  named: boolean,
) {
  const rules = { args: [...args], options, allowPositionals: true, tokens: true } as const;
  const known = Object.keys(options).map((name) => `--${name}`);
  for (const token of parseArgs({ ...rules, strict: false }).tokens) {
    if (token.kind === "positional" && !named) {
      throw new Error(`${shortly(token.value)} stands where only flags do: ${known.join(", ")}.`);
    }
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    const lacking = value === undefined || value === "" || !inlineValue && value.startsWith("-");
    if (!Object.hasOwn(options, name)) throw new Error(unknownWord("flag", rawName, known));
    if (options[name].type === "boolean" && value !== undefined) {
      throw new Error(`--${name} takes no value; got ${shortly(value)}.`);
    }
    if (options[name].type === "string" && lacking) {
      throw new Error(`--${name} takes a value, as in --${name}=...`);
    }
  }
  return parseArgs({ ...rules, strict: true });
}

/**
 * The stages that are named, each of which must be one of `known`.
 *
 * @throws {Error} for a name that is none
 */
export function stagesNamed(names: readonly string[], known: readonly string[]): readonly string[] {
  const other = names.find((name) => !known.includes(name));
  if (other !== undefined) throw new Error(unknownWord("stage", other, known));
  return names;
}

/**
 * How many jobs run at once: one a core if omitted.
 *
 * @throws {Error} for anything but a whole number of 1 or more
 */
export function jobsFlag(value: string | undefined): number {
  if (value === undefined) return navigator.hardwareConcurrency;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new Error(`--jobs takes a whole number of 1 or more; got ${shortly(value)}.`);
}

/**
 * The backend to use: what set-up found if omitted.
 *
 * @throws {Error} for a name that is none
 */
export function backendFlag(value: string | undefined): Backend | undefined {
  if (value === undefined || value === "tensorflow" || value === "wasm") return value;
  throw new Error(`--backend takes tensorflow or wasm; got ${shortly(value)}.`);
}

/**
 * Runs a task and ends the process with what it returns, or with 1 and the error's message. A signal
 * aborts `signal`; the process then ends as one does that the signal ended.
 */
export async function runTask(task: (signal: AbortSignal) => Promise<number>): Promise<never> {
  const controller = new AbortController();
  let interrupted = 0;
  for (const [signal, code] of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      interrupted = code;
      controller.abort(new Error(`ended by ${signal}`));
    });
  }
  // Started by a process that waits for it; where that one is killed, nobody wants the rest.
  const parent = Deno.ppid;
  setInterval(() => {
    if (Deno.ppid !== parent) controller.abort(new Error("the process that started it is gone"));
  }, 500);
  try {
    // Native libraries and the bundler's process would keep this one alive.
    Deno.exit(await task(controller.signal));
  } catch (error) {
    if (interrupted > 0) Deno.exit(interrupted);
    console.error(`error: ${messageOf(error)}`);
    Deno.exit(1);
  }
}
