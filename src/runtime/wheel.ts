/**
 * libtensorflow out of the PyPI wheel of TensorFlow: which wheel, how it is fetched, what is taken
 * out of it. Python is not needed for the wheel's content; a wheel is a ZIP archive.
 *
 * @module
 */
import type { FileEntry } from "@zip.js/zip.js";
import { dirname, join } from "node:path";
import { z } from "zod";
import { download, type Progress } from "../files/download.ts";
import { sha256File } from "../files/digest.ts";
import { explained } from "../files/explain.ts";
import { moveWhole, removeIfThere, unfinishedIn } from "../files/whole.ts";
import { openZip } from "../files/zip.ts";
import { runCommand } from "./command.ts";
import { reasonOf } from "./reason.ts";

/** Version of TensorFlow whose wheel is used. */
export const TENSORFLOW_VERSION = "2.21.0";

/** A wheel that holds libtensorflow for one platform. */
export interface Wheel {
  /** Name of the project on PyPI. */
  readonly project: string;
  /** Platform tags of the wheel, as pip takes them. Any version of Python will do: the libraries are the same. */
  readonly tags: readonly string[];
  /** Libraries to take out of the wheel's folder `tensorflow/`, in the order in which they are linked. */
  readonly libraries: readonly string[];
  /**
   * SHA-256 of the wheels by their tags, as in `cp311-cp311-manylinux_2_27_x86_64`: no other wheel is
   * used. The digest that the index gives counts if omitted.
   */
  readonly pinned?: Readonly<Record<string, string>>;
}

const LINUX = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
const MACOS = ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"];

/** By platform. `tensorflow` is for processors alone where no `tensorflow-cpu` exists. Tried on linux-x86_64. */
const WHEELS: Readonly<Record<string, Wheel>> = {
  "linux-x86_64": {
    project: "tensorflow-cpu",
    tags: ["manylinux_2_27_x86_64", "manylinux_2_17_x86_64"],
    libraries: LINUX,
    // Measured on the file that `pip download --no-deps tensorflow-cpu==2.21.0` brought on 2026-11-25.
    // It is the wheel that pip is asked for here; those for other versions of Python were not at hand.
    pinned: {
      "cp311-cp311-manylinux_2_27_x86_64":
        "2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c",
    },
  },
  "linux-aarch64": {
    project: "tensorflow",
    tags: ["manylinux_2_27_aarch64", "manylinux_2_17_aarch64"],
    libraries: LINUX,
  },
  "darwin-aarch64": { project: "tensorflow", tags: ["macosx_12_0_arm64"], libraries: MACOS },
};

/**
 * The wheel for a platform such as `linux-x86_64`.
 *
 * @throws {Error} where there is none
 */
export function wheelFor(platform: string): Wheel {
  const wheel = WHEELS[platform];
  if (!wheel) throw new Error(`TensorFlow ${TENSORFLOW_VERSION} has no wheel for ${platform}`);
  return wheel;
}

/** What fetching and unpacking tell and obey. */
export interface WheelTask {
  readonly signal: AbortSignal;
  /** Told bytes. */
  readonly progress: Progress;
  /** For tests: the index's address and the interpreter that runs pip, in place of the real ones. */
  readonly index?: string;
  readonly python?: string;
  /** For tests: most bytes that are unpacked, in place of 2 GiB. */
  readonly mostBytes?: number;
}

/** https://docs.pypi.org/api/json/ */
const projectPage = z.object({
  urls: z.array(z.object({
    filename: z.string(),
    url: z.url(),
    digests: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    yanked: z.boolean(),
  })),
});

/**
 * Fetches the wheel into `directory` and returns its path: from PyPI itself, taken up where an earlier
 * try broke off, or else through pip, which knows this machine's mirrors. One that lies there already
 * is used where its digest is known and right, and removed otherwise.
 *
 * @throws {Error} where neither has it, with both reasons
 */
export async function fetchWheel(
  wheel: Wheel,
  directory: string,
  task: WheelTask,
): Promise<string> {
  await Deno.mkdir(directory, { recursive: true });
  for (const name of await wheelsIn(directory)) {
    const path = join(directory, name);
    const digest = pinnedDigest(wheel, name);
    if (isWheel(wheel, name) && digest && await sha256File(path) === digest) return path;
    await removeIfThere(path);
  }
  try {
    return await fromIndex(wheel, directory, task);
  } catch (first) {
    task.signal.throwIfAborted();
    try {
      return await fromPip(wheel, directory, task);
    } catch (second) {
      task.signal.throwIfAborted();
      throw new Error(`${reasonOf(first)}; ${reasonOf(second)}`);
    }
  }
}

async function fromIndex(wheel: Wheel, directory: string, task: WheelTask): Promise<string> {
  const address = task.index ?? "https://pypi.org";
  const { host } = new URL(address);
  const page = await fetch(`${address}/pypi/${wheel.project}/${TENSORFLOW_VERSION}/json`, {
    signal: AbortSignal.any([task.signal, AbortSignal.timeout(15_000)]),
  }).catch((error) => {
    throw new Error(`${host} cannot be reached`, { cause: error });
  });
  if (!page.ok) {
    await page.body?.cancel();
    throw new Error(`${host} answers ${page.status}`);
  }
  const { urls } = projectPage.parse(await page.json());
  const file = urls.find(({ filename, yanked }) => isWheel(wheel, filename) && !yanked);
  if (!file) throw new Error(`${host} has no fitting wheel of ${wheel.project}`);
  const path = join(directory, file.filename);
  await download([file.url], path, {
    digest: pinnedDigest(wheel, file.filename) ?? file.digests.sha256,
    signal: task.signal,
    progress: task.progress,
  });
  return path;
}

/** Roughly what a wheel weighs, for a progress bar: pip says only to a terminal how far it is. */
const TYPICAL_BYTES = 274e6;

/** Longest time without a byte from pip, in milliseconds: more than its own three tries of 20 s. */
const PIP_SILENCE = 120_000;

async function fromPip(wheel: Wheel, directory: string, task: WheelTask): Promise<string> {
  const temporary = await unfinishedIn(directory, "pip");
  const silent = new AbortController();
  let [bytes, since] = [0, performance.now()];
  const poll = setInterval(async () => {
    const now = await bytesUnder(temporary);
    if (now !== bytes) [bytes, since] = [now, performance.now()];
    if (performance.now() - since > PIP_SILENCE) {
      silent.abort(new Error(`pip has brought nothing for ${PIP_SILENCE / 1000} s`));
    }
    if (bytes > 0) task.progress(Math.min(bytes, TYPICAL_BYTES), TYPICAL_BYTES);
  }, 500);
  try {
    await runCommand(task.python ?? "python3", {
      args: [
        ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"],
        ...["--no-deps", "--only-binary=:all:", "--implementation=cp", "--python-version=3.11"],
        ...wheel.tags.map((tag) => `--platform=${tag}`),
        ...["--retries=2", "--timeout=20", `--dest=${temporary}`],
        `${wheel.project}==${TENSORFLOW_VERSION}`,
      ],
      name: "pip",
      // Where pip keeps what it is downloading.
      env: { TMPDIR: temporary },
      limit: 40 * 60_000,
      signal: AbortSignal.any([task.signal, silent.signal]),
    });
    for (const name of await wheelsIn(temporary)) {
      if (!isWheel(wheel, name)) continue;
      const digest = pinnedDigest(wheel, name);
      const found = digest && await sha256File(join(temporary, name));
      if (found !== digest) {
        throw new Error(`pip has brought another ${name}: its SHA-256 is ${found}, not ${digest}`);
      }
      await moveWhole(join(temporary, name), join(directory, name));
      return join(directory, name);
    }
    throw new Error("pip has brought no wheel");
  } finally {
    clearInterval(poll);
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
}

/** Names of the wheels in a folder, fitting or not. */
async function wheelsIn(directory: string): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
  return names.filter((name) => name.endsWith(".whl")).sort();
}

/** How the names of a project's wheels begin. */
const startOf = ({ project }: Wheel) => `${project.replaceAll("-", "_")}-${TENSORFLOW_VERSION}-`;

/** Whether a file name is that of a fitting wheel, such as `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`. */
function isWheel(wheel: Wheel, filename: string): boolean {
  return filename.startsWith(startOf(wheel)) && filename.endsWith(".whl") &&
    wheel.tags.some((tag) => filename.includes(tag)) &&
    (!wheel.pinned || pinnedDigest(wheel, filename) !== undefined);
}

/** The digest that a wheel of this name must have; undefined where none is written down. */
function pinnedDigest(wheel: Wheel, filename: string): string | undefined {
  const tag = filename.slice(startOf(wheel).length, -".whl".length);
  return wheel.pinned && Object.hasOwn(wheel.pinned, tag) ? wheel.pinned[tag] : undefined;
}

/** Headers that the addon includes, directly or not, under the wheel's `tensorflow/include/`. */
const HEADERS = [
  "tensorflow/c/",
  "tensorflow/core/platform/ctstring",
  "tsl/platform/ctstring",
  "xla/tsl/c/",
];

/** Most bytes that are unpacked; version 2.21.0 has some 0.9 GB. */
const MOST_BYTES = 2 ** 31;

/**
 * Unpacks the wheel at `path`: its libraries into `directory`, the headers that the addon needs into
 * `directory/include`, and nothing else.
 *
 * @throws {Error} where one is missing or there twice, where they are larger than 2 GiB in all or than
 * the archive says, or where it is damaged
 */
export async function unpackWheel(
  wheel: Wheel,
  path: string,
  directory: string,
  task: WheelTask,
): Promise<void> {
  try {
    await unpack(wheel, path, directory, task);
  } catch (cause) {
    task.signal.throwIfAborted();
    // The words of whoever reads ZIP ("Invalid CRC32") do not say of what.
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(why.startsWith("the wheel ") ? why : `the wheel is damaged: ${why}`, { cause });
  }
}

async function unpack(
  wheel: Wheel,
  path: string,
  directory: string,
  task: WheelTask,
): Promise<void> {
  await using archive = await openZip(path);
  const wanted: { entry: FileEntry; to: string }[] = [];
  for (const entry of archive.entries) {
    const name = entry.filename.replace(/^tensorflow\//, "");
    const header = HEADERS.some((start) => name.startsWith(`include/${start}`));
    if (header || wheel.libraries.includes(name)) {
      wanted.push({ entry, to: join(directory, name) });
    }
  }
  for (const library of wheel.libraries) {
    if (!wanted.some(({ to }) => to === join(directory, library))) {
      throw new Error(`the wheel holds no ${library}`);
    }
  }
  if (new Set(wanted.map(({ to }) => to)).size < wanted.length) {
    throw new Error("the wheel holds a file twice");
  }
  const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  const most = task.mostBytes ?? MOST_BYTES;
  if (total > most) throw new Error(`the wheel unpacks to ${total} bytes, more than ${most}`);
  let done = 0;
  for (const { entry, to } of wanted) {
    const end = done + entry.uncompressedSize;
    const lies = () => new Error(`${entry.filename} is not as large as the wheel says`);
    await Deno.mkdir(dirname(to), { recursive: true });
    const unwritable = (error: unknown) => {
      throw explained(error, to);
    };
    using target = await Deno.open(to, { create: true, write: true, truncate: true });
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        done += chunk.length;
        if (done > end) throw lies();
        task.progress(done, total);
        controller.enqueue(chunk);
      },
    });
    const written = counted.readable.pipeTo(target.writable);
    const options = { signal: task.signal, checkSignature: true };
    await Promise.all([entry.getData(counted.writable, options), written]).catch(unwritable);
    if (done !== end) throw lies();
  }
}

async function bytesUnder(directory: string): Promise<number> {
  let sum = 0;
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      const path = join(directory, name);
      sum += isDirectory ? await bytesUnder(path) : (await Deno.stat(path)).size;
    }
  } catch {
    // pip has moved or removed what was being looked at.
  }
  return sum;
}
