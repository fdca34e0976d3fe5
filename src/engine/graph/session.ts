/**
 * Runs graphs in libtensorflow through the addon of `@tensorflow/tfjs-node`: its SavedModel calls take
 * any graph, and keep variables from one call to the next.
 *
 * @module
 */
import type { NdArray } from "../../ndarray.ts";
import type { Addon, Values } from "../../runtime/load.ts";
import { type Graph, type Signature, type Tensor, tensorName } from "./builder.ts";
import { dataTypes } from "./protocol.ts";
import { encodeSavedModel, TAG } from "./saved_model.ts";

/** A graph loaded into TensorFlow. */
export interface Session {
  /**
   * Runs one signature on arrays by the names of its inputs; returns arrays by the names of its outputs.
   *
   * @throws {Error} where TensorFlow fails; it names the layer
   */
  run<Outputs extends string>(
    signature: Signature & { readonly outputs: Readonly<Record<Outputs, Tensor>> },
    inputs: Readonly<Record<string, NdArray<Values>>>,
  ): Record<Outputs, NdArray<Values>>;
  /** Frees the graph and its variables. */
  close(): void;
}

/** The name of each input or output, and what the addon knows it by. */
interface Call {
  readonly inputs: readonly string[];
  readonly inputNames: string;
  readonly dtypes: readonly number[];
  readonly outputs: readonly string[];
  readonly outputNames: string;
}

function callOf({ inputs, outputs }: Signature): Call {
  const names = (tensors: readonly Tensor[]) => tensors.map(tensorName).join(",");
  return {
    inputs: Object.keys(inputs),
    inputNames: names(Object.values(inputs)),
    dtypes: Object.values(inputs).map(({ dtype }) => dataTypes[dtype]),
    outputs: Object.keys(outputs),
    outputNames: names(Object.values(outputs)),
  };
}

/**
 * Loads a graph. TensorFlow reads it from a file: a directory under the system's temporary one is
 * written for that and removed before this returns. `model` is named in errors.
 *
 * @throws {Error} where TensorFlow does not take the graph; it names the layer
 */
export async function openSession(
  addon: Addon,
  graph: Graph,
  signatures: Readonly<Record<string, Signature>>,
  model: string,
): Promise<Session> {
  const directory = await Deno.makeTempDir({ prefix: "atelier-graph-" });
  let id: number;
  try {
    await Deno.writeFile(`${directory}/saved_model.pb`, encodeSavedModel(graph, signatures));
    try {
      id = addon.loadSavedModel(directory, TAG);
    } catch (error) {
      throw explain(error, graph, model);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  const calls = new Map<Signature, Call>();
  return {
    run(signature, arrays) {
      let call = calls.get(signature);
      if (!call) calls.set(signature, call = callOf(signature));
      const { inputs, inputNames, dtypes, outputs, outputNames } = call;
      const fed: number[] = [];
      let fetched: ReturnType<Addon["runSavedModel"]> = [];
      try {
        inputs.forEach((name, i) => {
          const { shape, data } = arrays[name];
          fed.push(addon.createTensor(shape, dtypes[i], data));
        });
        fetched = addon.runSavedModel(id, fed, inputNames, outputNames);
        return Object.fromEntries(
          fetched.map(({ id, shape }, i) => [
            outputs[i],
            { shape, data: addon.tensorDataSync(id) },
          ]),
        ) as ReturnType<Session["run"]>;
      } catch (error) {
        throw explain(error, graph, model);
      } finally {
        for (const tensor of fed) addon.deleteTensor(tensor);
        for (const { id } of fetched) addon.deleteTensor(id);
      }
    },
    close: () => addon.deleteSavedModel(id),
  };
}

/** What TensorFlow says, with the layer that it was in. Its messages name nodes as `{{node train/conv1/Conv2D}}`. */
function explain(error: unknown, graph: Graph, model: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  const name = /\{\{node ([^}]+)\}\}/.exec(message)?.[1];
  const layer = name && graph.nodes.find((node) => node.name === name)?.layer;
  const where = layer ? `Model ${model}, layer ${layer}` : `Model ${model}`;
  return new Error(`${where}: TensorFlow reports: ${message}`, { cause: error });
}
