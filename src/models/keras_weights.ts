/**
 * Reads weights as Keras 1 and 2 write them (HDF5), and Keras 3 with `model.save("x.h5")`: the attribute
 * `layer_names` lists the layers, each has a group with the attribute `weight_names`, which lists the
 * arrays in it. In a file of weights these are at the root, in one of a whole model in `model_weights`.
 * Format: `legacy_h5_format.py` of Keras 3.15; it still reads these files and so do we.
 *
 * @module
 */
import { Dataset, File as Hdf5File, Group, Module, ready } from "h5wasm";
import type { NdArray } from "../ndarray.ts";
import { resolveLayers, type Variable } from "./shapes.ts";
import type { ModelSpec } from "./spec.ts";
import { foreignWeights, HAVE_KERAS_WRITE } from "./weight_forms.ts";

type Weights = Map<string, NdArray<Float32Array<ArrayBuffer>>>;

/** The name of the worker that reads a file, which runs this module once more. */
const READER = "reader of Keras weights";

/** What it is asked for, and where it answers. */
interface Asked {
  readonly file: Uint8Array;
  readonly spec: ModelSpec;
  readonly architecture: ModelSpec;
  readonly name: string;
  readonly port: MessagePort;
}

/** What it answers. */
type Answer = { readonly weights: Weights } | { readonly refusal: string };

/** How long a file is read, in milliseconds: some hundred times what the largest ones take. */
const LIMIT = 120_000;

/**
 * The weights of a model out of the bytes of a Keras weight file, by layer name, in the order of
 * `Weights`, cast to float32. In a layer, arrays are matched by their order, as Keras does, since Keras 1
 * called a kernel `block1_conv1_W_1:0`.
 *
 * The file must hold every variable of `spec`. It may hold more only where `spec` is cut out of a
 * larger model, `architecture`: then what that model has beyond the cut is left unread. So a complete
 * file serves every cut, and a partial one the cuts that it reaches.
 *
 * The HDF5 library is C compiled to WebAssembly. With each error it keeps some memory, and a few
 * flipped bytes can make it loop for ever or spoil its own memory (it has access to nothing else). So
 * a file is read by a worker of its own, which is ended afterwards, or when it has taken too long: all
 * that the library holds goes with it. (Some loops go on, in little memory, until the process ends.)
 * That a damaged file is always found to be one is not so: check the digest of a file that others made
 * before reading it.
 *
 * @param file the bytes; copied
 * @param name what an error calls the file
 * @param limit how long it may take, in milliseconds; two minutes if omitted
 * @throws {Error} where an array is missing, superfluous, misnamed, misshapen, of no floating-point
 * type or not finite as float32, the model is nested, or the file is in another form, or damaged; it
 * names layer and array, the form, or what is damaged
 */
export async function readKerasWeights(
  file: Uint8Array,
  spec: ModelSpec,
  architecture: ModelSpec = spec,
  name = "the weight file",
  limit = LIMIT,
): Promise<Weights> {
  const worker = new Worker(import.meta.url, { type: "module", name: READER });
  const { port1: here, port2: port } = new MessageChannel();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  here.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(damaged(name, event.message)));
  };
  const late = setTimeout(
    () => resolve({ refusal: damaged(name, `it was still being read after ${limit / 1000} s`) }),
    limit,
  );
  try {
    const own = file.slice();
    const asked: Asked = { file: own, spec, architecture, name, port };
    worker.postMessage(asked, [port, own.buffer]);
    const answer = await promise;
    if ("weights" in answer) return answer.weights;
    throw new Error(answer.refusal);
  } finally {
    clearTimeout(late);
    here.close();
    worker.terminate();
  }
}

/**
 * What `readKerasWeights` gives, read in this thread: sooner, but with all that is said there of the
 * library. For files that are known to be whole, and for the worker.
 *
 * @param file the bytes; not copied, and not to be changed meanwhile
 * @throws {Error} as `readKerasWeights`
 */
export async function decodeKerasWeights(
  file: Uint8Array,
  spec: ModelSpec,
  architecture: ModelSpec = spec,
  name = "the weight file",
): Promise<Weights> {
  const form = foreignWeights(file);
  if (form !== undefined) throw new Error(`${name} is ${form}`);
  const { FS, activate_throwing_error_handler } = await ready;
  // HDF5 would print its errors and go on otherwise.
  activate_throwing_error_handler();
  // From here on nothing waits, so that one path in the library's memory serves all readers.
  const path = "weights.h5";
  // The types leave out `canOwn`, which spares a copy.
  const options = { flags: "w", canOwn: true };
  FS.writeFile(path, file, options);
  try {
    const root = attempt(name, "/", () => new Hdf5File(path, "r"));
    try {
      return readLayers(modelGroup(root, name), spec, architecture, name);
    } finally {
      attempt(name, "/", () => root.close());
    }
  } finally {
    FS.unlink(path);
  }
}

/** The groups of which Keras 3's own form has at least one at the root; the last is an older name. */
const KERAS_3 = ["layers", "vars", "_layer_checkpoint_dependencies"];

/** The group that lists the layers. */
function modelGroup(root: Group, name: string): Group {
  const { keys, listed } = attempt(name, "/", () => ({
    keys: root.keys(),
    listed: Object.keys(root.attrs).some((key) => /^layer_names\d*$/.test(key)),
  }));
  if (listed) return root;
  const whole = attempt(name, "model_weights", () => root.get("model_weights"));
  if (whole instanceof Group) return whole;
  if (KERAS_3.some((key) => keys.includes(key))) {
    throw new Error(
      `${name} is in Keras 3's own form (.weights.h5), which is not read. ${HAVE_KERAS_WRITE}`,
    );
  }
  return root;
}

/** Refuses a layer that is a model itself, or made of layers: its arrays are called after those. */
function refuseNested(layer: string, arrays: readonly string[], name: string): void {
  const parts = new Set(
    arrays.filter((array) => array.includes("/")).map((array) => array.split("/").at(-2)!),
  );
  if (parts.size === 0 || (parts.size === 1 && [...parts][0].startsWith(layer))) return;
  throw new Error(
    `${name}: layer ${layer} is a nested model, which is not read; it has the arrays of ` +
      `${[...parts].join(", ")}. Have Keras write that model by itself: ` +
      `model.get_layer("${layer}").save("model.h5").`,
  );
}

/** A layer's arrays in the file, by the names of the variables that they are. */
type Arrays = ReadonlyMap<string, Dataset>;

function readLayers(
  root: Group,
  spec: ModelSpec,
  architecture: ModelSpec,
  name: string,
): Weights {
  const known = new Map(
    resolveLayers(architecture).map(({ layer, variables }) => [layer.name, variables]),
  );
  const found = new Map<string, Dataset>();
  for (const layer of namesIn(root, "layer_names", name)) {
    const group = attempt(name, layer, () => root.get(layer));
    if (!(group instanceof Group)) {
      throw new Error(`${name}: layer_names lists ${layer}, but there is no such group.`);
    }
    const arrays = namesIn(group, "weight_names", name);
    if (arrays.length === 0) continue;
    const variables = known.get(layer);
    if (arrays.length !== variables?.length) refuseNested(layer, arrays, name);
    if (variables === undefined || variables.length === 0) {
      throw new Error(
        `${name}: layer ${layer} with ${arrays.join(", ")} is superfluous; ` +
          `model ${architecture.name} has no weights of that name.`,
      );
    }
    for (const [variable, dataset] of matched(group, layer, arrays, variables, name)) {
      if (found.has(variable)) throw new Error(`${name}: layer ${layer} is listed twice.`);
      found.set(variable, dataset);
    }
  }
  return new Map(
    resolveLayers(spec).flatMap(({ variables }) => variables).map((variable) => {
      const dataset = found.get(variable.name);
      if (dataset === undefined) {
        throw new Error(
          `${name}: ${variable.name} is missing, which model ${spec.name} needs. ` +
            `The file has ${found.size} arrays of model ${architecture.name}.`,
        );
      }
      return [variable.name, { shape: variable.shape, data: valuesOf(dataset, variable, name) }];
    }),
  );
}

/** Variables whose name alone tells what an array is; Keras 1 had others. */
const VARIABLE = /^(kernel|bias|gamma|beta|moving_mean|moving_variance)(:\d+)?$/;

/** Pairs a layer's arrays with its variables, and checks number, names, type and shape. */
function matched(
  group: Group,
  layer: string,
  arrays: readonly string[],
  variables: readonly Variable[],
  name: string,
): Arrays {
  if (arrays.length !== variables.length) {
    const expected = variables.map((variable) => variable.name.slice(layer.length + 1));
    throw new Error(
      `${name}: layer ${layer} has ${arrays.join(", ")}, expected ${expected.join(", ")}.`,
    );
  }
  return new Map(arrays.map((array, i) => {
    const variable = variables[i];
    const where = `${name}: ${layer}, array ${array}`;
    const stated = array.slice(array.lastIndexOf("/") + 1).match(VARIABLE)?.[1];
    if (stated !== undefined && variable.name !== `${layer}/${stated}`) {
      throw new Error(`${where} stands in the place of ${variable.name}.`);
    }
    const dataset = attempt(name, `${layer}/${array}`, () => group.get(array));
    if (!(dataset instanceof Dataset)) {
      throw new Error(`${where}: weight_names lists it, but there is no such array.`);
    }
    const { dtype, shape } = attempt(name, `${layer}/${array}`, () => ({
      dtype: dataset.dtype,
      shape: dataset.shape,
    }));
    if (typeof dtype !== "string" || !/^[<>][efd]$/.test(dtype)) {
      throw new Error(
        `${where} is of HDF5 type ${JSON.stringify(dtype)}, ` +
          `expected floating-point numbers of 16, 32 or 64 bits ("e", "f", "d").`,
      );
    }
    if (shape === null || shape.join() !== variable.shape.join()) {
      throw new Error(`${where} has the shape [${shape ?? ""}], expected [${variable.shape}].`);
    }
    return [variable.name, dataset];
  }));
}

/** What holds floating-point numbers, by their size in bytes. */
const FLOATS = { 2: Float16Array, 4: Float32Array, 8: Float64Array };

/** An array's values as they are in the file, a copy. (`dataset.value` does not know float16.) */
function rawValues(dataset: Dataset): Float16Array | Float32Array<ArrayBuffer> | Float64Array {
  const { size, total_size } = dataset.metadata;
  const bytes = size * total_size;
  const at = Module._malloc(bytes);
  if (at === 0) throw new Error(`no room for ${bytes} bytes`);
  try {
    // Of either byte order, it gives the one that typed arrays have.
    Module.get_dataset_data(dataset.file_id, dataset.path, null, null, null, BigInt(at));
    // Only now, since the memory is another one when it has grown.
    const { buffer } = Module.HEAPU8.slice(at, at + bytes);
    // `matched` has refused all other sizes.
    return new FLOATS[size as keyof typeof FLOATS](buffer);
  } finally {
    Module._free(at);
  }
}

function valuesOf(dataset: Dataset, variable: Variable, name: string): Float32Array<ArrayBuffer> {
  const raw = attempt(name, variable.name, () => rawValues(dataset));
  const values = raw instanceof Float32Array ? raw : new Float32Array(raw);
  // A loop: on 58 million values, `findIndex` takes longer than all the rest.
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new Error(
        `${name}: value ${i} of ${variable.name} is ${raw[i]}, expected a finite number of ` +
          `float32. The file is damaged, or the model went astray in training.`,
      );
    }
  }
  return values;
}

/** More bytes than the names of any model's layers take: of the largest here, 567 layers, 13,000. */
const LONGEST_NAMES = 2 ** 20;

/**
 * The strings of an attribute; none where Keras wrote an empty list, which HDF5 holds as numbers. A list
 * too long for one attribute Keras splits into several, with 0, 1, ... after the name.
 */
function namesIn(group: Group, attribute: string, name: string): string[] {
  const attributes = attempt(name, `${group.path} ${attribute}`, () => group.attrs);
  const keys = [attribute];
  if (!(attribute in attributes)) {
    for (let i = 0; `${attribute}${i}` in attributes; i++) keys[i] = `${attribute}${i}`;
  }
  return keys.flatMap((key) => {
    const where = `${group.path} ${key}`;
    const found = attributes[key];
    if (found !== undefined) {
      const { size, total_size } = found.metadata;
      // What a damaged file announces would be made room for.
      if (size * total_size > LONGEST_NAMES) {
        throw new Error(
          damaged(name, `${total_size} names of ${size} bytes are more than any model has`, where),
        );
      }
    }
    const value = attempt(name, where, () => found?.value);
    if (ArrayBuffer.isView(value) && value.byteLength === 0) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw new Error(
      `${name}: ${group.path} has no list of names ${key}, so this is no weight file of ` +
        `Keras 1 or 2, nor a whole model in HDF5. ${HAVE_KERAS_WRITE}`,
    );
  });
}

/** Runs a call of the library's, whose errors are a trace of its C functions: the innermost line says why. */
function attempt<T>(name: string, where: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const lines = [...message.matchAll(/^ +#\d+: .*\(\): (.*)$/gm)];
    throw new Error(damaged(name, lines.at(-1)?.[1] ?? message, where), { cause });
  }
}

const damaged = (name: string, why: string, where?: string): string =>
  `${name} is damaged, or is no HDF5 file: ${why}${where === undefined ? "" : ` (at ${where})`}. ` +
  `Compare its digest with the published one, and fetch it again.`;

if (self.name === READER) {
  addEventListener("message", async (event) => {
    const { file, spec, architecture, name, port }: Asked = (event as MessageEvent).data;
    try {
      const answer: Answer = {
        weights: await decodeKerasWeights(file, spec, architecture, name),
      };
      port.postMessage(answer, [...answer.weights.values()].map(({ data }) => data.buffer));
    } catch (error) {
      const answer: Answer = { refusal: error instanceof Error ? error.message : String(error) };
      port.postMessage(answer);
    }
  });
}
