/**
 * The ways to a libtensorflow with the addon that speaks to it, each a function that finds or makes
 * one, with an error for the reason where it cannot.
 *
 * What a way makes lies in a folder of its own under `.cache/runtime`, complete or not at all. Once it
 * has computed something it gets a list of its files with their digests; without one it is taken up by
 * nobody, and neither is one whose files are not as listed. Folders are copied to a cache of the user
 * (hard links, where the file system allows), from which the next checkout takes them.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { z } from "zod";
import { buildAddon, findCompiler } from "./addon.ts";
import {
  FORMAT,
  libtensorflowDir,
  type NativeFile,
  PLATFORM,
  runtimeDirectory,
  tensorflowSchema,
  TFJS_VERSION,
} from "./choice.ts";
import { download } from "../files/download.ts";
import { userCaches, type Variables } from "../files/programs.ts";
import { readPlainText } from "../files/plain.ts";
import { putAside, removeIfThere, wholeDirectory, writeWhole } from "../files/whole.ts";
import { runCommand } from "./command.ts";
import { alteration, measure } from "./native.ts";
import { fetchWheel, TENSORFLOW_VERSION, unpackWheel, wheelFor } from "./wheel.ts";

/** What a way is given. */
export interface WayTask {
  /** The project's root. */
  readonly root: string;
  /** What says where the user keeps libtensorflow, and where caches are. */
  readonly variables: Variables;
  /** Aborted when the way has taken too long. */
  readonly signal: AbortSignal;
  /** Tells what goes on, and how far it is where that can be counted. */
  progress(label: string, done?: number, total?: number): void;
  /** For tests: what the official archives are downloaded from. */
  readonly host?: string;
}

/** A libtensorflow that a way has found, not yet tried. */
export interface Found {
  readonly origin: z.infer<typeof tensorflowSchema>["origin"];
  /** The addon, then the libraries it needs, as measured before anything runs; paths are absolute. */
  readonly files: readonly NativeFile[];
  /** Whether the digest of what it was made of is written down in this project; false if omitted. */
  readonly pinned?: boolean;
  /** Called once it has computed something: keeps it for later set-ups, also of other checkouts. */
  keep?(): Promise<void>;
  /** Called when it does not load: sees to it that what only set-up has made is not taken up again. */
  discard?(): Promise<void>;
}

/** A way to a libtensorflow. */
export interface Way {
  /** For people, as in "the official download: no connection". */
  readonly name: string;
  /** Longest time it may take, in milliseconds. */
  readonly limit: number;
  /**
   * Undefined where there is nothing to try and nothing to tell.
   *
   * @throws {Error} where it finds and makes none, with the reason
   */
  find(task: WayTask): Promise<Found | undefined>;
}

const MINUTE = 60_000;

/** All ways, in the order in which they are tried. */
export const ways: readonly Way[] = [
  { name: "addon in node_modules", limit: MINUTE, find: installed },
  { name: "LIBTENSORFLOW_DIR", limit: 5 * MINUTE, find: fromDirectory },
  { name: "earlier set-up", limit: 5 * MINUTE, find: fromEarlier },
  { name: "official download", limit: 40 * MINUTE, find: fromDownload },
  { name: "PyPI wheel", limit: 40 * MINUTE, find: fromWheel },
];

/** Where tfjs-node's own installation puts its addon: node-pre-gyp's folder for Node-API 8. */
const ADDON = join("lib", "napi-v8", "tfjs_binding.node");

async function installed(): Promise<Found | undefined> {
  const require = createRequire(import.meta.url);
  const directory = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
  if (!await isThere(join(directory, ADDON))) return undefined;
  const files = await Promise.all((await officialLayout(directory)).map(measure));
  return { origin: "installed", files };
}

/** The addon and the libraries beside it, where they lie as tfjs-node's installation lays them. */
async function officialLayout(directory: string): Promise<string[]> {
  const folder = join(directory, "deps", "lib");
  const libraries: string[] = [];
  if (await isThere(folder)) {
    for await (const { name } of Deno.readDir(folder)) libraries.push(join(folder, name));
  }
  return [join(directory, ADDON), ...libraries.sort()];
}

async function fromDirectory(task: WayTask): Promise<Found | undefined> {
  const directory = libtensorflowDir(task.variables);
  if (directory === null) return undefined;
  const libraries = await findLibraries(directory);
  const headers = join(directory, "include");
  if (!await isThere(join(headers, "tensorflow", "c", "c_api.h"))) {
    throw new Error(`${headers} holds no tensorflow/c/c_api.h`);
  }
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 12);
  const target = ownDirectory(task.root, "libtensorflow-dir", hash);
  const origin = "libtensorflow-dir";
  const discard = () => forget(target);
  const kept = await readRuntime(target, origin).catch(() => undefined);
  if (kept) return { origin, files: kept, discard };

  const compiler = await findCompiler(task.signal);
  task.progress("Building the addon");
  const files = await makeDirectory(target, async (temporary) => {
    const output = join(temporary, basename(ADDON));
    const runtimePath = dirname(libraries[0]);
    await buildAddon({ compiler, headers, libraries, runtimePath, output, signal: task.signal });
    return [output, ...libraries];
  });
  return { origin, files, keep: () => writeList(target, origin, files), discard };
}

/**
 * libtensorflow and the library that it needs, in a folder as TensorFlow's C archives lay it out or
 * as a Python installation does.
 */
async function findLibraries(directory: string): Promise<string[]> {
  const end = Deno.build.os === "darwin" ? "2.dylib" : "so.2";
  for (const folder of [join(directory, "lib"), directory]) {
    for (const name of ["libtensorflow", "libtensorflow_cc"]) {
      const libraries = [name, "libtensorflow_framework"].map((it) => join(folder, `${it}.${end}`));
      if ((await Promise.all(libraries.map(isThere))).every((there) => there)) return libraries;
    }
  }
  throw new Error(
    `neither ${directory} nor its folder lib holds libtensorflow.${end} and ` +
      `libtensorflow_framework.${end}`,
  );
}

async function fromEarlier(task: WayTask): Promise<Found | undefined> {
  const place = sharedDirectory(task);
  let altered: unknown;
  const read = (...where: Parameters<typeof readRuntime>) =>
    readRuntime(...where).catch((error) => void (altered ??= error));
  for (const origin of ["download", "wheel"] as const) {
    const own = ownDirectory(task.root, origin);
    const theirs = place && join(place, basename(own));
    const discard = async () => {
      await forget(own);
      if (theirs) await forget(theirs);
    };
    const found = (files: NativeFile[]) => ({ ...keepable(origin, task, own, files), discard });
    const files = await read(own, origin);
    if (files) return found(files);
    const shared = theirs && await read(theirs, origin);
    if (!shared) continue;
    const copied = await makeDirectory(own, (temporary) => copyFiles(shared, theirs, temporary));
    // What was copied may have been altered meanwhile.
    const before = shared.map(({ path, ...file }) => ({ ...file, path: relative(theirs, path) }));
    const wrong = await alteration(own, before);
    if (!wrong) return found(copied);
    await forget(own);
    altered ??= new Error(wrong);
  }
  // Somebody should know, though another way may well give one.
  if (altered) throw altered;
}

/** tfjs-node's own addresses (its scripts/install.js and deps-constants.js, 4.22.0). */
const OFFICIAL = {
  version: "2.9.1",
  host: "https://storage.googleapis.com",
  library: (os: string) => `tensorflow/libtensorflow/libtensorflow-cpu-${os}-x86_64-2.9.1.tar.gz`,
  addon: (os: string) =>
    `tf-builds/pre-built-binary/napi-v8/${TFJS_VERSION}/CPU-${os}-${TFJS_VERSION}.tar.gz`,
};

async function fromDownload(task: WayTask): Promise<Found> {
  const host = task.host ?? OFFICIAL.host;
  const os = Deno.build.os;
  // The addon on the server is for this processor alone, whatever the file's name says.
  if ((os !== "linux" && os !== "darwin") || Deno.build.arch !== "x86_64") {
    throw new Error(`nothing is offered for ${PLATFORM} that Deno could load`);
  }
  const target = ownDirectory(task.root, "download");
  const downloads = downloadDirectory(task.root);
  // The small one first: where it is not to be had, the large one is of no use.
  const archives = [
    { from: OFFICIAL.addon(os), into: dirname(ADDON), strip: 1, label: "Downloading the addon" },
    {
      from: OFFICIAL.library(os),
      into: "deps",
      strip: 0,
      label: `Downloading libtensorflow ${OFFICIAL.version}`,
    },
  ];
  const files = await makeDirectory(target, async (temporary) => {
    for (const { from, into, strip, label } of archives) {
      const path = join(downloads, basename(from));
      await download([`${host}/${from}`], path, {
        signal: task.signal,
        progress: (done, total) => task.progress(label, done, total),
      });
      task.progress("Unpacking it");
      const folder = join(temporary, into);
      await Deno.mkdir(folder, { recursive: true });
      await runCommand("tar", {
        args: ["-xzf", path, "-C", folder, `--strip-components=${strip}`],
        limit: 5 * MINUTE,
        signal: task.signal,
      }).catch(async (error) => {
        // Not taken up again: it may be damaged.
        await removeIfThere(path);
        throw error;
      });
    }
    await removeIfThere(join(temporary, "deps", "include"));
    return await officialLayout(temporary);
  });
  await removeIfThere(downloads);
  return keepable("download", task, target, files);
}

async function fromWheel(task: WayTask): Promise<Found> {
  const wheel = wheelFor(PLATFORM);
  const compiler = await findCompiler(task.signal);
  const downloads = downloadDirectory(task.root);
  const label = `Downloading ${wheel.project} ${TENSORFLOW_VERSION}`;
  task.progress(label);
  const path = await fetchWheel(wheel, downloads, {
    signal: task.signal,
    progress: (done, total) => task.progress(label, done, total),
  });
  const target = ownDirectory(task.root, "wheel");
  const files = await makeDirectory(target, async (temporary) => {
    await unpackWheel(wheel, path, temporary, {
      signal: task.signal,
      progress: (done, total) => task.progress("Unpacking it", done, total),
    }).catch(async (error) => {
      // Not used again: it may be damaged.
      await removeIfThere(path);
      throw error;
    });
    task.progress("Building the addon");
    const output = join(temporary, basename(ADDON));
    const headers = join(temporary, "include");
    const libraries = wheel.libraries.map((name) => join(temporary, name));
    await buildAddon({
      ...{ compiler, headers, libraries, output },
      runtimePath: ".",
      signal: task.signal,
    });
    await removeIfThere(headers);
    return [output, ...libraries];
  });
  await removeIfThere(downloads);
  return keepable("wheel", task, target, files);
}

function keepable(
  origin: "download" | "wheel",
  task: WayTask,
  target: string,
  files: NativeFile[],
): Found {
  const shared = sharedDirectory(task);
  return {
    origin,
    files,
    pinned: origin === "wheel" && wheelFor(PLATFORM).pinned !== undefined,
    async keep() {
      await writeList(target, origin, files);
      if (shared) await keepFor(join(shared, basename(target)), target, origin, files);
    },
    discard: () => forget(target),
  };
}

/** Archives on their way, of no use once a folder has been made of them. */
function downloadDirectory(root: string): string {
  return join(runtimeDirectory(root), "downloads");
}

/** The folder of what a way has made, named by all that it depends on. */
function ownDirectory(root: string, origin: Found["origin"], detail?: string): string {
  const version = origin === "wheel" ? TENSORFLOW_VERSION : OFFICIAL.version;
  return join(
    runtimeDirectory(root),
    `${origin}-${detail ?? version}-tfjs-${TFJS_VERSION}-${PLATFORM}`,
  );
}

/**
 * Where folders are kept for other checkouts: `$XDG_CACHE_HOME/atelier` or `~/.cache/atelier`.
 * Undefined where neither variable is there.
 */
function sharedDirectory({ variables }: WayTask): string | undefined {
  const caches = userCaches(variables);
  return caches && join(caches, "atelier");
}

/** The list of files in a folder, written once they have computed something. */
const LIST = "files.json";
const listSchema = z.strictObject({
  format: z.literal(FORMAT),
  origin: tensorflowSchema.shape.origin,
  /** Relative to the folder, or absolute. */
  files: tensorflowSchema.shape.files,
});

async function writeList(
  directory: string,
  origin: Found["origin"],
  files: readonly NativeFile[],
): Promise<void> {
  const listed = files.map(({ path, ...measured }) => {
    const inside = relative(directory, path);
    return { path: inside.startsWith("..") ? path : inside, ...measured };
  });
  const list = listSchema.parse({ format: FORMAT, origin, files: listed });
  await writeWhole(join(directory, LIST), JSON.stringify(list, null, 2) + "\n");
}

/**
 * The files of a folder, as listed; undefined where there is no list of this format and way.
 *
 * @throws {Error} where one is missing or altered
 */
async function readRuntime(
  directory: string,
  origin: Found["origin"],
): Promise<NativeFile[] | undefined> {
  let list: z.infer<typeof listSchema>;
  try {
    list = listSchema.parse(JSON.parse(await readPlainText(join(directory, LIST))));
  } catch {
    return undefined;
  }
  // What is copied lies inside; only an addon built for libraries of the user's names others.
  const outside = ({ path }: NativeFile) =>
    relative(directory, resolve(directory, path)).startsWith("..");
  if (list.origin !== origin) return undefined;
  if (origin !== "libtensorflow-dir" && list.files.some(outside)) return undefined;
  const wrong = await alteration(directory, list.files);
  if (wrong) throw new Error(wrong);
  return list.files.map((file) => ({ ...file, path: resolve(directory, file.path) }));
}

/**
 * Makes a folder: `make` fills a temporary one and returns the absolute paths of its addon and
 * libraries; then it takes the place of `target`. Returns them at their place, measured. It has no
 * list yet.
 */
async function makeDirectory(
  target: string,
  make: (temporary: string) => Promise<string[]>,
): Promise<NativeFile[]> {
  return await wholeDirectory(target, async (temporary) => {
    const measured = await Promise.all((await make(temporary)).map(measure));
    return measured.map((file) => ({
      ...file,
      path: resolve(target, relative(temporary, file.path)),
    }));
  });
}

/** Sees to it that a folder is taken up by nobody: it loses its name in one step, then its content. */
async function forget(directory: string): Promise<void> {
  const aside = await putAside(directory);
  if (aside !== undefined) await removeIfThere(aside);
}

/** Keeps a folder for other checkouts, where nothing that could be taken is in that place yet. */
async function keepFor(
  shared: string,
  own: string,
  origin: Found["origin"],
  files: readonly NativeFile[],
): Promise<void> {
  if (await readRuntime(shared, origin).catch(() => undefined)) return;
  try {
    await wholeDirectory(shared, async (temporary) => {
      // Not if it would cost disk space: some homes are small.
      const copies = await copyFiles(files, own, temporary, true);
      await writeList(
        temporary,
        origin,
        files.map((file, i) => ({ ...file, path: copies[i] })),
      );
    });
  } catch {
    // It only makes the next set-up faster.
  }
}

/**
 * Copies files from one folder to another: as hard links, or, unless `linksOnly`, as copies where links
 * cannot be. Returns their paths there.
 */
async function copyFiles(
  files: readonly NativeFile[],
  from: string,
  to: string,
  linksOnly = false,
): Promise<string[]> {
  return await Promise.all(files.map(async ({ path }) => {
    const target = join(to, relative(from, path));
    await Deno.mkdir(dirname(target), { recursive: true });
    // Links among the libraries are followed: only scoped permissions are at hand.
    const source = await Deno.realPath(path);
    await Deno.link(source, target).catch((error) => {
      if (linksOnly) throw error;
      return Deno.copyFile(source, target);
    });
    return target;
  }));
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
