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
import { fromUser, programPath, userCaches } from "../src/files/programs.ts";
import { queueAddress } from "../src/machines/address.ts";
import { unknownWord } from "../src/schema.ts";
import { type CommandName, isCommand } from "./commands.ts";
import { EXITS, Refused } from "./exits.ts";
import { asksForHelp, QUEUE_VARIABLE, queueFlag, read } from "./flags.ts";
import { moduleOf, MODULES, overview, TASKS } from "./help.ts";
import { RIGHTS, type TaskRights, VARIABLES } from "./rights.ts";
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

/** Hosts of all addresses that a study's text holds; none where there is no such file. */
async function hostsIn(study: string): Promise<string[]> {
  const text = await Deno.readTextFile(join(study, "study.ts")).catch(() => "");
  return [...text.matchAll(/https?:\/\/[^\s"'`]+/g)]
    .filter(([address]) => URL.canParse(address))
    .map(([address]) => new URL(address).host);
}

async function flagsFor(
  task: TaskRights,
  { study, queue, store }: Pick<Said, "study" | "queue" | "store">,
): Promise<string[]> {
  const { writes, runs } = task;
  const caches = userCaches();
  const within = (folders: readonly string[], names: readonly string[] = []) =>
    folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const folders = [
    ...within([study], writes.study),
    ...within([root], writes.project),
    ...within(caches === undefined ? [] : [caches], writes.cache),
    ...(store?.startsWith("file:///") ? [fileURLToPath(store)] : []),
  ];
  const programs = runs === "any" ? [] : (await Promise.all(runs.map(pathsOf))).flat();
  const hosts = [
    ...task.reaches,
    ...(task.reachesData ? await hostsIn(study) : []),
    ...(queue === undefined ? [] : [hostOf(queue)]),
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

const isListed = (variable: string) =>
  VARIABLES.some((name) =>
    name.endsWith("*") ? variable.startsWith(name.slice(0, -1)) : variable === name
  );

/** The host and the port of a queue. */
const hostOf = (queue: string): string => {
  const { host, port } = queueAddress(queue);
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
};

/** What is said to a task. */
interface Said {
  /** The study's folder, as the user sees it, who may stand in another folder than tasks run in. */
  readonly study: string;
  /** The queue's address, which goes into the environment: it may hold a password. */
  readonly queue?: string;
  readonly store?: string;
  /** The arguments, with the study's folder and without the queue's address. */
  readonly args: string[];
}

function saidTo(name: CommandName, given: readonly string[]): Said {
  if (asksForHelp(given)) return { study: root, args: ["--help"] };
  const { flags, words }: { flags: Readonly<Record<string, unknown>>; words: readonly string[] } =
    read(name, given);
  const asked = name === "new" ? words[0] : flags.study;
  const study = typeof asked === "string" ? fromUser(root, asked) : root;
  const { queue, ...shown } = flags;
  const said = flags.study === undefined ? shown : { ...shown, study };
  const args = Object.entries(said).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : typeof value === "string" ? [`--${flag}=${value}`] : []
  );
  return {
    study,
    ...("queue" in flags
      ? { queue: queueFlag(typeof queue === "string" ? queue : undefined) }
      : {}),
    ...(typeof flags.store === "string" ? { store: flags.store } : {}),
    args: [...args, ...(words.some((w) => w.startsWith("-")) ? ["--"] : []), ...words],
  };
}

/** Starts a task and waits for its end; returns what it exits with. */
async function start(name: CommandName, given: readonly string[]): Promise<number> {
  const { args, ...said } = saidTo(name, given);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", ...await flagsFor(RIGHTS[name], said)],
      join(root, "tasks", `${name}.ts`),
      ...args,
    ],
    clearEnv: true,
    env: {
      ...Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => isListed(name))),
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
