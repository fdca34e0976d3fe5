/**
 * Loads TensorFlow.js with the backend that set-up chose.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { type Choice, choiceSchema, RUNTIME_DIRECTORY } from "./choice.ts";

/** TensorFlow.js with libtensorflow as its backend: core, layers, `node` and the rest. */
export type TensorFlow = typeof import("@tensorflow/tfjs-node");
/** TensorFlow.js's core. */
export type TensorFlowCore = typeof import("@tensorflow/tfjs-core");

const require = createRequire(import.meta.url);

/** How TensorFlow is loaded. */
export interface LoadOptions {
  /** Threads that one operation may use, and operations that may run at once; all cores where left out. */
  readonly threads?: number;
  /** The addon's file; the remembered choice's where left out. */
  readonly addon?: string;
}

/**
 * Loads `@tensorflow/tfjs-node` and gives its namespace, its backend `tensorflow` ready.
 * Threads are fixed with the first load in a process.
 */
export async function loadTensorFlow(options: LoadOptions = {}): Promise<TensorFlow> {
  const addon = options.addon ?? chosenAddon();
  // Read by libtensorflow when it is loaded.
  if (options.threads !== undefined) {
    Deno.env.set("TF_NUM_INTRAOP_THREADS", String(options.threads));
    Deno.env.set("TF_NUM_INTEROP_THREADS", String(options.threads));
  }
  Deno.env.set("TF_CPP_MIN_LOG_LEVEL", "2");

  // tfjs-node 4.22 calls two functions that Node.js has removed from node:util.
  const util = require("node:util");
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;

  // tfjs-node asks node-pre-gyp where its addon is. Answering in its place leaves node_modules,
  // which Deno may recreate at any time, as it is.
  const packageRequire = createRequire(require.resolve("@tensorflow/tfjs-node"));
  const locator = packageRequire.resolve("@mapbox/node-pre-gyp");
  require.cache[locator] = {
    id: locator,
    filename: locator,
    loaded: true,
    exports: { find: () => addon },
  } as unknown as NodeJS.Module;

  const { default: tf } = await import("@tensorflow/tfjs-node") as unknown as {
    default: TensorFlow;
  };
  tf.enableProdMode();
  await tf.ready();
  return tf;
}

/** Loads TensorFlow.js's core with the WebAssembly backend (SIMD, one thread), without network. */
export async function loadWasm(): Promise<TensorFlowCore> {
  const tf = await import("@tensorflow/tfjs-core");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  tf.enableProdMode();
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(join(dirname(require.resolve("@tensorflow/tfjs-backend-wasm")), "/"));
  await tf.setBackend("wasm");
  await tf.ready();
  return tf;
}

function chosenAddon(): string {
  const path = join(RUNTIME_DIRECTORY, "choice.json");
  const choice: Choice = choiceSchema.parse(JSON.parse(Deno.readTextFileSync(path)));
  return resolve(RUNTIME_DIRECTORY, choice.files[0].path);
}
