/**
 * Loads TensorFlow.js with the backend that set-up chose.
 *
 * Permissions: `--allow-ffi` for the addon, `--allow-env` for what libtensorflow and the packages
 * read, `--allow-read` for the project; for WebAssembly `--allow-read` of the project alone.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { PROJECT, readChoice } from "./choice.ts";

/** TensorFlow.js with libtensorflow as its backend: core, layers, `node` and the rest. */
export type TensorFlow = typeof import("@tensorflow/tfjs-node");
/** TensorFlow.js's core. */
export type TensorFlowCore = typeof import("@tensorflow/tfjs-core");

/** How TensorFlow is loaded. */
export interface LoadOptions {
  /**
   * Threads that one operation may use, and operations that may run at once; a thread a core where
   * left out. Fixed for the process by the first load.
   */
  readonly threads?: number;
  /** The addon's file; the remembered one where left out. */
  readonly addon?: string;
}

const require = createRequire(import.meta.url);

/**
 * Loads `@tensorflow/tfjs-node` and gives its namespace, its backend `tensorflow` ready.
 * Throws an Error that says what to do where no libtensorflow has been set up, or it does not load.
 */
export async function loadTensorFlow(options: LoadOptions = {}): Promise<TensorFlow> {
  const addon = options.addon ?? await rememberedAddon();
  // libtensorflow reads these when its first session or context starts (tested: set from here, one
  // thread computes; the process's own environment need not have them).
  if (options.threads !== undefined) {
    Deno.env.set("TF_NUM_INTRAOP_THREADS", String(options.threads));
    Deno.env.set("TF_NUM_INTEROP_THREADS", String(options.threads));
  }
  // Errors only. Two lines about oneDNN come all the same: libtensorflow 2.21 prints them before
  // it reads this.
  Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");

  // tfjs-node 4.22 calls two functions that Node.js has removed from node:util.
  const util = require("node:util");
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;

  // tfjs-node asks node-pre-gyp where its addon is. Answering in its place leaves node_modules,
  // which Deno may recreate at any time, as it is.
  const locator = createRequire(require.resolve("@tensorflow/tfjs-node"))
    .resolve("@mapbox/node-pre-gyp");
  require.cache[locator] = {
    id: locator,
    filename: locator,
    loaded: true,
    exports: { find: () => addon },
  } as NodeJS.Module;

  let tf: TensorFlow;
  try {
    // The package is CommonJS: its namespace is the default export.
    ({ default: tf } = await import("@tensorflow/tfjs-node") as unknown as { default: TensorFlow });
  } catch (error) {
    throw new Error(
      `TensorFlow does not load from ${addon}: ${
        error instanceof Error ? error.message : error
      }\n` +
        "`deno task setup --force` looks for one that does.",
      { cause: error },
    );
  }
  tf.enableProdMode();
  await tf.ready();
  return tf;
}

/**
 * Loads TensorFlow.js's core with the WebAssembly backend, one thread, from `node_modules`.
 * Throws an Error where the backend does not start.
 */
export async function loadWasm(): Promise<TensorFlowCore> {
  const tf = await import("@tensorflow/tfjs-core");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  tf.enableProdMode();
  // The threaded build starts web workers of its own; jobs are the parallelism here.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  if (!await tf.setBackend("wasm")) throw new Error("TensorFlow.js does not start on WebAssembly.");
  await tf.ready();
  return tf;
}

async function rememberedAddon(): Promise<string> {
  const { tensorflow } = await readChoice();
  if (tensorflow === null) {
    throw new Error(
      "No libtensorflow has been set up on this machine: run `deno task setup --backend=tensorflow`.",
    );
  }
  return resolve(PROJECT, tensorflow.files[0].path);
}
