/**
 * The reader of weight files against damaged ones, as many as the first argument says: a process of its
 * own, since the HDF5 library may read one for ever, and not even the end of its thread stops every such
 * loop. Prints what came of it, and ends with 1 where something is wrong.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { randomState, seedFor } from "../../src/random.ts";
import { modelVariables } from "../../src/models/shapes.ts";
import { readKerasWeights } from "../../src/models/keras_weights.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { complaint, damagedBytes } from "./damaged_inputs.ts";
import { formulaWeights, kerasFile, tiny } from "./keras_file.ts";

/** In HDF5's first format, as Keras writes it, and in the one of h5wasm, which has checksums. */
const byKeras = await golden("keras_file.h5.gz");
/** A whole saved model: other types, compressed arrays, names of any length, lists split in two. */
const otherForms = await golden("keras_forms.h5.gz");
const byWasm = Uint8Array.from(await kerasFile(formulaWeights(tiny, 1)));

const cases = Number(Deno.args[0]);
const draw = (i: number) => {
  const random = randomState(seedFor(i, "HDF5"));
  // `interval` gives 0 to 4.
  const whole = [byWasm, otherForms][random.interval(4)] ?? byKeras;
  return damagedBytes(random, whole, [byKeras, byWasm, otherForms]);
};

async function golden(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(`../golden/${file}`, import.meta.url);
  return Uint8Array.from(gunzipSync(await Deno.readFile(url)));
}

/** How long a file may take before it counts as one that is read for ever, in milliseconds. */
const LIMIT = 3000;
/** A worker is replaced after so many files, since each refusal costs it memory. */
const MOST = 200;

type Answer =
  | { readonly weights: ReadonlyMap<string, NdArray<Float32Array>> }
  | { readonly kind: string; readonly message: string };

const form = {
  says: (message: string) => message.startsWith("f.h5") && /[.)]$/.test(message),
  longest: 2000,
};

const variables = modelVariables(tiny);

/** What is wrong with an answer; undefined where nothing is. */
function wrong(answer: Answer): string | undefined {
  if ("message" in answer) {
    if (answer.kind !== "Error") return `not ours, ${answer.kind}: ${answer.message}`;
    return complaint(new Error(answer.message), form);
  }
  for (const { name, shape } of variables) {
    const found = answer.weights.get(name);
    if (found?.shape.join() !== shape.join()) return `accepted, but ${name} has another shape`;
    if (found.data.length !== shape.reduce((size, n) => size * n, 1)) return `${name} is not whole`;
    if (!found.data.every(Number.isFinite)) return `accepted, but ${name} is not finite`;
  }
}

async function damaged(): Promise<void> {
  const counts = { accepted: 0, refused: 0, endless: 0, broken: 0 };
  const faults: string[] = [];
  const endless: number[] = [];
  const before = Deno.memoryUsage().rss;
  let most = before;
  const began = performance.now();
  let worker: Worker | undefined;
  let left = 0;
  for (let i = 0; i < cases; i++) {
    if (worker === undefined || left-- === 0) {
      worker?.terminate();
      worker = new Worker(import.meta.resolve("./hdf5_reader.ts"), {
        type: "module",
        name: "hdf5 reader",
      });
      left = MOST;
    }
    const { promise, resolve } = Promise.withResolvers<Answer | "endless" | "dead">();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      resolve("dead");
    };
    // A worker that is new has the library to load.
    const timer = setTimeout(() => resolve("endless"), left === MOST ? 10 * LIMIT : LIMIT);
    worker.postMessage({ file: draw(i), port: port2 }, [port2]);
    const answer = await promise;
    clearTimeout(timer);
    port1.close();
    if (answer === "endless" || answer === "dead") {
      worker.terminate();
      worker = undefined;
      if (answer === "dead") faults.push(`case ${i}: the worker has died`);
      else endless.push(i), counts.endless++;
      continue;
    }
    if ("weights" in answer) counts.accepted++;
    else counts.refused++;
    const fault = wrong(answer);
    if (fault !== undefined) faults.push(`case ${i}: ${fault}`);
    if (
      "message" in answer &&
      /memory access|unreachable|Aborted|table index|signature mismatch/.test(answer.message)
    ) {
      // Nothing that this worker says afterwards can be relied on.
      counts.broken++;
      worker.terminate();
      worker = undefined;
    }
    most = Math.max(most, Deno.memoryUsage().rss);
  }
  worker?.terminate();
  console.log(
    `HDF5: ${cases} cases, ${counts.accepted} accepted, ${counts.refused} refused (${counts.broken} of them ` +
      `where the library broke), ${counts.endless} still read after ${LIMIT / 1000} s; ` +
      `${((performance.now() - began) / 1000).toFixed(1)} s; peak ${most >> 20} MiB, ` +
      `${(most - before) >> 20} more than before`,
  );
  assertEquals(faults.slice(0, 20), []);
  assert(counts.accepted > 0 && counts.refused > 0);
  assert(most - before < 2 ** 31, "the process has grown by more than 2 GiB");

  // The reader itself ends those that have no end, in a sentence.
  for (const i of endless.slice(0, 3)) {
    const error = await assertRejects(
      () => readKerasWeights(draw(i), tiny, tiny, "f.h5", LIMIT),
      Error,
    );
    assertEquals(complaint(error, form), undefined, `case ${i}`);
  }
  console.log(
    `${Math.min(3, endless.length)} of the endless ones were refused by the reader in time`,
  );
}

async function refusedOften(): Promise<void> {
  // The library breaks while a list of names is open: the heap that holds them is no longer one.
  const bytes = new Uint8Array(2 ** 20);
  bytes.set(byKeras);
  bytes[1000] ^= 1;
  const refuse = () => assertRejects(() => readKerasWeights(bytes, tiny, tiny, "f.h5"), Error);
  console.log((await refuse()).message);
  // The first ones take what later ones take again.
  for (let i = 0; i < 20; i++) await refuse();
  const before = Deno.memoryUsage().rss;
  const times = Math.min(1000, cases);
  for (let i = 0; i < times; i++) await refuse();
  const after = Deno.memoryUsage().rss;
  console.log(
    `HDF5: ${times} refusals of a file of 1 MiB: ${before >> 20} MiB before, ${
      after >> 20
    } MiB after`,
  );
  assert(after - before < 200 * 2 ** 20, `${(after - before) >> 20} MiB more`);
}

try {
  await refusedOften();
  await damaged();
  // Threads that read for ever would keep the process alive.
  Deno.exit(0);
} catch (error) {
  console.error(error);
  Deno.exit(1);
}
