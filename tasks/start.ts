/**
 * Starts a task with the rights that it needs, and with the environment that tasks see:
 * `deno run start.ts <module> [arguments]`. Ends as the task does. What cannot be meant is refused
 * before; `help`, or nothing, tells what there is.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pathList } from "../src/files/flags.ts";
import { fromUser, programPath, userCaches, variable } from "../src/files/programs.ts";
import { unknownWord } from "../src/schema.ts";
import { type CommandName, isCommand } from "./commands.ts";
import { EXITS, Refused } from "./exits.ts";
import { asksForHelp, read } from "./flags.ts";
import { moduleOf, MODULES, overview, TASKS } from "./help.ts";
import { RIGHTS, STORE_VARIABLES, type TaskRights, VARIABLES } from "./rights.ts";
import { SIGNALS } from "./signals.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where each program is on this machine; none for those that are not. */
async function pathsOf(program: string): Promise<string[]> {
  if (program === "deno") return [Deno.execPath()];
  if (program === "esbuild") return await bundlers();
  const path = await programPath(program);
  // A program is asked for by name, and may be a link.
  return path === undefined ? [] : [path, await Deno.realPath(path)];
}

/** Where Deno puts the bundler's program: into a package of its own for each platform. */
async function bundlers(): Promise<string[]> {
  // The program is run by its real path, and packages may lie behind a link.
  const packages = await Deno.realPath(join(root, "node_modules", ".deno"));
  const found: string[] = [];
  for await (const { name } of Deno.readDir(packages)) {
    const [, platform] = /^@esbuild\+([^@]+)@/.exec(name) ?? [];
    if (platform === undefined) continue;
    const folder = join(packages, name, "node_modules", "@esbuild", platform);
    found.push(join(folder, "bin", "esbuild"), join(folder, "esbuild.exe"));
  }
  return found;
}

/** Hosts of all addresses that a study's text holds, and what is set beside it; none where there is no such file. */
async function hostsIn(study: string, said: readonly string[]): Promise<string[]> {
  const text = await Deno.readTextFile(join(study, "study.ts")).catch(() => "");
  return [...[text, ...said].join("\n").matchAll(/https?:\/\/[^\s"'`]+/g)]
    .filter(([address]) => URL.canParse(address))
    .map(([address]) => new URL(address).host);
}

/**
 * What the store takes that is named: a folder to write to, or a host to reach. Without one, nothing of
 * it is loaded.
 *
 * @throws {Refused} where its address is none
 */
async function sharedBy(named: string | undefined): Promise<{ folder?: string; host?: string }> {
  if (named === undefined) return {};
  const { addressOf, hostOf } = await import("../src/machines/address.ts");
  try {
    const address = addressOf(named, variable);
    return address.kind === "folder" ? { folder: address.path } : { host: hostOf(address) };
  } catch (error) {
    throw new Refused(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function flagsFor(
  task: TaskRights,
  study: string,
  said: readonly string[],
  store?: string,
): Promise<string[]> {
  const { writes, runs } = task;
  const { folder, host } = await sharedBy(store);
  const caches = userCaches();
  const within = (folders: readonly string[], names: readonly string[] = []) =>
    folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const folders = [
    ...within([study], writes.study),
    ...within([root], writes.project),
    ...within(caches === undefined ? [] : [caches], writes.cache),
    ...(folder === undefined ? [] : [folder]),
  ];
  const programs = runs === "any" ? [] : (await Promise.all(runs.map(pathsOf))).flat();
  const hosts = [
    ...task.reaches,
    ...(task.reachesData ? await hostsIn(study, said) : []),
    ...(host ? [host] : []),
  ];
  const list = (flag: string, values: readonly string[]) =>
    values.length > 0 ? [`${flag}=${pathList([...new Set(values)], root)}`] : [];
  return [
    "--allow-read",
    "--allow-env",
    "--allow-sys=cpus,systemMemoryInfo,hostname",
    ...list("--allow-write", folders),
    ...(runs === "any" ? ["--allow-run"] : list("--allow-run", programs)),
    ...list("--allow-net", hosts),
  ];
}

const isListed = (variable: string, listed: readonly string[]) =>
  listed.some((name) =>
    name.endsWith("*") ? variable.startsWith(name.slice(0, -1)) : variable === name
  );

/** The study's folder, as the user sees it, who may stand in another folder than tasks run in; and the arguments with it. */
function withStudy(
  name: CommandName,
  given: readonly string[],
): { study: string; store?: string; args: string[] } {
  if (asksForHelp(given)) return { study: root, args: ["--help"] };
  const { flags, words }: { flags: Readonly<Record<string, unknown>>; words: readonly string[] } =
    read(name, given);
  const asked = name === "new" ? words[0] : flags.study;
  const study = typeof asked === "string" ? fromUser(root, asked) : root;
  const store = RIGHTS[name].shares && (flags.store ?? variable("ATELIER_STORE"));
  const said = flags.study === undefined ? flags : { ...flags, study };
  const args = Object.entries(said).flatMap(([flag, value]) =>
    value === true
      ? [`--${flag}`]
      : [value].flat().flatMap((it) => typeof it === "string" ? [`--${flag}=${it}`] : [])
  );
  return {
    study,
    ...(typeof store === "string" ? { store } : {}),
    args: [...args, ...(words.some((w) => w.startsWith("-")) ? ["--"] : []), ...words],
  };
}

/** Starts a task and waits for its end; returns what it exits with. */
async function start(name: CommandName, given: readonly string[]): Promise<number> {
  const { study, store, args } = withStudy(name, given);
  const variables = store === undefined ? VARIABLES : [...VARIABLES, ...STORE_VARIABLES];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", ...await flagsFor(RIGHTS[name], study, args, store)],
      join(root, "tasks", `${name}.ts`),
      ...args,
    ],
    clearEnv: true,
    env: Object.fromEntries(
      Object.entries(Deno.env.toObject()).filter(([name]) => isListed(name, variables)),
    ),
    stdin: RIGHTS[name].listens ? "inherit" : "null",
  }).spawn();
  for (const [signal] of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch {
        // It has ended.
      }
    });
  }
  return (await child.status).code;
}

/** `deno task help [NAME]`. */
async function help(names: readonly string[]): Promise<number> {
  const [name, more] = names.filter((name) => !asksForHelp([name]));
  if (more !== undefined) throw new Refused(`${more} is one word too many: deno task help NAME.`);
  const module = name === undefined ? undefined : moduleOf(name);
  if (module !== undefined) return await start(module, ["--help"]);
  if (name !== undefined && !Object.hasOwn(TASKS, name)) {
    throw new Refused(unknownWord("task", name, Object.keys(TASKS)));
  }
  console.log(
    name === undefined
      ? overview()
      : `deno task ${name}\n\n${TASKS[name].description}\n\nRuns\n  ${TASKS[name].command}\n`,
  );
  return EXITS.done;
}

const [name = "help", ...given] = Deno.args;
try {
  if (name === "help" || asksForHelp([name])) Deno.exit(await help(given));
  if (!isCommand(name)) throw new Refused(unknownWord("task", name, ["help", ...MODULES]));
  Deno.exit(await start(name, given));
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(EXITS.refused);
}
