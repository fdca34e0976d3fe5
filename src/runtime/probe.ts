/**
 * A process of its own that loads a backend and computes with it: what does not work here may well
 * end the process that tries. Its argument is the addon's path or `wasm`; its last line is JSON,
 * `{"version": ...}` or `{"failure": ...}`.
 *
 * @module
 */
import { loadTensorFlow, loadWasm } from "./load.ts";

const [what] = Deno.args;
try {
  const tf = what === "wasm" ? await loadWasm() : await loadTensorFlow({ addon: what });
  const product = tf.matMul([[1, 2], [3, 4]], [[1, 2], [3, 4]]);
  const values = [...await product.data()];
  if (values.join() !== "7,10,15,22") {
    throw new Error(`[[1, 2], [3, 4]] squared is [7, 10, 15, 22]; it computes [${values}]`);
  }
  // tfjs-node's backend holds its addon, which says what it was linked with.
  const backend: object = tf.backend();
  const { binding } = backend as { binding?: { TF_Version: string } };
  console.log(JSON.stringify({ version: binding?.TF_Version ?? tf.version_core }));
} catch (error) {
  const { cause, message } = error as Error;
  const text = cause instanceof Error ? cause.message : message;
  console.log(JSON.stringify({ failure: text.replaceAll(`${what}: `, "") }));
}
// libtensorflow's threads would keep the process alive.
Deno.exit(0);
