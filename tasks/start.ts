/**
 * Starts a task with the rights that it needs, and with the environment that tasks see:
 * `deno run start.ts <module> [arguments]`. Ends as the task does.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pathList } from "../src/files/flags.ts";
import { fromUser, programPath, userCaches } from "../src/files/programs.ts";
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

async function flagsFor(task: TaskRights, study: string): Promise<string[]> {
  const { writes, runs } = task;
  const caches = userCaches();
  const within = (folders: readonly string[], names: readonly string[] = []) =>
    folders.flatMap((folder) => names.map((name) => join(folder, name)));
  const folders = [
    ...within([study], writes.study),
    ...within([root], writes.project),
    ...within(caches === undefined ? [] : [caches], writes.cache),
  ];
  const programs = runs === "any" ? [] : (await Promise.all(runs.map(pathsOf))).flat();
  const hosts = [...task.reaches, ...(task.reachesData ? await hostsIn(study) : [])];
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

const [name, ...given] = Deno.args;
const STUDY = "--study=";
/** The study's folder: as the user sees it, who may stand in another folder than tasks run in. */
const asked = name === "new"
  ? given.find((arg) => !arg.startsWith("-"))
  : given.find((arg) => arg.startsWith(STUDY))?.slice(STUDY.length);
const study = asked ? fromUser(root, asked) : root;
const args = given.map((arg) => arg.startsWith(STUDY) ? STUDY + study : arg);
const child = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--quiet", "--no-prompt", ...await flagsFor(RIGHTS[name], study)],
    join(root, "tasks", `${name}.ts`),
    ...args,
  ],
  clearEnv: true,
  env: Object.fromEntries(Object.entries(Deno.env.toObject()).filter(([name]) => isListed(name))),
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
Deno.exit((await child.status).code);
