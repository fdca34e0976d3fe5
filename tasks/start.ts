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
import { queueAddress } from "../src/machines/queue_address.ts";
import { unknownWord } from "../src/schema.ts";
import { type CommandName, isCommand } from "./commands.ts";
import { EXITS, refusalOf, Refused } from "./exits.ts";
import { asksForHelp, QUEUE_VARIABLE, queueFlag, read } from "./flags.ts";
import { moduleOf, MODULES, overview, TASKS } from "./help.ts";
import { launchFlag } from "./launch.ts";
import { LAUNCH_VARIABLES, RIGHTS, STORE_VARIABLES, type TaskRights, VARIABLES } from "./rights.ts";
import { SIGNALS } from "./signals.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Where each program is on this machine; none for those that are not. */
async function pathsOf(program: string): Promise<string[]> {
  if (program === "deno") return [Deno.execPath()];
  if (program === "esbuild") return await bundlers();
  const path = await programPath(program);
  return path === undefined ? [] : await withReal(path);
}

/** The path that a program is asked for by, which may be a link, and where it is. */
const withReal = async (path: string): Promise<string[]> => [path, await Deno.realPath(path)];

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
    throw refusalOf(error);
  }
}

/** What is said to a task, as far as its rights depend on it. */
interface Said {
  /** The study's folder, as the user sees it, who may stand in another folder than tasks run in. */
  readonly study: string;
  /** The address of a store. */
  readonly store?: string;
  /** The queue's address, which goes into the environment: it may hold a password. */
  readonly queue?: string;
  /** What is to start jobs. */
  readonly launch?: string;
  /** All that is said, with the study's folder and without the queue's address. */
  readonly args: readonly string[];
}

/** @param launcher path of a program that the user names */
async function flagsFor(
  task: TaskRights,
  { study, store, queue, args }: Said,
  launcher: string | undefined,
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
  if (launcher !== undefined) programs.push(...await withReal(launcher));
  const hosts = [
    ...task.reaches,
    ...(task.reachesData ? await hostsIn(study, args) : []),
    ...(host ? [host] : []),
    ...(queue === undefined ? [] : [queueHost(queue)]),
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

/** Those variables of the environment that are listed. */
const environmentFor = (listed: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([variable]) =>
      listed.some((name) =>
        name.endsWith("*") ? variable.startsWith(name.slice(0, -1)) : variable === name
      )
    ),
  );

/** The host and the port of a queue. */
const queueHost = (queue: string): string => {
  const { host, port } = queueAddress(queue);
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
};

function saidTo(name: CommandName, given: readonly string[]): Said {
  if (asksForHelp(given)) return { study: root, args: ["--help"] };
  const { flags, words }: { flags: Readonly<Record<string, unknown>>; words: readonly string[] } =
    read(name, given);
  const asked = name === "new" ? words[0] : flags.study;
  const study = typeof asked === "string" ? fromUser(root, asked) : root;
  const store = RIGHTS[name].shares && (flags.store ?? variable("ATELIER_STORE"));
  const { queue, ...shown } = flags;
  const said = flags.study === undefined ? shown : { ...shown, study };
  const args = Object.entries(said).flatMap(([flag, value]) =>
    value === true
      ? [`--${flag}`]
      : [value].flat().flatMap((it) => typeof it === "string" ? [`--${flag}=${it}`] : [])
  );
  return {
    study,
    ...(typeof store === "string" ? { store } : {}),
    ...(typeof flags.launch === "string" ? { launch: flags.launch } : {}),
    ...("queue" in flags
      ? { queue: queueFlag(typeof queue === "string" ? queue : undefined) }
      : {}),
    args: [...args, ...(words.some((w) => w.startsWith("-")) ? ["--"] : []), ...words],
  };
}

/** Starts a task and waits for its end; returns what it exits with. */
async function start(name: CommandName, given: readonly string[]): Promise<number> {
  const said = saidTo(name, given);
  const [launcher] = await launchFlag(said.launch) ?? [];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", ...await flagsFor(RIGHTS[name], said, launcher)],
      join(root, "tasks", `${name}.ts`),
      ...said.args,
    ],
    clearEnv: true,
    env: {
      ...environmentFor([
        ...VARIABLES,
        ...(said.store === undefined ? [] : STORE_VARIABLES),
        ...(launcher === undefined ? [] : LAUNCH_VARIABLES),
      ]),
      ...(said.queue === undefined ? {} : { [QUEUE_VARIABLE]: said.queue }),
    },
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
