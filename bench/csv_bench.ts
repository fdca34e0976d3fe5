/**
 * Measures the CSV reader against `pandas.read_csv`: Kaggle's format, 60,000 images, the real ones where
 * `FASHION_MNIST_DIR` is set and drawn ones otherwise. Every measurement is a process of its own that
 * times the reading alone, without its start and imports; subjects take turns, five rounds.
 *
 *     deno run --allow-read --allow-write --allow-env --allow-run bench/csv_bench.ts
 *
 * `BENCH_PYTHON` names the Python that has pandas; `python3` otherwise.
 *
 * @module
 */
import { join } from "node:path";
import { readCsv } from "../src/data/csv.ts";
import type { LabelledImages, ReadImages } from "../src/data/dataset.ts";
import { readIdx } from "../src/data/idx.ts";
import { drawGarments } from "../src/data/synthetic.ts";
import { spread } from "./figures.ts";

const ROUNDS = 5;
const IMAGES = 60_000;

/** What a measuring process prints: seconds of reading, and what was read, so that no one skips work. */
interface Measurement {
  readonly seconds: number;
  readonly rows: number;
  /** Of all labels and pixels. */
  readonly sum: number;
}

/** Writes Kaggle's CSV. */
async function writeCsv(
  path: string,
  { images, labels }: LabelledImages | ReadImages,
): Promise<void> {
  using file = await Deno.create(path);
  const writer = file.writable.getWriter();
  const pixels = images.data.length / labels.data.length;
  const titles = Array.from({ length: pixels }, (_, i) => `pixel${i + 1}`);
  let text = `label,${titles.join(",")}\n`;
  for (let row = 0; row < labels.data.length; row++) {
    const values = images.data.subarray(row * pixels, (row + 1) * pixels);
    text += `${labels.data[row]},${values.join(",")}\n`;
    if (text.length > 1 << 20 || row + 1 === labels.data.length) {
      await writer.write(new TextEncoder().encode(text));
      text = "";
    }
  }
  await writer.close();
}

/** One measurement of this project's reader, in the process that is measured. */
async function measure(path: string): Promise<Measurement> {
  const start = performance.now();
  const { images, labels } = await readCsv(path);
  const seconds = (performance.now() - start) / 1000;
  let sum = 0;
  for (const { data } of [images, labels]) for (let i = 0; i < data.length; i++) sum += data[i];
  return { seconds, rows: labels.data.length, sum };
}

async function run(command: readonly string[]): Promise<Measurement> {
  const [executable, ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(executable, { args }).output();
  if (!success) throw new Error(`${executable} failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The version of pandas that this Python has; undefined where it cannot be imported. */
async function pandasVersion(python: string): Promise<string | undefined> {
  try {
    const args = ["-c", "import pandas; print(pandas.__version__)"];
    const { success, stdout } = await new Deno.Command(python, { args }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Minimum, median and maximum in columns. */
const columns = (values: readonly number[], unit: string): string =>
  spread(values).map((value) => `${value.toFixed(2)} ${unit}`.padStart(10)).join("");

async function compare(folder: string): Promise<void> {
  const real = Deno.env.get("FASHION_MNIST_DIR");
  const images = real === undefined ? drawGarments(IMAGES, 43) : await readIdx(
    join(real, "train-images-idx3-ubyte.gz"),
    join(real, "train-labels-idx1-ubyte.gz"),
  );
  const path = join(folder, "train.csv");
  await writeCsv(path, images);
  const { size } = await Deno.stat(path);
  console.log(
    `${IMAGES} ${real === undefined ? "drawn" : "real"} images, ${(size / 1e6).toFixed(1)} MB of ` +
      `CSV; ${ROUNDS} rounds, ${navigator.hardwareConcurrency} cores`,
  );

  const ours = `Deno ${Deno.version.deno}, readCsv`;
  const subjects = new Map([[ours, [
    Deno.execPath(),
    "run",
    "--allow-read",
    new URL(import.meta.url).pathname,
    path,
  ]]]);
  const python = Deno.env.get("BENCH_PYTHON") ?? "python3";
  const pandas = await pandasVersion(python);
  if (pandas === undefined) {
    console.log(`${python} cannot import pandas, so there is nothing to compare with.`);
  } else {
    const peer = new URL("csv_peer.py", import.meta.url).pathname;
    subjects.set(`pandas ${pandas}, read_csv`, [python, peer, path]);
    subjects.set(`pandas ${pandas}, read_csv(dtype="uint8")`, [python, peer, path, "uint8"]);
  }

  const seconds = new Map<string, number[]>(Array.from(subjects.keys(), (name) => [name, []]));
  let expected: Measurement | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, command] of subjects) {
      const found = await run(command);
      expected ??= found;
      if (found.rows !== expected.rows || found.sum !== expected.sum) {
        throw new Error(`${name} read other values than the others.`);
      }
      seconds.get(name)!.push(found.seconds);
    }
  }

  const width = 2 + Math.max(...Array.from(subjects.keys(), (name) => name.length + 10));
  const line = (name: string, rest: string) => console.log(name.padEnd(width) + rest);
  line("", ["min", "median", "max"].map((title) => title.padStart(10)).join(""));
  for (const [name, values] of seconds) line(name, columns(values, "s"));
  for (const [name, values] of seconds) {
    if (name === ours) continue;
    line(`${name} / ours`, columns(values.map((value, i) => value / seconds.get(ours)![i]), "x"));
  }
}

if (import.meta.main) {
  if (Deno.args.length === 1) {
    console.log(JSON.stringify(await measure(Deno.args[0])));
  } else {
    const folder = await Deno.makeTempDir();
    try {
      await compare(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
}
