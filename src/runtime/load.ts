/**
 * Loads what set-up chose: libtensorflow by itself, or TensorFlow.js with a backend.
 *
 * Permissions: for TensorFlow `--allow-read` and `--allow-ffi` of `.cache/runtime` and
 * `node_modules`, and `--allow-env=TF_NUM_INTRAOP_THREADS,TF_NUM_INTEROP_THREADS,TF_CPP_MIN_LOG_LEVEL`,
 * which it sets; for WebAssembly `--allow-read=node_modules`.
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

/** The part of tfjs-node's addon that the graph engine calls (`TFJSBinding` there, which it does not export). */
export interface Addon {
  /** Puts values where TensorFlow finds them, and returns a number for them; TensorFlow may share their memory. */
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  deleteTensor(tensor: number): void;
  /** A copy of a tensor's values. */
  tensorDataSync(tensor: number): Values;
  /** Returns a number for the graph in a directory. */
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(model: number): void;
  /** Runs a part of a graph. Tensors are fed and fetched by names joined with commas. */
  runSavedModel(
    model: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): { readonly id: number; readonly shape: readonly number[] }[];
  /** How many tensors and models are held. */
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
  /** Version of libtensorflow. */
  readonly TF_Version: string;
}

/** Values of the types that the addon takes and returns. */
export type Values = Float32Array | Int32Array | Uint8Array;

/** How TensorFlow is loaded. */
export interface LoadOptions {
  /**
   * Threads that one operation may use, and operations that may run at once; a thread a core if
   * omitted. The first load fixes it for the whole process.
   */
  readonly threads?: number;
  /** The addon's file; the remembered one if omitted. */
  readonly addon?: string;
}

const require = createRequire(PROJECT);

/** How many threads the first load asked for; undefined before it. */
let loadedThreads: number | "all" | undefined;

/**
 * Loads libtensorflow with tfjs-node's addon, and nothing of TensorFlow.js.
 *
 * @throws {Error} where no libtensorflow has been set up, where it does not load, or where it is loaded
 * already with another number of threads, with what to do
 */
export async function loadAddon(options: LoadOptions = {}): Promise<Addon> {
  return (await load(options)).addon;
}

/**
 * Loads `@tensorflow/tfjs-node`, makes `tensorflow` the backend and returns the namespace.
 *
 * @throws {Error} where `loadAddon` does
 */
export async function loadTensorFlow(options: LoadOptions = {}): Promise<TensorFlow> {
  const { file } = await load(options);

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
    exports: { find: () => file },
  } as NodeJS.Module;

  // The package is CommonJS: its namespace is the default export.
  const imported: object = await import("@tensorflow/tfjs-node");
  const { default: tf } = imported as { default: TensorFlow };
  tf.enableProdMode();
  await tf.setBackend("tensorflow");
  return tf;
}

async function load(options: LoadOptions): Promise<{ addon: Addon; file: string }> {
  const threads = options.threads ?? "all";
  if (loadedThreads !== undefined && loadedThreads !== threads) {
    throw new Error(
      `TensorFlow runs in this process with ${loadedThreads} threads and cannot change to ` +
        `${threads}: use another process.`,
    );
  }
  const file = options.addon ?? await rememberedAddon();
  // libtensorflow reads these when it starts its threads. Setting them here is early enough: a
  // product of large matrices then keeps one processor busy, and two without.
  if (options.threads !== undefined) {
    Deno.env.set("TF_NUM_INTRAOP_THREADS", String(options.threads));
    Deno.env.set("TF_NUM_INTEROP_THREADS", String(options.threads));
  }
  // Errors only. Two lines about oneDNN come all the same: libtensorflow 2.21 prints them before
  // it reads this.
  Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");
  let addon: Addon;
  try {
    addon = require(file);
  } catch (error) {
    throw new Error(
      `TensorFlow does not load from ${file}: ${error instanceof Error ? error.message : error}\n` +
        "`deno task setup --force` looks for one that does.",
      { cause: error },
    );
  }
  loadedThreads = threads;
  return { addon, file };
}

/**
 * Loads TensorFlow.js's core, makes WebAssembly its backend (one thread, files of `node_modules`) and
 * returns its namespace.
 *
 * @throws {Error} where the backend does not start
 */
export async function loadWasm(): Promise<TensorFlowCore> {
  const tf = await import("@tensorflow/tfjs-core");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  tf.enableProdMode();
  // The threaded build starts web workers of its own; jobs are the parallelism here.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  if (!await tf.setBackend("wasm")) throw new Error("TensorFlow.js does not start on WebAssembly.");
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
