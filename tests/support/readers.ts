/**
 * Every reader of what comes from outside, with what a refusal of it says; for `tests/readers_test.ts`
 * and, in thousands of cases, `tests/long/readers_test.ts`. NPZ, pictures and `model.json` have no reader.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { csvDecoder } from "../../src/data/csv.ts";
import { decodeIdxImages, decodeIdxLabels } from "../../src/data/idx.ts";
import { canonicalJson, digest } from "../../src/files/digest.ts";
import { decodeNpy, encodeNpy } from "../../src/files/npy.ts";
import {
  decodeTable,
  encodeTable,
  int,
  number,
  optionalInt,
  spread,
  value,
  word,
} from "../../src/files/table.ts";
import { matrix } from "../../src/pipeline/artifacts.ts";
import type { Executor, ReadyJob } from "../../src/pipeline/executor.ts";
import { jobRunner } from "../../src/pipeline/finished.ts";
import {
  formatManifest,
  keyOf,
  parseJobRecords,
  parseManifest,
} from "../../src/pipeline/manifest.ts";
import { unpackWheel, type Wheel } from "../../src/runtime/wheel.ts";
import { checkStudy, planOf } from "../../src/stages/plan.ts";
import { study as garments } from "../../studies/garments/study.ts";
import { study } from "../../study.ts";
import { asksForHelp, backendFlag, jobsFlag, read, stagesNamed } from "../../tasks/flags.ts";
import {
  damagedBytes,
  damagedText,
  damagedValue,
  must,
  oneOf,
  type Reader,
} from "./damaged_inputs.ts";
import { csv, gzip, idx, noise } from "./data_files.ts";
import { hash, manifest } from "./manifest.ts";
import { mini } from "./mini.ts";

const product = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Whether a message begins with a file's name and ends as a sentence. */
const ofFile = (name: string) => (message: string) =>
  message.startsWith(name) && message.endsWith(".");
/** Half a sentence, which whoever reads the artifact begins with its name. */
const half = (message: string) => /^[a-z]/.test(message) && !message.endsWith(".");

const drawn = noise(5, 6);
const imageFile = idx([5, 6, 6], drawn.images.data);
const labelFile = idx([5], drawn.labels.data);

async function readIdx(bytes: Uint8Array): Promise<void> {
  const { shape, data } = bytes[3] === 1
    ? await decodeIdxLabels(bytes, "a.idx")
    : await decodeIdxImages(bytes, "a.idx");
  must(product(shape) === data.length, "its shape is not that of its bytes");
  const values = bytes.subarray(4 + 4 * bytes[3]);
  must(decode(Uint8Array.from(data)) === decode(values), "other bytes");
}

const plainIdx: Reader<Uint8Array> = {
  name: "IDX",
  draw: (random) =>
    damagedBytes(random, oneOf(random, [imageFile, labelFile]), [imageFile, labelFile]),
  read: readIdx,
  says: ofFile("a.idx"),
};

const gzipIdx: Reader<Uint8Array> = {
  name: "IDX in gzip",
  draw(random) {
    const whole = oneOf(random, [imageFile, labelFile]);
    // Damaged before it is compressed, or afterwards.
    return random.interval(1) === 0
      ? gzip(damagedBytes(random, whole))
      : damagedBytes(random, gzip(whole), [
        gzip(imageFile),
        Uint8Array.from(gzipSync(whole, { level: 0 })),
      ]);
  },
  async read(bytes) {
    const { shape, data } = await decodeIdxImages(bytes, "a.idx");
    must(product(shape) === data.length, "its shape is not that of its bytes");
  },
  says: ofFile("a.idx"),
};

const csvText = csv(drawn);
const images: Reader<Uint8Array> = {
  name: "CSV of images",
  draw: (random) => encode(damagedText(random, csvText)),
  read(bytes) {
    const decoder = csvDecoder("a.csv");
    for (let at = 0; at < bytes.length; at += 97) decoder.push(bytes.subarray(at, at + 97));
    const { images, labels } = decoder.finish();
    must(product(images.shape) === images.data.length, "its shape is not that of its bytes");
    // What is read, written plainly, and read once more.
    const again = csvDecoder("b.csv", { shape: images.shape.slice(1) });
    again.push(encode(csv({ images, labels })));
    must(isDeepStrictEqual(again.finish(), { images, labels }), "it reads other values");
  },
  says: (message) => message.startsWith("a.csv, ") && message.endsWith("."),
};

const columns = {
  id: int,
  parent: optionalInt,
  called: word,
  values: spread(value),
  score: number,
};
const tableText = encodeTable(columns, [
  { id: 1, parent: undefined, called: "a, b", values: { rate: 0.5, kind: "adam" }, score: 1e-9 },
  { id: 2, parent: 1, called: 'say "x"', values: { rate: 1, kind: "sgd" }, score: -3 },
]);
const tables: Reader<string> = {
  name: "tables of results",
  draw: (random) => damagedText(random, tableText),
  read(text) {
    const rows = decodeTable(columns, text);
    must(rows.every(({ score }) => Number.isFinite(score)), "a score is not finite");
    must(
      new Set(rows.map(({ values }) => Object.keys(values).join("\n"))).size <= 1,
      "uneven rows",
    );
    const lines = text.split("\n").filter((line) => line !== "");
    must(rows.length <= lines.length, "it has more rows than lines");
  },
  says: half,
};

const matrices: Reader<string> = {
  name: "matrices of results",
  draw: (random) => damagedText(random, "10,2,3\n4,50,6\n7,8,90\n"),
  read(text) {
    const rows = matrix().decode(encode(text), "a.csv");
    must(rows.every((row) => row.length === rows[0].length), "uneven rows");
    must(rows.flat().every(Number.isSafeInteger), "a number is not whole");
  },
  says: half,
};

const arrays = [
  encodeNpy({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }),
  encodeNpy({ shape: [4], data: Uint8Array.of(1, 2, 3, 4) }),
  encodeNpy({ shape: [], data: Float64Array.of(0.5) }),
];
const npy: Reader<Uint8Array> = {
  name: "NPY",
  draw(random) {
    const whole = oneOf(random, arrays);
    if (random.interval(1) === 0) return damagedBytes(random, whole, arrays);
    // The header is text, of which the length says how long it is.
    const header = encode(damagedText(random, decode(whole.subarray(10, 128))));
    const bytes = Uint8Array.from([...whole.subarray(0, 10), ...header, ...whole.subarray(128)]);
    new DataView(bytes.buffer).setUint16(8, header.length, true);
    return bytes;
  },
  read(bytes) {
    const { shape, data } = decodeNpy(bytes, "a.npy");
    must(product(shape) === data.length, "its shape is not that of its values");
    const values = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    must(decode(values) === decode(bytes.subarray(bytes.length - values.length)), "other values");
  },
  says: ofFile("a.npy"),
  // It quotes a header that it cannot read, which has 64 KiB at most.
  longest: 2 ** 17,
};

const manifestText = formatManifest(manifest);

/** Sealed as a forger would, where that can be done. */
function resealed(value: unknown): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return JSON.stringify(value);
  }
  const { seal: _, ...content } = JSON.parse(JSON.stringify(value));
  if (content.ingredients?.code && content.key !== undefined) {
    try {
      content.key = keyOf(content.ingredients);
    } catch {
      // What has no key keeps the one that it had.
    }
  }
  return JSON.stringify({ ...content, seal: digest(content) });
}

const manifests: Reader<string> = {
  name: "manifests",
  draw(random) {
    const kind = random.interval(3);
    if (kind === 0) return damagedText(random, manifestText);
    const value = damagedValue(random, JSON.parse(manifestText));
    return kind === 1 ? JSON.stringify(value) : resealed(value);
  },
  read(text) {
    const read = parseManifest(text, "sums");
    const { seal: _, ...content } = JSON.parse(text);
    must(
      canonicalJson(read) === canonicalJson(content),
      "it reads something else than what stands there",
    );
    must(
      Object.values(read.outputs).every(({ file }) => !file.split("/").includes("..")),
      "it climbs",
    );
  },
  says: (message) =>
    half(message) || /^([\w.]+: |Unrecognized key)/.test(message) ||
    /^The manifest of stage sums has format .*\.$/.test(message),
};

const jobsText = JSON.stringify(
  [
    {
      name: "one",
      job: "fit",
      parameters: { a: [1, "b", null] },
      inputs: { images: hash("a") },
      compiled: hash("b"),
    },
    { name: "two", job: "fit", parameters: {}, inputs: {}, compiled: null },
  ],
  null,
  2,
);
const jobRecords: Reader<string> = {
  name: "jobs.json",
  draw: (random) =>
    random.interval(2) === 0
      ? damagedText(random, jobsText)
      : JSON.stringify(damagedValue(random, JSON.parse(jobsText))),
  read(text) {
    must(
      canonicalJson(parseJobRecords(text)) === canonicalJson(JSON.parse(text)),
      "it reads something else",
    );
  },
  says: (message) => half(message),
};

const wheel: Wheel = {
  project: "tensorflow-cpu",
  tags: ["manylinux_2_27_x86_64"],
  libraries: ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"],
};
const wheelFiles: Readonly<Record<string, string>> = {
  "tensorflow/libtensorflow_cc.so.2": "library ".repeat(2000),
  "tensorflow/libtensorflow_framework.so.2": "framework",
  "tensorflow/include/tensorflow/c/c_api.h": "api",
  "tensorflow/python/__init__.py": "python",
};

async function archive(
  files: readonly (readonly [string, string])[],
  level: number,
): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false, level });
  for (const [name, text] of files) await writer.add(name, new Uint8ArrayReader(encode(text)));
  return await writer.close();
}

/** Unpacks damaged wheels in `folder`, where nothing else is. */
async function wheels(folder: string): Promise<Reader<Uint8Array>> {
  const whole = await Promise.all(
    [0, 6].map((level) => archive(Object.entries(wheelFiles), level)),
  );
  const path = join(folder, "a.whl");
  const target = join(folder, "target");
  return {
    name: "the wheel",
    draw: (random) => damagedBytes(random, oneOf(random, whole), whole),
    async read(bytes) {
      await Deno.writeFile(path, bytes);
      await Deno.remove(target, { recursive: true }).catch(() => {});
      await unpackWheel(wheel, path, target, {
        signal: AbortSignal.timeout(5000),
        progress() {},
        mostBytes: 2 ** 22,
      });
      for (const name of wheel.libraries) {
        must(
          await Deno.readTextFile(join(target, name)) === wheelFiles[`tensorflow/${name}`],
          `another ${name}`,
        );
      }
      const beside = [...Deno.readDirSync(folder)].map(({ name }) => name).sort().join();
      must(beside === "a.whl,target", `it has written ${beside}`);
    },
    says: (message) => message.startsWith("the wheel ") && !message.endsWith("."),
  };
}

const studies: Reader<unknown> = {
  name: "values of study.ts",
  draw: (random) => damagedValue(random, oneOf<unknown>(random, [study, garments, mini]), true),
  read(value) {
    const plan = planOf(checkStudy(value));
    must(plan.length >= 2, "it has no stages");
    for (const { stage, parameters } of plan) {
      must(canonicalJson(JSON.parse(JSON.stringify(stage.keyed(parameters) ?? null))) !== "", "");
    }
  },
  // A line a fault, each with its place.
  says: (message) => /^study\.ts is refused:(\n {2}\S.*: [^]+)+$/.test(message),
  longest: 20_000,
};

const stages = [
  "prepare",
  "baseline",
  "tune",
  "replicate",
  "cv",
  "ablate",
  "transfer",
  "errors",
  "report",
];
/** Arguments of `tasks/run.ts`. */
export const commands: Reader<readonly string[]> = {
  name: "the command line",
  draw(random) {
    const word = (): string => {
      const text = oneOf(random, [
        "--force",
        "--jobs=2",
        "--jobs",
        "3",
        "--backend=wasm",
        "--study=studies/garments",
        "--",
        "all",
        ...stages,
      ]);
      return random.interval(2) === 0 ? damagedText(random, text) : text;
    };
    return Array.from({ length: random.interval(4) }, word);
  },
  read(args) {
    if (asksForHelp(args)) return;
    const { flags, words } = read("run", args);
    // In the order of the task.
    must(
      [undefined, "tensorflow", "wasm"].includes(backendFlag(flags.backend)),
      "another backend",
    );
    const jobs = jobsFlag(flags.jobs);
    must(Number.isSafeInteger(jobs) && jobs >= 1, `it takes ${jobs} jobs`);
    must(
      stagesNamed(words, stages, true).every((name) => stages.includes(name)),
      "another stage",
    );
    must(
      typeof flags.force === "boolean" && ["string", "undefined"].includes(typeof flags.study),
      "a flag is neither",
    );
  },
  says: (message) =>
    /^(There is no |--|"|Say `deno task |Stage \w+ is named twice|\w+ is one word too many).*(\.|=\.\.\.)$/s
      .test(message),
};

/** Looks for a finished job whose record has been damaged, in `folder`; it is found whole, or run again. */
async function finishedJobs(folder: string): Promise<Reader<string>> {
  const job: ReadyJob = {
    key: hash("a"),
    job: "fit",
    label: "one",
    declaration: "src/job.ts",
    module: "src/run.ts",
    parameters: {},
    equipment: { variant: "fast", facts: {} },
    files: {},
  };
  let ran = 0;
  const executor: Executor = {
    async run(_job, output) {
      ran++;
      await Deno.writeTextFile(join(output, "a.txt"), "made");
      return { seconds: 1, facts: { threads: 1 } };
    },
    async stop() {},
  };
  const find = () => jobRunner(folder, executor, false).run(job, () => {});
  await find();
  const path = join(folder, job.key, "job.json");
  const record = await Deno.readTextFile(path);
  return {
    name: "records of finished jobs",
    draw: (random) =>
      random.interval(2) === 0
        ? damagedText(random, record)
        : JSON.stringify(damagedValue(random, JSON.parse(record))),
    async read(text) {
      await Deno.writeTextFile(path, text);
      const before = ran;
      const { files } = await find();
      must([...files.keys()].join() === "a.txt", `it has the files ${[...files.keys()].join()}`);
      must(await Deno.readTextFile(files.get("a.txt")!.path) === "made", "it has another file");
      // What cannot be read is made again: for this reader, a refusal.
      if (ran > before) throw new Error("made again");
    },
    says: (message) => message === "made again",
  };
}

/** All readers but that of HDF5; `folder` is for those that read from disk. */
export async function allReaders(folder: string): Promise<Reader<unknown>[]> {
  const place = async (name: string) => {
    await Deno.mkdir(join(folder, name));
    return join(folder, name);
  };
  return [
    plainIdx,
    gzipIdx,
    images,
    tables,
    matrices,
    npy,
    manifests,
    jobRecords,
    await finishedJobs(await place("jobs")),
    await wheels(await place("wheel")),
    studies,
    commands,
  ];
}
