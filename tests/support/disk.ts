/** Disks of a test's own: small ones, read-only ones, in a namespace where mounting needs no rights. @module */
import { assert } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ended } from "./copy.ts";
import { ended } from "./people.ts";
import { type Toy, tree } from "./toy.ts";

/** How a disk is mounted, as `mount -o` takes it: `size=64k`, `nr_inodes=9`, `ro`. */
export type MountOptions = string;

/** A place where disks are mounted that nobody else sees. */
export interface Disks {
  /** Runs a command there; `env` is added to this process's. */
  run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Mounts a disk again, with what is on it. */
  remount(path: string, options: MountOptions): Promise<void>;
  /** Kilobytes and files in use on a disk. */
  used(path: string): Promise<{ readonly kilobytes: number; readonly files: number }>;
  /** Writes files down, by their paths below a folder. */
  write(path: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Contents of every file below a folder; see `tree`. */
  tree(path: string): Promise<Record<string, string>>;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Whether this machine lets a user mount disks in a namespace of his own. */
export const canMount: boolean = Deno.build.os === "linux" &&
  await ended(["unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"])
    .then(({ success }) => success, () => false);

/** Mounts disks at folders that are there, hands them to a test and takes them away; nothing outside sees them. */
export async function withDisks(
  mounts: Readonly<Record<string, MountOptions>>,
  test: (disks: Disks) => Promise<void>,
): Promise<void> {
  const mount = Object.keys(mounts).map((_, i) =>
    `mount -t tmpfs -o "$${2 * i + 2}" tmpfs "$${2 * i + 1}" && `
  );
  // The namespace lives as long as this process, which ends with its standard input.
  const keeper = new Deno.Command("unshare", {
    args: [
      ...["-Urm", "sh", "-c", `${mount.join("")}echo ready && exec cat`, "sh"],
      ...Object.entries(mounts).flat(),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = keeper.stdout.getReader();
  const run: Disks["run"] = (command, env) =>
    ended(
      ["nsenter", "--preserve-credentials", "-U", "-m", "-t", String(keeper.pid), ...command],
      { env: { NO_COLOR: "1", ...env }, stdin: "null" },
    );
  const must = async (...command: string[]) => {
    const { success, stdout, stderr } = await run(command);
    assert(success, `${command.join(" ")}: ${stderr}`);
    return stdout;
  };
  /** Calls `use` with a folder that both sides see, as they see all that is on no disk of these. */
  const between = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
    const folder = await Deno.makeTempDir();
    try {
      return await use(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
  try {
    assert(text((await output.read()).value ?? new Uint8Array()).startsWith("ready"));
    await test({
      run,
      remount: async (path, options) =>
        // By source and place: by its place alone, options are added that hold for the user outside.
        void await must("mount", "-o", `remount,${options}`, "tmpfs", path),
      async used(path) {
        const figure = async (field: string) =>
          Number((await must("df", `--output=${field}`, "-k", path)).trim().split("\n")[1]);
        return { kilobytes: await figure("used"), files: await figure("iused") };
      },
      write: (path, files) =>
        between(async (folder) => {
          for (const [name, content] of Object.entries(files)) {
            await Deno.mkdir(join(folder, name, ".."), { recursive: true });
            await Deno.writeTextFile(join(folder, name), content);
          }
          await must("cp", "-R", `${folder}/.`, path);
        }),
      tree: (path) =>
        between(async (folder) => {
          await must("cp", "-R", `${path}/.`, folder);
          return await tree(folder);
        }),
    });
  } finally {
    await output.cancel();
    await keeper.stdin.close();
    await keeper.status;
  }
}

/** The command that runs a toy, whose sources lie at `root`, in a process of its own; with all permissions if omitted. */
export const toyCommand = (
  toy: Toy,
  root: string,
  settings: unknown,
  permissions: readonly string[] = ["-A"],
): string[] => [
  ...[Deno.execPath(), "run", ...permissions, "--quiet", "--no-prompt", "--no-check", "--config"],
  fileURLToPath(new URL("../../deno.json", import.meta.url)),
  fileURLToPath(new URL("./toy_driver.ts", import.meta.url)),
  ...[root, toy.path("."), JSON.stringify(settings), "[]"],
];
