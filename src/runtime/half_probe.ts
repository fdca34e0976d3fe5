/**
 * A process of its own that times products of matrices in float32 and in bfloat16, one after the other,
 * on one thread. Its argument is the addon's path; its last line is JSON: `{"ratio": ...}`, how many times
 * as fast bfloat16 is, or `{"failure": ...}`.
 *
 * @module
 */
import { cpuUsage } from "node:process";
import { type Addon, loadAddon } from "./load.ts";

/** What the addon offers beside what `Addon` tells of: any operation, at once. */
interface Operations {
  executeOp(
    name: string,
    attributes: readonly { name: string; type: number; value: number | boolean }[],
    inputs: readonly number[],
    outputs: number,
  ): { readonly id: number }[];
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_BOOL: number;
}

/** Numbers in TensorFlow's `types.proto`. */
const FLOAT32 = 1;
const BFLOAT16 = 14;
const SIZE = 512;
const ROUNDS = 15;

function ratioOf(addon: Addon & Operations): number {
  const { TF_ATTR_TYPE: type, TF_ATTR_BOOL: boolean } = addon;
  const values = Float32Array.from({ length: SIZE * SIZE }, (_, i) => i * 0.618 % 1);
  const single = addon.createTensor([SIZE, SIZE], FLOAT32, values);
  const convert = [
    { name: "SrcT", type, value: FLOAT32 },
    { name: "DstT", type, value: BFLOAT16 },
    { name: "Truncate", type: boolean, value: false },
  ];
  const [{ id: half }] = addon.executeOp("Cast", convert, [single], 1);
  // Of the processor, not of the clock: what else the machine does is not in it.
  const microseconds = (x: number, value: number) => {
    const attributes = [
      { name: "transpose_a", type: boolean, value: false },
      { name: "transpose_b", type: boolean, value: false },
      { name: "T", type, value },
    ];
    const start = cpuUsage();
    for (const { id } of addon.executeOp("MatMul", attributes, [x, x], 1)) addon.deleteTensor(id);
    const { user, system } = cpuUsage(start);
    return user + system;
  };
  // The quickest of many, by turns: first calls build kernels.
  const best = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round++) {
    best[0] = Math.min(best[0], microseconds(single, FLOAT32));
    best[1] = Math.min(best[1], microseconds(half, BFLOAT16));
  }
  return best[0] / best[1];
}

try {
  const addon = await loadAddon({ addon: Deno.args[0], threads: 1 });
  console.log(JSON.stringify({ ratio: ratioOf(addon as Addon & Operations) }));
} catch (error) {
  console.log(JSON.stringify({ failure: error instanceof Error ? error.message : String(error) }));
}
// libtensorflow's threads would keep the process alive.
Deno.exit(0);
