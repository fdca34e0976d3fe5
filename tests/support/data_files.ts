/** Data files for the tests, written without the code under test. @module */
import { ZipWriter } from "@zip.js/zip.js";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { randomState } from "../../src/random.ts";
import type { LabelledImages, ReadImages } from "../../src/data/dataset.ts";

/** An IDX file: magic number, dimensions, bytes. */
export function idx(shape: readonly number[], data: Iterable<number>): Uint8Array<ArrayBuffer> {
  const sizes = shape.flatMap((n) => [n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255]);
  return Uint8Array.from([0, 0, 8, shape.length, ...sizes, ...data]);
}

export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(gzipSync(bytes));
}

/** Kaggle's CSV, with a line end after each line. */
export function csv({ images, labels }: LabelledImages | ReadImages, lineEnd = "\n"): string {
  const pixels = images.data.length / labels.data.length;
  const lines = [["label", ...Array.from({ length: pixels }, (_, i) => `pixel${i + 1}`)].join(",")];
  labels.data.forEach((label, row) => {
    lines.push([label, ...images.data.subarray(row * pixels, (row + 1) * pixels)].join(","));
  });
  return lines.map((line) => line + lineEnd).join("");
}

/** Images of noise, every byte value among them where there is room, and labels from 0 to 9. */
export function noise(count: number, side: number, seed = 1): LabelledImages {
  const random = randomState(seed);
  return {
    images: {
      shape: [count, side, side, 1],
      data: Uint8Array.from({ length: count * side * side }, () => random.interval(255)),
    },
    labels: { shape: [count], data: Uint8Array.from({ length: count }, () => random.interval(9)) },
  };
}

/** The same as readers give it. */
export function asRead({ images, labels }: LabelledImages): ReadImages {
  return { images, labels: { shape: labels.shape, data: Int32Array.from(labels.data) } };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Runs `test` with a folder that is removed afterwards. */
export async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `test` while `answer` serves on this machine; `origin` ends without a slash. */
export async function served(
  answer: (request: Request) => Response | Promise<Response>,
  test: (origin: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      onError: () => new Response("", { status: 500 }),
    },
    answer,
  );
  try {
    await test(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** Images of one row of pixels from a table's rows, label first. */
export function table(rows: readonly (readonly number[])[]): LabelledImages {
  return {
    images: {
      shape: [rows.length, 1, rows[0].length - 1],
      data: Uint8Array.from(rows.flatMap((row) => row.slice(1))),
    },
    labels: { shape: [rows.length], data: Uint8Array.from(rows, (row) => row[0]) },
  };
}

/** A `.npy` file of version 1.0, in C order. */
export function npy(
  descr: string,
  shape: readonly number[],
  bytes: Iterable<number>,
): Uint8Array<ArrayBuffer> {
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`.padEnd(117);
  return Uint8Array.from([
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0],
    ...new TextEncoder().encode(`${header}\n`),
    ...bytes,
  ]);
}

/** Writes an archive of arrays (`.npz`), each with its `.npy` bytes. */
export async function npz(
  path: string,
  arrays: { readonly [name: string]: Uint8Array<ArrayBuffer> },
): Promise<void> {
  using file = await Deno.create(path);
  const zip = new ZipWriter(file.writable, { useWebWorkers: false });
  for (const [name, bytes] of Object.entries(arrays)) {
    await zip.add(`${name}.npy`, new Blob([bytes]).stream());
  }
  await zip.close();
}
