/**
 * libtensorflow called directly, in place of tfjs-node's addon, so that a run can be traced: the addon gives
 * TensorFlow no options. What the graph engine does stays its own.
 *
 * @module
 */
import { resolve } from "node:path";
import protobuf from "protobufjs/light.js";
import { z } from "zod";
import { PROJECT, type TensorFlowRuntime } from "../src/runtime/choice.ts";
import type { Addon, Values } from "../src/runtime/load.ts";

/** One operation that ran, by TensorFlow's own tracing; times in milliseconds. */
export interface Operation {
  readonly node: string;
  /** Which operation it is, such as `Conv2D`. */
  readonly type: string;
  readonly thread: number;
  /** When it could have begun. */
  readonly scheduled: number;
  readonly start: number;
  readonly end: number;
}

/** See `openTracing`. */
export interface Tracing {
  /** As the engine takes it. */
  readonly addon: Addon;
  /** The operations of all that `run` runs. */
  traced(run: () => Promise<unknown>): Promise<Operation[]>;
  /** Milliseconds spent in TensorFlow's call so far. */
  spent(): number;
}

/** `RunMetadata` (`tensorflow/core/protobuf/config.proto`, `tensorflow/core/framework/step_stats.proto`), in part. */
const RunMetadata = protobuf.Root.fromJSON({
  nested: {
    Node: {
      fields: {
        nodeName: { type: "string", id: 1 },
        label: { type: "string", id: 8 },
        thread: { type: "uint32", id: 10 },
        start: { type: "int64", id: 13 },
        opStart: { type: "int64", id: 14 },
        opEnd: { type: "int64", id: 15 },
        scheduled: { type: "int64", id: 17 },
      },
    },
    Device: { fields: { nodes: { rule: "repeated", type: "Node", id: 2 } } },
    StepStats: { fields: { devices: { rule: "repeated", type: "Device", id: 1 } } },
    RunMetadata: { fields: { stepStats: { type: "StepStats", id: 1 } } },
  },
}).lookupType("RunMetadata");

const node = z.object({
  nodeName: z.string(),
  label: z.string(),
  thread: z.number(),
  start: z.number(),
  opStart: z.number(),
  opEnd: z.number(),
  scheduled: z.number(),
});
const metadata = z.object({
  stepStats: z.object({ devices: z.array(z.object({ nodes: z.array(node) })) }),
});

/** The field `trace_level` (1) of `RunOptions` with `SOFTWARE_TRACE` (1). */
const SOFTWARE_TRACE = Uint8Array.of(0x08, 0x01);

/** Of tensors' elements, by the numbers that TensorFlow has for types. */
const kinds: Readonly<Record<number, new (bytes: ArrayBuffer) => Values>> = {
  1: Float32Array,
  3: Int32Array,
  4: Uint8Array,
};

const text = (value: string) => new TextEncoder().encode(`${value}\0`);

/** A pointer as a number, for structures that hold it. */
const address = (pointer: Deno.PointerValue) => Deno.UnsafePointer.value(pointer);

/** The functions of `tensorflow/c/c_api.h` that are called here. */
function open({ files }: TensorFlowRuntime) {
  const [, ...libraries] = files.map(({ path }) => resolve(PROJECT, path));
  const framework = libraries.find((path) => path.includes("framework"))!;
  const whole = libraries.find((path) => path !== framework)!;
  const { symbols: core } = Deno.dlopen(framework, {
    TF_AllocateTensor: { parameters: ["i32", "buffer", "i32", "usize"], result: "pointer" },
    TF_TensorData: { parameters: ["pointer"], result: "pointer" },
    TF_TensorByteSize: { parameters: ["pointer"], result: "usize" },
    TF_TensorType: { parameters: ["pointer"], result: "i32" },
    TF_NumDims: { parameters: ["pointer"], result: "i32" },
    TF_Dim: { parameters: ["pointer", "i32"], result: "i64" },
    TF_DeleteTensor: { parameters: ["pointer"], result: "void" },
    TF_NewStatus: { parameters: [], result: "pointer" },
    TF_GetCode: { parameters: ["pointer"], result: "i32" },
    TF_Message: { parameters: ["pointer"], result: "pointer" },
    TF_NewBuffer: { parameters: [], result: "pointer" },
    TF_NewBufferFromString: { parameters: ["buffer", "usize"], result: "pointer" },
    TF_DeleteBuffer: { parameters: ["pointer"], result: "void" },
  });
  const { symbols: all } = Deno.dlopen(whole, {
    TF_NewGraph: { parameters: [], result: "pointer" },
    TF_NewSessionOptions: { parameters: [], result: "pointer" },
    TF_GraphOperationByName: { parameters: ["pointer", "buffer"], result: "pointer" },
    TF_LoadSessionFromSavedModel: {
      parameters: [
        "pointer",
        "pointer",
        "buffer",
        "buffer",
        "i32",
        "pointer",
        "pointer",
        "pointer",
      ],
      result: "pointer",
    },
    TF_SessionRun: {
      parameters: [
        "pointer",
        "pointer",
        "buffer",
        "buffer",
        "i32",
        "buffer",
        "buffer",
        "i32",
        "pointer",
        "i32",
        "pointer",
        "pointer",
      ],
      result: "void",
    },
  });
  return { ...core, ...all };
}

/**
 * Loads a libtensorflow that was set up. How many threads it has is said by the environment alone. Graphs are
 * kept until the process ends.
 */
export function openTracing(runtime: TensorFlowRuntime): Tracing {
  const tf = open(runtime);
  const status = tf.TF_NewStatus();
  const check = () => {
    if (tf.TF_GetCode(status) === 0) return;
    throw new Error(Deno.UnsafePointerView.getCString(tf.TF_Message(status)!));
  };
  const tensors = new Map<number, Deno.PointerValue>();
  const models: { graph: Deno.PointerValue; session: Deno.PointerValue }[] = [];
  let last = 0;
  const keep = (tensor: Deno.PointerValue) => {
    tensors.set(++last, tensor);
    return last;
  };
  const options = tf.TF_NewBufferFromString(SOFTWARE_TRACE, BigInt(SOFTWARE_TRACE.length));
  let operations: Operation[] | undefined;
  let spent = 0;

  /** `TF_Output`, a pointer to an operation and a number, for each of the names joined with commas. */
  const outputs = (graph: Deno.PointerValue, names: string) => {
    const list = names === "" ? [] : names.split(",");
    return BigUint64Array.from(list.flatMap((name) => {
      const [operation, index] = name.split(":");
      return [address(tf.TF_GraphOperationByName(graph, text(operation))), BigInt(index)];
    }));
  };

  const addon: Addon = {
    TF_Version: runtime.version,
    createTensor(shape, dtype, values) {
      const dims = BigInt64Array.from(shape, BigInt);
      const tensor = tf.TF_AllocateTensor(dtype, dims, shape.length, BigInt(values.byteLength));
      if (values.byteLength > 0) {
        const memory = Deno.UnsafePointerView.getArrayBuffer(
          tf.TF_TensorData(tensor)!,
          values.byteLength,
        );
        new Uint8Array(memory).set(
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
        );
      }
      return keep(tensor);
    },
    deleteTensor(id) {
      tf.TF_DeleteTensor(tensors.get(id)!);
      tensors.delete(id);
    },
    tensorDataSync(id) {
      const tensor = tensors.get(id)!;
      const bytes = Number(tf.TF_TensorByteSize(tensor));
      const memory = Deno.UnsafePointerView.getArrayBuffer(tf.TF_TensorData(tensor)!, bytes);
      return new kinds[tf.TF_TensorType(tensor)](memory.slice(0));
    },
    loadSavedModel(folder, tag) {
      const graph = tf.TF_NewGraph();
      const name = text(tag);
      const session = tf.TF_LoadSessionFromSavedModel(
        tf.TF_NewSessionOptions(),
        null,
        text(folder),
        BigUint64Array.of(address(Deno.UnsafePointer.of(name))),
        1,
        graph,
        null,
        status,
      );
      check();
      return models.push({ graph, session }) - 1;
    },
    deleteSavedModel() {},
    runSavedModel(model, inputs, inputNames, outputNames) {
      const { graph, session } = models[model];
      const fetched = outputs(graph, outputNames);
      const results = new BigUint64Array(fetched.length / 2);
      const fed = outputs(graph, inputNames);
      const values = BigUint64Array.from(inputs, (id) => address(tensors.get(id)!));
      const buffer = operations ? tf.TF_NewBuffer() : null;
      const begin = performance.now();
      tf.TF_SessionRun(
        session,
        operations ? options : null,
        fed,
        values,
        inputs.length,
        fetched,
        results,
        results.length,
        null,
        0,
        buffer,
        status,
      );
      spent += performance.now() - begin;
      check();
      if (buffer) {
        operations?.push(...operationsOf(buffer));
        tf.TF_DeleteBuffer(buffer);
      }
      return Array.from(results, (value) => {
        const tensor = Deno.UnsafePointer.create(value);
        const axes = Array.from({ length: tf.TF_NumDims(tensor) }, (_, i) => i);
        return { id: keep(tensor), shape: axes.map((axis) => Number(tf.TF_Dim(tensor, axis))) };
      });
    },
    getNumOfTensors: () => tensors.size,
    getNumOfSavedModels: () => models.length,
  };
  return {
    addon,
    async traced(run) {
      const collected: Operation[] = operations = [];
      try {
        await run();
      } finally {
        operations = undefined;
      }
      return collected;
    },
    spent: () => spent,
  };
}

/** What a `TF_Buffer`, a pointer to bytes and their number, has of a `RunMetadata`. */
function operationsOf(buffer: NonNullable<Deno.PointerValue>): Operation[] {
  const view = new Deno.UnsafePointerView(buffer);
  const length = Number(view.getBigUint64(8));
  const bytes = new Uint8Array(
    Deno.UnsafePointerView.getArrayBuffer(view.getPointer(0)!, length),
  );
  const message = RunMetadata.toObject(RunMetadata.decode(bytes), {
    longs: Number,
    defaults: true,
  });
  const { stepStats: { devices } } = metadata.parse(message);
  // `label` is such as `train/conv1/Conv2D = Conv2D(train/rescaling/Mul, ...)`.
  return devices.flatMap(({ nodes }) =>
    nodes.map(({ nodeName, label, thread, start, opStart, opEnd, scheduled }) => ({
      node: nodeName,
      type: /= (\w+)/.exec(label)?.[1] ?? "",
      thread,
      scheduled: scheduled / 1e6,
      start: (start + opStart) / 1e6,
      end: (start + opEnd) / 1e6,
    }))
  );
}
