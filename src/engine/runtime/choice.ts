/**
 * The remembered choice of a backend: what it is, where it lies, and whether it still holds.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** What can compute: libtensorflow through tfjs-node's addon, or TensorFlow.js on WebAssembly. */
export type Backend = "tensorflow" | "wasm";

/** The project's root, and the folder under it that holds the choice and what was built. */
export const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
/** `.cache/runtime` of this project: outside `node_modules`, ignored by git. */
export const RUNTIME_DIRECTORY = join(PROJECT, ".cache", "runtime");

/** Exact versions of the packages a choice depends on; as in the import map of `deno.json`. */
export const TFJS_VERSION = "4.22.0";

const file = z.strictObject({ path: z.string().min(1), bytes: z.int().nonnegative() });

/** How a choice is written down. */
export const choiceSchema = z.strictObject({
  /** Raised when the meaning of this file changes. */
  format: z.literal(1),
  /** Operating system and processor, such as `linux-x86_64`. */
  platform: z.string(),
  /** Version of the TensorFlow.js packages. */
  tfjs: z.string(),
  /** What was asked for. */
  requested: z.enum(["fastest", "tensorflow", "wasm"]),
  /** `LIBTENSORFLOW_DIR` when the choice was made; null where it was not set. */
  libtensorflowDir: z.string().nullable(),
  backend: z.enum(["tensorflow", "wasm"]),
  /** Which way gave the backend. */
  origin: z.enum(["installed", "libtensorflow-dir", "download", "wheel", "npm"]),
  /** Version of libtensorflow, or of TensorFlow.js on wasm. */
  version: z.string(),
  /** The addon, then the libraries it needs, absolute or relative to `.cache/runtime`; none on wasm. */
  files: z.array(file),
  /** Ways that come before the one chosen, and why each gave nothing. */
  skipped: z.array(z.strictObject({ way: z.string(), reason: z.string() })),
});

/** The remembered choice. */
export type Choice = z.infer<typeof choiceSchema>;
