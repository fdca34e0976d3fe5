/**
 * The sandbox that jobs run in where the system has one: bubblewrap (`bwrap`, Linux). Deno's permissions
 * do not bind native code; a sandbox does.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { readPlainText } from "../files/plain.ts";
import { type Command, type Places, programPath, userCaches, variable } from "../files/programs.ts";
import { writeWhole } from "../files/whole.ts";
import { type Choice, PROJECT, runtimeDirectory } from "./choice.ts";
import { runCommand } from "./command.ts";
import { reasonOf } from "./reason.ts";
import { TRIAL, tryOut } from "./trial.ts";

/** How it is remembered, in `.cache/runtime/sandbox.json`, what this machine has. */
const schema = z.strictObject({
  /** Raised when the meaning of this file changes. */
  format: z.literal(1),
  /** Path of `bwrap`; null where there is none. */
  program: z.string().nullable(),
  /** What it calls itself, such as `bubblewrap 0.8.0`. */
  version: z.string(),
  /** Why jobs run without it; null where they run in it. */
  reason: z.string().nullable(),
});

/** What this machine has of a sandbox. */
export type Sandbox = z.infer<typeof schema>;

const path = (root: string) => join(runtimeDirectory(root), "sandbox.json");

/** What is remembered of the sandbox, if that still holds; undefined otherwise. */
export async function readSandbox(root: string = PROJECT): Promise<Sandbox | undefined> {
  try {
    const found = schema.parse(JSON.parse(await readPlainText(path(root))));
    return found.program === (await programPath("bwrap") ?? null) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** What of the project may lie elsewhere behind a link. */
const LINKED = [".cache", ".cache/runtime", "node_modules"];

/** What loading a backend takes. */
interface Loading {
  /** Paths of its native files, with and without links; the addon's first. */
  readonly native: readonly string[];
  /** Where links of the project lead, and where those files lie: real paths. */
  readonly places: readonly string[];
}

/** What a process that loads a choice's library reads; WebAssembly if that is null. */
export async function loadingOf(
  { tensorflow }: Pick<Choice, "tensorflow">,
  root: string = PROJECT,
): Promise<Loading> {
  const paths = (tensorflow?.files ?? []).map(({ path }) => resolve(root, path));
  const real = await Promise.all(paths.map((path) => Deno.realPath(path)));
  const linked = await Promise.all(
    LINKED.map((name) => Deno.realPath(join(root, name)).catch(() => undefined)),
  );
  return {
    native: [...new Set([...paths, ...real])],
    places: [...linked.filter((place) => place !== undefined), ...real.map(dirname)],
  };
}

/**
 * Tries the sandbox with a process that loads a backend in it, and remembers whether that computes.
 * Where it does not, jobs run without.
 */
export async function findSandbox(
  choice: Pick<Choice, "tensorflow"> = { tensorflow: null },
  root: string = PROJECT,
): Promise<Sandbox> {
  const program = await programPath("bwrap") ?? null;
  const found = program === null
    ? { format: 1 as const, program, version: "", reason: "bwrap is not on this machine" }
    : await tried(program, await loadingOf(choice, root), root);
  await writeWhole(path(root), JSON.stringify(found, null, 2) + "\n");
  return found;
}

async function tried(program: string, { native, places }: Loading, root: string): Promise<Sandbox> {
  const sandbox = { format: 1, program, version: "", reason: null } as const;
  try {
    const version = await runCommand(program, { args: ["--version"], limit: TRIAL });
    const read = [root, PROJECT, ...places];
    await tryOut(
      native[0] ?? "wasm",
      undefined,
      (command) => confined(sandbox, command, { read, write: [] }),
    );
    return { ...sandbox, version: version.trim() };
  } catch (error) {
    return { ...sandbox, reason: reasonOf(error) };
  }
}

/** What programs are made of on Linux, whichever distribution it is. */
const SYSTEM = [
  ...["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu"],
  ...["/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/sys/devices/system"],
];

/**
 * A command as it is run in the sandbox: it sees the system's programs and libraries, Deno's cache and
 * the places given, of the rest of the disk nothing; it writes to `write` alone; it has no network and
 * sees no other process; it ends with the one that starts it. As it is where there is no sandbox.
 */
export function confined(sandbox: Sandbox, command: Command, { read, write }: Places): Command {
  const { program, reason } = sandbox;
  if (program === null || reason !== null) return command;
  const bind = (how: string) => (path: string) => [how, path, path];
  const cache = denoCache();
  return {
    program,
    args: [
      ...["--unshare-all", "--die-with-parent", "--new-session"],
      ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"],
      ...SYSTEM.flatMap(bind("--ro-bind-try")),
      ...(cache === undefined ? ["--setenv", "DENO_DIR", "/tmp/deno"] : []),
      ...[Deno.execPath(), ...(cache === undefined ? [] : [cache]), ...read]
        .flatMap(bind("--ro-bind-try")),
      ...write.flatMap(bind("--bind")),
      "--",
      command.program,
      ...command.args,
    ],
  };
}

/** Where Deno keeps what it has compiled; undefined where no variable tells, and only the system knows. */
function denoCache(): string | undefined {
  const caches = userCaches();
  return variable("DENO_DIR") ?? (caches && join(caches, "deno"));
}

/** What `status` and set-up say of it. */
export function describeSandbox(sandbox: Sandbox | undefined): string {
  if (sandbox === undefined) {
    return "Sandbox: not looked for yet; `deno task setup` looks.";
  }
  if (sandbox.reason !== null) {
    return `Sandbox: none (${sandbox.reason}); jobs are held by Deno's permissions alone.`;
  }
  return `Sandbox: ${sandbox.version}; each job runs in it.`;
}
