/** Every task explains itself, in 80 columns, and `docs/commands.md` says the same. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PROJECT } from "../../src/runtime/choice.ts";
import { rooms } from "../../src/stages/rooms.ts";
import { type CommandName, commandOf, COMMANDS } from "../../tasks/commands.ts";
import { EXITS } from "../../tasks/exits.ts";
import { helpOf, moduleOf, MODULES, overview, TASKS } from "../../tasks/help.ts";
import { RIGHTS } from "../../tasks/rights.ts";
import { SIGNALS } from "../../tasks/signals.ts";
import { ended } from "../support/people.ts";

const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
const names = Object.keys(COMMANDS) as CommandName[];

Deno.test("every task has a line that says what it does, and every stage a task of its name", () => {
  for (const [name, { description }] of Object.entries(TASKS)) {
    assert(description.length > 8 && !description.endsWith("."), name);
  }
  for (const { name } of rooms) assertEquals(moduleOf(name), "run", name);
  assertEquals(Object.keys(RIGHTS).sort(), [...MODULES].sort());
});

Deno.test("the help of a task has its flags and exit codes, and fits 80 columns", () => {
  for (const name of names) {
    const help = helpOf(name, rooms.map(({ name, about }) => [name, about]));
    for (const line of help.split("\n")) assert(line.length <= 80, line);
    assertMatch(help, /^deno task /);
    for (const flag of [...Object.keys(commandOf(name).flags), "help"]) {
      assertStringIncludes(help, `\n  --${flag}`);
    }
    assertEquals(help.includes(`\n  ${EXITS.differs}  `), commandOf(name).differs !== undefined);
  }
  for (const line of overview().split("\n")) assert(line.length <= 80, line);
  for (const name of Object.keys(TASKS)) {
    if (name !== "start") assertMatch(overview(), new RegExp(`^ {2}${name} `, "m"));
  }
});

Deno.test("--help, -h and help print the same, whatever else is said", async () => {
  const said = async (...args: string[]) => {
    const { code, stdout, stderr } = await ended([
      ...[Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", "tasks/start.ts"],
      ...args,
    ], { cwd: PROJECT, env: { NO_COLOR: "1" } });
    assertEquals([args, code, stderr], [args, EXITS.done, ""]);
    return stdout;
  };
  const help = helpOf("status") + "\n";
  const [long, short, other, run, test, ...nothing] = await Promise.all([
    said("status", "--help"),
    said("status", "-h", "--chek", "cv", "--study=nowhere"),
    said("help", "status"),
    said("run", "baseline", "--help"),
    said("help", "test"),
    said(),
    said("--help"),
  ]);
  assertEquals([long, short, other], [help, help, help]);
  assertStringIncludes(run, "\n  baseline   Train and ");
  assertStringIncludes(test, TASKS.test.command);
  assertEquals(nothing, [overview() + "\n", overview() + "\n"]);
});

Deno.test("the page has what is printed, and every exit code", () => {
  assertStringIncludes(page, "```\n$ deno task help\n" + overview().trimEnd() + "\n```\n");
  const codes = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
  assertEquals(codes, [...Object.values(EXITS), ...SIGNALS.map(([, code]) => code)]);
});
