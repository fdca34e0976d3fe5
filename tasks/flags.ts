/** Reads what is said to a task, by what `commands.ts` has for it. @module */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { variable } from "../src/files/programs.ts";
import { queueAddress } from "../src/machines/queue_address.ts";
import type { Backend } from "../src/runtime/choice.ts";
import { shortly, unknownWord } from "../src/schema.ts";
import { type CommandName, commandOf, type Flags } from "./commands.ts";
import { refusalOf, Refused } from "./exits.ts";

/** What was said to a task. */
export interface Given<N extends CommandName> {
  readonly flags: Flags<N>;
  readonly words: readonly string[];
}

/** Whether the help is asked for. */
export const asksForHelp = (args: readonly string[]): boolean => {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).some((arg) => arg === "--help" || arg === "-h");
};

/**
 * The flags and words among a task's arguments.
 *
 * @throws {Refused} where there is no such flag, one is given twice, lacks its value or has one too
 * many, or where there are too many words or too few
 */
export function read<N extends CommandName>(name: N, args: readonly string[]): Given<N> {
  const { flags, words } = commandOf(name);
  const known = Object.keys(flags).map((flag) => `--${flag}`);
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(flags).map((
      [flag, { value }],
    ) => [flag, { type: value === undefined ? "boolean" : "string" }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string | true>();
  const several = new Map<string, string[]>();
  const said: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") said.push(token.value);
    if (token.kind !== "option") continue;
    const { name: flag, rawName, value, inlineValue } = token;
    if (!rawName.startsWith("--") || !Object.hasOwn(flags, flag)) {
      throw new Refused(unknownWord("flag", rawName, [...known, "--help"]));
    }
    const list = flags[flag].several ? several.get(flag) ?? [] : undefined;
    if (given.has(flag) && !list) throw new Refused(`--${flag} is given twice.`);
    const takes = flags[flag].value !== undefined;
    const lacking = value === undefined || value === "" || !inlineValue && value.startsWith("-");
    if (!takes && value !== undefined) {
      throw new Refused(`--${flag} takes no value; got ${shortly(value)}.`);
    }
    if (takes && lacking) throw new Refused(`--${flag} takes a value, as in --${flag}=...`);
    given.set(flag, value ?? true);
    if (list) several.set(flag, [...list, value!]);
  }
  const call = calls(name)[0];
  const { least, most } = words ?? { least: 0, most: 0 };
  if (said.length > most) {
    const word = shortly(said[most]);
    if (most > 0) throw new Refused(`${word} is one word too many; say \`${call}\`.`);
    throw new Refused(
      known.includes(`--${said[0]}`)
        ? `${word} stands where only flags do; did you mean --${said[0]}?`
        : `${word} stands where only flags do: ${known.join(", ")}.`,
    );
  }
  const lacks = Object.keys(flags).some((flag) => flags[flag].needed && !given.has(flag));
  if (said.length < least || lacks) throw new Refused(`Say \`${call}\`.`);
  return {
    // Each flag of the command, of the kind that its declaration has: checked above.
    flags: Object.fromEntries(
      Object.entries(flags).map(([flag, { value, several: list }]) => [
        flag,
        list
          ? several.get(flag) ?? []
          : given.get(flag) ?? (value === undefined ? false : undefined),
      ]),
    ) as Flags<N>,
    words: said,
  };
}

/** How a task is called: `deno task new FOLDER --data=PATH`. */
export function calls(name: CommandName): string[] {
  const { calls, words, flags } = commandOf(name);
  const word = words && (words.least > 0 ? words.name : `[${words.name} ...]`);
  const needed = Object.entries(flags).flatMap(([flag, { needed, value }]) =>
    needed ? [`--${flag}=${value}`] : []
  );
  const rest = Object.values(flags).some(({ needed }) => !needed) ? ["[flags]"] : [];
  return (calls ?? [[name, ...(word ? [word] : [])].join(" ")])
    .map((call) => ["deno task", call, ...needed, ...rest].join(" "));
}

/**
 * The stages that are named, each of which must be one of `known`.
 *
 * @param all whether `all` names all of them; it does not if omitted
 * @throws {Refused} for a name that is none, or that says nothing more
 */
export function stagesNamed(
  names: readonly string[],
  known: readonly string[],
  all = false,
): readonly string[] {
  const there = all ? ["all", ...known] : known;
  const other = names.find((name) => !there.includes(name));
  if (other !== undefined) throw new Refused(unknownWord("stage", other, there));
  const again = names.find((name, i) => names.indexOf(name) !== i);
  if (again !== undefined) throw new Refused(`Stage ${again} is named twice.`);
  if (!names.includes("all")) return names;
  const more = names.find((name) => name !== "all");
  if (more === undefined) return known;
  throw new Refused(`${more} is one word too many: all brings every stage up to date.`);
}

/**
 * How many jobs run at once: one a core if omitted.
 *
 * @throws {Refused} for anything but a whole number of 1 or more
 */
export const jobsFlag = (value: string | undefined): number =>
  countFlag("jobs", value, navigator.hardwareConcurrency);

/**
 * A whole number of 1 or more.
 *
 * @param omitted what it is if omitted
 * @throws {Refused} for anything else
 */
export function countFlag(flag: string, value: string | undefined, omitted: number): number {
  if (value === undefined) return omitted;
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new Refused(`--${flag} takes a whole number of 1 or more; got ${shortly(value)}.`);
}

/** The variable that a queue's address is given in: it may hold a password, which no list of processes is to show. */
export const QUEUE_VARIABLE = "ATELIER_QUEUE";

/**
 * The address of the queue: that of the environment if omitted; undefined where that has none either.
 *
 * @throws {Refused} where it is no address of a Redis
 */
export function queueFlag(value: string | undefined): string | undefined {
  const address = value ?? variable(QUEUE_VARIABLE);
  if (address === undefined) return undefined;
  try {
    queueAddress(address);
    return address;
  } catch (error) {
    throw refusalOf(error);
  }
}

/**
 * The backend to use: what set-up found if omitted.
 *
 * @throws {Refused} for a name that is none
 */
export function backendFlag(value: string | undefined): Backend | undefined {
  if (value === undefined || value === "tensorflow" || value === "wasm") return value;
  throw new Refused(`--backend takes tensorflow or wasm; got ${shortly(value)}.`);
}
