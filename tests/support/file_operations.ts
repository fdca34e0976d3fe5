/**
 * Stands between a process and its disk. Loaded before everything else (`preload`), it takes the place of
 * Deno's file functions: it counts the operations of the process, writes them down, and before one of
 * them ends the process or lets the operation fail. A folder is made, and removed with what is in it,
 * step by step; the first write to a file takes half of the bytes only, as it may. A function that
 * changes something and is not among these throws, so that none is overlooked.
 *
 * @module
 */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const options = z.strictObject({
  /** Whether operations count that only look at something, too. */
  looks: z.boolean().default(false),
  /** File to which every operation that changed something is added, as a line of JSON. */
  log: z.string().optional(),
  /** What happens before the `at`-th operation. */
  strike: z.strictObject({
    at: z.int().positive(),
    /** File that says that it has happened; where it is there already, nothing does. */
    mark: z.string(),
    /** The signal that ends the process, or with it all of its group, which the process or its parent leads. */
    kill: z.enum(["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP"]).optional(),
    whom: z.enum(["itself", "its parent", "its group"]).default("itself"),
    /** How the operation fails. */
    fail: z.enum(["ENOSPC", "EIO", "EACCES"]).optional(),
  }).optional(),
});

/** What happens to the file operations of a process; see `options` above. */
export type Interference = z.input<typeof options>;

/** An operation that changed something, in the order in which they ended. */
const change = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("mkdir"), path: z.string() }),
  /** A file is opened for writing: made where it is not there, emptied where `truncate` says so. */
  z.strictObject({ op: z.literal("open"), path: z.string(), truncate: z.boolean() }),
  /** Bytes, in base64, are added to what was written since the file was opened. */
  z.strictObject({ op: z.literal("write"), path: z.string(), bytes: z.string() }),
  /** A file, or the names in a folder, are brought to the disk. */
  z.strictObject({ op: z.literal("sync"), path: z.string() }),
  z.strictObject({ op: z.literal("rename"), path: z.string(), to: z.string() }),
  z.strictObject({ op: z.literal("link"), path: z.string(), to: z.string() }),
  z.strictObject({ op: z.literal("remove"), path: z.string() }),
  z.strictObject({ op: z.literal("utime"), path: z.string() }),
]);

/** See `change` above. */
export type Change = z.infer<typeof change>;

/** The flag that lets a process begin with this module. */
export function preload(interference: Interference): string {
  const address = new URL(import.meta.url);
  address.search = encodeURIComponent(JSON.stringify(interference));
  return `--preload=${address.href}`;
}

/** The flags that let a process without all permissions do what this module is asked for. */
export function permissions({ log, strike }: Interference): string[] {
  const files = [log, strike?.mark].filter((path) => path !== undefined);
  return [
    ...(files.length > 0 ? [`--allow-write=${files.join(",")}`] : []),
    ...(strike?.kill ? ["--allow-run"] : []),
  ];
}

/** The operations that processes have written down. */
export async function readLog(path: string): Promise<Change[]> {
  const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
  return lines.map((line) => change.parse(JSON.parse(line)));
}

/** What the system says of an operation that fails, and Deno's class for it. */
const FAILURES = {
  ENOSPC: { kind: Error, text: "No space left on device (os error 28)" },
  EIO: { kind: Error, text: "Input/output error (os error 5)" },
  EACCES: { kind: Deno.errors.PermissionDenied, text: "Permission denied (os error 13)" },
};

/** Functions that change something and that no process of the project calls. */
const REFUSED = [
  ...["chmod", "chown", "copyFile", "create", "makeTempFile", "symlink", "truncate"]
    .flatMap((name) => [name, `${name}Sync`]),
  ...[
    "linkSync",
    "makeTempDirSync",
    "mkdirSync",
    "openSync",
    "removeSync",
    "renameSync",
    "utimeSync",
  ],
  ...["writeFileSync", "writeTextFileSync"],
];
/** The same of open files. */
const REFUSED_OF_FILES = [
  ...["truncate", "truncateSync", "writeSync", "syncSync", "syncData", "syncDataSync", "utime"],
  ...["utimeSync", "seek", "seekSync"],
];

const given = new URL(import.meta.url).search.slice(1);
if (given !== "") interfere(options.parse(JSON.parse(decodeURIComponent(given))));

function interfere({ looks, log, strike }: z.infer<typeof options>): void {
  const real = { ...Deno };
  const { write, sync, read, lock, tryLock } = Deno.FsFile.prototype;
  let count = 0;

  const happen = (name: string, path: string, ofPath: boolean) => {
    const { mark, kill, whom, fail } = strike!;
    try {
      real.writeTextFileSync(mark, `${name} ${path}`, { createNew: true });
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return;
      throw error;
    }
    // Who leads the group: a run does, and its jobs are its children.
    const leader = Deno.args.length > 0 ? Deno.pid : Deno.ppid;
    if (kill) {
      real.kill(
        whom === "itself" ? Deno.pid : whom === "its parent" ? Deno.ppid : -leader,
        kill,
      );
    }
    if (fail) {
      const { kind, text } = FAILURES[fail];
      // As the system's own errors do, those of open files do not say which.
      throw Object.assign(new kind(ofPath ? `${text}: ${name} '${path}'` : text), { code: fail });
    }
  };

  /** One operation: `changes` says what it changes, once it is known. */
  const step = async <T>(
    name: string,
    path: string,
    act: () => Promise<T>,
    changes?: (result: T) => Change,
    ofPath = true,
  ): Promise<T> => {
    if (looks || changes) count++;
    if ((looks || changes) && count === strike?.at) happen(name, path, ofPath);
    const result = await act();
    if (changes && log !== undefined) {
      real.writeTextFileSync(log, JSON.stringify(changes(result)) + "\n", { append: true });
    }
    return result;
  };

  const text = (path: string | URL) => resolve(path instanceof URL ? fileURLToPath(path) : path);
  /** Paths of open files, and those of them that were written to. */
  const paths = new WeakMap<Deno.FsFile, string>();
  const begun = new WeakSet<Deno.FsFile>();

  const makeFolder = (path: string, mode?: number): Promise<void> =>
    step("mkdir", path, () => real.mkdir(path, { mode }), () => ({ op: "mkdir", path }));
  const mkdir: typeof Deno.mkdir = async (where, { recursive, mode } = {}) => {
    const path = text(where);
    if (!recursive) return await makeFolder(path, mode);
    if ((await real.stat(path).catch(() => undefined))?.isDirectory) return;
    if (!await real.stat(dirname(path)).catch(() => undefined)) {
      await mkdir(dirname(path), { recursive, mode });
    }
    try {
      await makeFolder(path, mode);
    } catch (error) {
      // Somebody else has made it in between.
      if (!(error instanceof Deno.errors.AlreadyExists && (await real.stat(path)).isDirectory)) {
        throw error;
      }
    }
  };

  const remove: typeof Deno.remove = async (where, { recursive } = {}) => {
    const path = text(where);
    const found = recursive ? await real.lstat(path).catch(() => undefined) : undefined;
    if (found?.isDirectory) {
      for (const { name } of await Array.fromAsync(real.readDir(path))) {
        await remove(join(path, name), { recursive });
      }
    }
    await step("remove", path, () => real.remove(path), () => ({ op: "remove", path }));
  };

  const open: typeof Deno.open = async (where, options = { read: true }) => {
    const path = text(where);
    const { write, append, create, createNew, truncate = false } = options;
    const changes = write || append || create || createNew || truncate;
    const file = await step(
      "open",
      path,
      () => real.open(path, options),
      changes ? () => ({ op: "open", path, truncate }) : undefined,
    );
    paths.set(file, path);
    return file;
  };

  const writeFile: typeof Deno.writeFile = async (
    path,
    data,
    { append, create, createNew } = {},
  ) => {
    if (append || !(data instanceof Uint8Array)) throw new Error("such a write is not followed");
    const truncate = !createNew;
    using file = await open(path, { write: true, create: create ?? true, createNew, truncate });
    for (let at = 0; at < data.length;) at += await file.write(data.subarray(at));
  };

  /** An operation that only looks. */
  const look = <A extends readonly unknown[], T>(
    name: string,
    act: (path: string | URL, ...more: A) => Promise<T>,
  ) =>
  (path: string | URL, ...more: A): Promise<T> => step(name, text(path), () => act(path, ...more));

  const refused = (name: string) => () => {
    throw new Error(`Deno.${name} is not followed by tests/support/file_operations.ts`);
  };

  Object.assign(Deno, {
    ...Object.fromEntries(REFUSED.map((name) => [name, refused(name)])),
    mkdir,
    remove,
    open,
    writeFile,
    writeTextFile: ((path, data, options) => {
      if (typeof data !== "string") throw new Error("such a write is not followed");
      return writeFile(path, new TextEncoder().encode(data), options);
    }) satisfies typeof Deno.writeTextFile,
    makeTempDir: ((options) =>
      step(
        "mkdir",
        join(options?.dir ?? "", options?.prefix ?? ""),
        () => real.makeTempDir(options),
        (path) => ({ op: "mkdir", path }),
      )) satisfies typeof Deno.makeTempDir,
    rename: ((from, to) =>
      step("rename", text(from), () => real.rename(from, to), () => ({
        op: "rename",
        path: text(from),
        to: text(to),
      }))) satisfies typeof Deno.rename,
    link: ((from, to) =>
      step("link", text(from), () => real.link(from, to), () => ({
        op: "link",
        path: text(from),
        to: text(to),
      }))) satisfies typeof Deno.link,
    utime: ((path, ...times) =>
      step("utime", text(path), () => real.utime(path, ...times), () => ({
        op: "utime",
        path: text(path),
      }))) satisfies typeof Deno.utime,
    stat: look("stat", real.stat),
    lstat: look("lstat", real.lstat),
    realPath: look("realpath", real.realPath),
    readFile: look("readfile", real.readFile),
    readTextFile: look("readfile", real.readTextFile),
    readDir: (async function* (path) {
      await step("readdir", text(path), () => Promise.resolve());
      yield* real.readDir(path);
    }) satisfies typeof Deno.readDir,
  });

  const pathOf = (file: Deno.FsFile) => paths.get(file) ?? "";
  Object.assign(Deno.FsFile.prototype, {
    ...Object.fromEntries(REFUSED_OF_FILES.map((name) => [name, refused(name)])),
    write(this: Deno.FsFile, bytes: Uint8Array): Promise<number> {
      const path = pathOf(this);
      const part = begun.has(this) ? bytes : bytes.subarray(0, Math.ceil(bytes.length / 2));
      begun.add(this);
      const changes = (count: number): Change => {
        return { op: "write", path, bytes: part.subarray(0, count).toBase64() };
      };
      return step("write", path, () => write.call(this, part), changes, false);
    },
    sync(this: Deno.FsFile): Promise<void> {
      const path = pathOf(this);
      return step("sync", path, () => sync.call(this), () => ({ op: "sync", path }), false);
    },
    read(this: Deno.FsFile, bytes: Uint8Array): Promise<number | null> {
      return step("read", pathOf(this), () => read.call(this, bytes), undefined, false);
    },
    lock(this: Deno.FsFile, exclusive?: boolean): Promise<void> {
      return step("lock", pathOf(this), () => lock.call(this, exclusive), undefined, false);
    },
    tryLock(this: Deno.FsFile, exclusive?: boolean): Promise<boolean> {
      return step("lock", pathOf(this), () => tryLock.call(this, exclusive), undefined, false);
    },
  });
}
