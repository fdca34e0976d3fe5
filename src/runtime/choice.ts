/**
 * The remembered choice of a backend: what it is, where it lies, and whether it still holds.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { variable, type Variables } from "../files/programs.ts";
import { readPlainText } from "../files/plain.ts";
import { writeWhole } from "../files/whole.ts";

/** What can compute: libtensorflow through tfjs-node's addon, or TensorFlow.js on WebAssembly. */
export type Backend = "tensorflow" | "wasm";

/** The root of this project. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** Version of the TensorFlow.js packages, as in the import map of `deno.json`. */
export const TFJS_VERSION = "4.22.0";

/** Operating system and processor, such as `linux-x86_64`. */
export const PLATFORM = `${Deno.build.os}-${Deno.build.arch}`;

/** Where the choice, what was built and what is being downloaded lie: outside `node_modules`, ignored by git. */
export function runtimeDirectory(root: string): string {
  return join(root, ".cache", "runtime");
}

const file = z.strictObject({
  path: z.string().min(1),
  bytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A native file as it was measured. */
export type NativeFile = z.infer<typeof file>;

/** How a libtensorflow that loads here is written down. */
export const tensorflowSchema = z.strictObject({
  /** What it is and where it comes from. */
  origin: z.enum(["installed", "libtensorflow-dir", "download", "wheel"]),
  /** Version of libtensorflow. */
  version: z.string(),
  /** Whether the digest of what was downloaded for it is written down in this project. */
  pinned: z.boolean(),
  /** The addon first, then the libraries it needs; absolute, or relative to the project's root. */
  files: z.array(file).min(1),
});

/** Version of the choice and of the lists of files; 2 has digests. */
export const FORMAT = 2 as const;

/** How a choice is written down, in `.cache/runtime/choice.json`. */
const choiceSchema = z.strictObject({
  /** Raised when the meaning of this file changes. */
  format: z.literal(FORMAT),
  platform: z.string(),
  /** Version of the TensorFlow.js packages. */
  tfjs: z.string(),
  /** `LIBTENSORFLOW_DIR` when the choice was made; null where it was not set. */
  libtensorflowDir: z.string().nullable(),
  /** What computes unless a task is told otherwise. */
  backend: z.enum(["tensorflow", "wasm"]),
  /** True where `--backend` named it. */
  requested: z.boolean(),
  /** The libtensorflow of this machine, used or not; null where none was found or none was looked for. */
  tensorflow: tensorflowSchema.nullable(),
  /** Ways to libtensorflow that were tried before, and why each gave nothing. */
  skipped: z.array(z.strictObject({ way: z.string(), reason: z.string() })),
}).refine((choice) => choice.backend === "wasm" || choice.tensorflow !== null, {
  message: "backend tensorflow without a libtensorflow",
});

/** A libtensorflow that loads here. */
export type TensorFlowRuntime = z.infer<typeof tensorflowSchema>;
/** The remembered choice. */
export type Choice = z.infer<typeof choiceSchema>;

/**
 * The remembered choice as written. Whether it still holds is not looked at: see `validChoice`.
 *
 * @throws {Error} where there is none or it cannot be read, with what to do
 */
export async function readChoice(root: string = PROJECT): Promise<Choice> {
  const path = join(runtimeDirectory(root), "choice.json");
  let text: string;
  try {
    text = await readPlainText(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("No backend has been set up on this machine: run `deno task setup`.");
  }
  try {
    return choiceSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is damaged or of another version: run \`deno task setup\`.`);
  }
}

/** Writes the choice, whole or not at all. */
export async function writeChoice(choice: Choice, root: string = PROJECT): Promise<void> {
  const path = join(runtimeDirectory(root), "choice.json");
  await writeWhole(path, JSON.stringify(choice, null, 2) + "\n");
}

/**
 * The remembered choice if it still holds: made on this platform, for these packages and this
 * `LIBTENSORFLOW_DIR`, every file there with the size it had. Undefined otherwise. Takes milliseconds; whether the bytes
 * are the same is for `native.ts` to say.
 *
 * @param variables In place of this process's environment, for tests.
 */
export async function validChoice(
  root: string = PROJECT,
  variables: Variables = variable,
): Promise<Choice | undefined> {
  let choice: Choice;
  try {
    choice = await readChoice(root);
  } catch {
    return undefined;
  }
  const holds = choice.platform === PLATFORM && choice.tfjs === TFJS_VERSION &&
    choice.libtensorflowDir === libtensorflowDir(variables) &&
    (choice.tensorflow === null || await allThere(root, choice.tensorflow.files));
  return holds ? choice : undefined;
}

/**
 * Whether a backend can be loaded without set-up: the one remembered, or the one named.
 * WebAssembly always can.
 *
 * @param variables In place of this process's environment, for tests.
 */
export async function isReady(
  backend?: Backend,
  root: string = PROJECT,
  variables: Variables = variable,
): Promise<boolean> {
  if (backend === "wasm") return true;
  const choice = await validChoice(root, variables);
  return choice !== undefined && (backend === undefined || choice.tensorflow !== null);
}

/** `LIBTENSORFLOW_DIR` as an absolute path; null where it is not set, empty, or may not be read. */
export function libtensorflowDir(variables: Variables = variable): string | null {
  const directory = variables("LIBTENSORFLOW_DIR");
  return directory === undefined ? null : resolve(directory);
}

/** Whether every file is there with its size. Paths are absolute or relative to `base`. */
async function allThere(
  base: string,
  files: readonly { readonly path: string; readonly bytes: number }[],
): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(({ path }) => Deno.stat(resolve(base, path)).then((info) => info.size, () => -1)),
  );
  return files.every(({ bytes }, i) => sizes[i] === bytes);
}
