/** What `deno task diff --json` prints; `docs/diff.md` tells it to people. @module */
import { z } from "zod";
import type { Json } from "../../files/digest.ts";

const text = z.string();
const accuracy = z.number();
const json: z.ZodType<Json> = z.json();
const interval = z.tuple([z.number(), z.number()]).nullable();

/** One of both sides. */
const side = z.strictObject({
  /** As it was asked for: `HEAD~1`, `the working tree`, or `run baseline.epochs=12`. */
  name: text,
  /** The commit in full; null for the working tree and for a run. */
  commit: text.nullable(),
  /** Stages whose results are not of the study and the code beside them; of a commit that is not known. */
  stale: z.array(text),
});

/** See `Change` of the pipeline. */
const change = z.strictObject({
  of: z.enum(["parameter", "form", "code", "package", "input", "variant", "compiled"]),
  name: text,
  from: json.optional(),
  to: json.optional(),
});

const stage = z.strictObject({
  stage: text,
  /**
   * `same`: made of the same, and the same came out. `remade`: made of something else, and the same came
   * out. `changed`: something else came out. `added` and `removed`: only one side has it.
   */
  state: z.enum(["same", "remade", "changed", "added", "removed"]),
  /** What it was made from and is not the same; nothing where only one side has the stage. */
  changes: z.array(change),
  /** Artifacts that are not the same, by their digests; all of them where all is asked for. */
  artifacts: z.array(z.strictObject({
    name: text,
    from: text.optional(),
    to: text.optional(),
  })),
  /** Files of other people's that one side lacked, and the other had. */
  lacking: z.array(z.strictObject({ name: text, in: z.enum(["from", "to"]) })),
  /** How it came about, where that differs: it is in no key, and no difference by itself. */
  provenance: z.array(z.strictObject({ fact: text, from: json, to: json })),
});

/** What a metric is on one side; see `Score`. */
const figure = z.strictObject({
  value: z.number().nullable(),
  interval,
  n: z.int().min(0),
});

const metric = z.strictObject({
  stage: text,
  metric: text,
  from: figure.optional(),
  to: figure.optional(),
  /** What is added to the first; Newcombe's interval where both are shares of images. */
  difference: z.strictObject({ value: z.number(), interval }).nullable(),
});

/** A threshold on one side: null where it has none. Whether what is not there holds is told by no figure. */
const bound = z.strictObject({
  threshold: z.number().nullable(),
  value: z.number().nullable(),
  holds: z.boolean().nullable(),
});

const threshold = z.strictObject({ metric: text, from: bound, to: bound });

const network = z.strictObject({
  /** What its metrics begin with. */
  network: text,
  /** McNemar's test of what both sides make of the test images; null where it cannot be done. */
  mcnemar: z.strictObject({
    images: z.int(),
    onlyFrom: z.int(),
    onlyTo: z.int(),
    p: z.number(),
    /** With Holm's method, for the number of networks. */
    corrected: z.number(),
  }).nullable(),
  /** Why it cannot. */
  why: text.nullable(),
});

/** Accuracies of a network's trainings with several seeds. */
const trainings = z.strictObject({
  seeds: z.array(text),
  mean: accuracy,
  interval,
  std: z.number(),
});

const replicated = z.strictObject({
  /** As stage `replicate` calls it. */
  network: text,
  part: z.enum(["validation", "test"]),
  from: trainings.optional(),
  to: trainings.optional(),
  /** Welch's test of both means. */
  welch: z.strictObject({ value: z.number(), interval, p: z.number() }).nullable(),
});

/** The schema of the document. */
export const diffDocument = z.strictObject({
  /** Raised when the meaning of the document changes. */
  format: z.literal(1),
  from: side,
  to: side,
  /** Whether anything does, apart from how results came about. */
  differs: z.boolean(),
  stages: z.array(stage),
  metrics: z.array(metric),
  thresholds: z.array(threshold),
  networks: z.array(network),
  seeds: z.array(replicated),
  /** What could not be compared, and why, in sentences. */
  notCompared: z.array(text),
});

/** What differs between two results of a study. */
export type Diff = z.infer<typeof diffDocument>;

/** A stage of it. */
export type StageDiff = Diff["stages"][number];

/** A metric of it. */
export type MetricDiff = Diff["metrics"][number];

/** A threshold of it. */
export type ThresholdDiff = Diff["thresholds"][number];

/** A network of it. */
export type NetworkDiff = Diff["networks"][number];

/** The trainings of a network of it. */
export type SeedsDiff = Diff["seeds"][number];
