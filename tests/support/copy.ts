/** A copy of the project's sources in a temporary folder, to be changed by a test. @module */
import { assert } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What of the project is copied: all that its tasks and the small study need. */
const copied = [
  "src",
  "tasks",
  "compat",
  "study.ts",
  "studies/garments/study.ts",
  "deno.json",
  "deno.lock",
  "tests/support/mini.ts",
];

/** What is the same for all copies: packages, and the library that computes. */
const shared = ["node_modules", ".cache/runtime"];

/** A copy of the project. */
export interface Copy {
  readonly path: (name: string) => string;
  /** Writes a file, or what becomes of its text. */
  write(name: string, text: string | ((text: string) => string)): Promise<void>;
  /** Puts another file or folder into the copy, under a name. */
  add(from: string, name: string): Promise<void>;
  /** Runs `deno` in the copy. */
  deno(...args: string[]): Promise<Ended>;
  /** Runs a module of the copy, with all permissions. */
  run(...moduleAndArguments: string[]): Promise<Ended>;
}

/** How a process ended. */
export interface Ended {
  readonly success: boolean;
  /** What it exited with. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

/** Makes a copy, hands it to a test and removes it. */
export async function withCopy(test: (copy: Copy) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-copy-" }));
  const path = (name: string) => join(folder, name);
  try {
    for (const name of copied) {
      await Deno.mkdir(dirname(path(name)), { recursive: true });
      await copy(join(root, name), path(name));
    }
    for (const name of shared) {
      const target = await Deno.realPath(join(root, name)).catch(() => undefined);
      if (target === undefined) continue;
      await Deno.mkdir(dirname(path(name)), { recursive: true });
      await Deno.symlink(target, path(name), { type: "dir" });
    }
    const deno = async (...args: string[]): Promise<Ended> => {
      const { success, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args,
        cwd: folder,
        // Where the user stands, which tasks started by others take over from those.
        env: { NO_COLOR: "1", INIT_CWD: folder },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { success, code, stdout: text(stdout), stderr: text(stderr) };
    };
    await test({
      path,
      async write(name, text) {
        const next = typeof text === "string" ? text : text(await Deno.readTextFile(path(name)));
        await Deno.mkdir(dirname(path(name)), { recursive: true });
        await Deno.writeTextFile(path(name), next);
      },
      async add(from, name) {
        await Deno.mkdir(dirname(path(name)), { recursive: true });
        await copy(from, path(name));
      },
      deno,
      run: (...args) => deno("run", "-A", "--quiet", "--no-prompt", ...args),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What becomes of a text when a piece is replaced; fails where the piece is not there once. */
export const replacing = (from: string, to: string) => (text: string): string => {
  const pieces = text.split(from);
  assert(pieces.length === 2, `the text holds ${pieces.length - 1} times ${from}`);
  return pieces.join(to);
};
