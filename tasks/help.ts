/** What tasks say of themselves, at most 80 columns wide. @module */
import config from "../deno.json" with { type: "json" };
import { commandOf, COMMANDS, isCommand } from "./commands.ts";
import type { CommandName } from "./commands.ts";
import { EXITS } from "./exits.ts";
import { calls } from "./flags.ts";
import { SIGNALS } from "./signals.ts";
import { wrapped } from "./text.ts";

/** What `deno.json` has of a task. */
interface Task {
  readonly description: string;
  readonly command: string;
}

/** Every task that there is, by its name. */
export const TASKS: Readonly<Record<string, Task>> = config.tasks;

/** What a task does, in one line. */
const aboutOf = (name: CommandName): string => commandOf(name).about ?? TASKS[name].description;

const WIDTH = 80;

/** Rows of a name and what is said of it, beneath each other; what is long goes on in the next line. */
export function listing(rows: readonly (readonly [name: string, about: string])[]): string {
  const column = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.map(([name, about]) =>
    wrapped(about, WIDTH - column).map((line, i) =>
      `  ${(i === 0 ? name : "").padEnd(column - 2)}${line}\n`
    ).join("")
  ).join("");
}

const codes = (differs: string | undefined): string =>
  listing([
    [`${EXITS.done}`, "it did what it was asked"],
    [`${EXITS.failed}`, "it could not, and says why; or Deno could not start it"],
    [`${EXITS.refused}`, "a flag, a word or the study is wrong; nothing was done"],
    ...(differs === undefined ? [] : [[`${EXITS.differs}`, differs] as const]),
    [
      SIGNALS.map(([, code]) => code).join(", "),
      `ended by ${SIGNALS.map(([name]) => name === "SIGINT" ? "Ctrl-C" : name).join(", ")}`,
    ],
  ]);

/**
 * The help of a task.
 *
 * @param more rows between what it does and its flags, such as the stages that there are
 */
export function helpOf(
  name: CommandName,
  more: readonly (readonly [name: string, about: string])[] = [],
): string {
  const { words, flags, differs } = commandOf(name);
  const rows = [
    ...(words ? [[words.name, words.about] as const] : []),
    ...Object.entries(flags).map(([flag, { value, about }]) =>
      [value === undefined ? `--${flag}` : `--${flag}=${value}`, about] as const
    ),
    ["--help", "print this and do nothing"] as const,
  ];
  return [
    calls(name).join("\n") + "\n",
    wrapped(aboutOf(name), WIDTH).join("\n") + "\n",
    ...(more.length > 0 ? [listing(more)] : []),
    listing(rows),
    `Exits with\n${codes(differs)}`,
  ].join("\n");
}

/** What there is, for somebody who knows nothing of it yet. */
export function overview(): string {
  const tasks = Object.entries(TASKS).filter(([name]) => name !== "start");
  return [
    "deno task NAME [flags]\n",
    listing(tasks.map(([name, { description }]) => [name, description])),
    "`deno task NAME --help` tells the flags of one, `deno task help NAME` as well.\n",
    `A task exits with\n${codes("what it was to check does not hold; its help says what that is")}`,
  ].join("\n");
}

/** The task's module that a name of `deno.json` starts; undefined where it starts none. */
export function moduleOf(name: string): CommandName | undefined {
  if (isCommand(name)) return name;
  const [, module] = /^deno task -q start (\w+)/.exec(TASKS[name]?.command ?? "") ?? [];
  return module !== undefined && isCommand(module) ? module : undefined;
}

/** Names of all modules of tasks. */
export const MODULES: readonly string[] = Object.keys(COMMANDS);
