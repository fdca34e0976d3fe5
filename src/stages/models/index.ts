/** What `results/models.json` holds: every network that can be used, and all that its use takes. @module */
import { z } from "zod";
import { imageForm } from "../../data/form.ts";

const accuracy = z.strictObject({
  value: z.number(),
  /** 95%, Wilson's. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Images behind it. */
  n: z.int(),
});

/** On images that the network has not learnt from. */
const accuracies = z.strictObject({ validation: accuracy, test: accuracy });

/** A file, by its path from `models.json`, and its SHA-256. */
const file = z.strictObject({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

const usual = z.strictObject({ median: z.number(), limit: z.number() });
const share = z.number().min(0).max(1);

/** When an image is unlike those that a network learnt from; see `src/evaluation/likeness.ts`. */
export const likeness = z.strictObject({
  /** The layer whose output is looked at; none where its values are too many. */
  layer: z.string().optional(),
  /** Distances, of the picture and of what that layer makes of it: the median and the limit of the validation images. */
  picture: usual,
  features: usual.optional(),
  /** Shares of the validation and the test images that are called unlike. */
  unlike: z.strictObject({ validation: share, test: share }),
});

const network = z.strictObject({
  /** What the names of its metrics begin with: `tune.winner`. */
  name: z.string(),
  /** What the report calls it. */
  title: z.string(),
  parameters: z.int(),
  files: z.strictObject({
    /** A TensorFlow.js layers model, and its weights. */
    model: file,
    weights: file,
    /** Where the training images lie, for `likeness`. */
    picture: file,
    classes: file.optional(),
    all: file.optional(),
  }),
  /** Of the kernels as they are kept; all other weights are float32. */
  precision: z.enum(["float32", "float16"]),
  /** Of what is kept. */
  accuracy: accuracies,
  /** Of the network as it was trained, where it is kept in less precision. */
  trained: accuracies.optional(),
  /** By what to divide what its softmax is given, so that probabilities can be believed. */
  temperature: z.number().positive(),
  /** Where that was fitted on the validation images: by stage `errors`, or by this one where that one has none. */
  temperatureFrom: z.enum(["errors", "models"]),
  likeness,
});

/** See `network`. */
export type ListedNetwork = z.infer<typeof network>;

/** The schema of the file. */
export const modelsFile = z.strictObject({
  format: z.literal(1),
  study: z.string(),
  /** Of the drawn garments: then nothing here says anything about real images. */
  synthetic: z.boolean(),
  /** Names of the classes, in the order of every network's output. */
  classes: z.array(z.string()),
  /** What every network reads: the shape of an image, without the axis of images, and what its numbers are. */
  input: z.strictObject({
    shape: z.array(z.int()),
    type: z.literal("uint8"),
    meaning: z.string(),
  }),
  /** How a picture is made that; see `src/data/preprocess.ts`. */
  preprocessing: imageForm,
  /** The one with the best validation accuracy. */
  best: z.string(),
  networks: z.array(network),
});

/** See `modelsFile`. */
export type ModelsFile = z.infer<typeof modelsFile>;

/** Networks from the best by validation accuracy on; of equal ones the first comes first. */
export const bestFirst = (networks: readonly ListedNetwork[]): ListedNetwork[] =>
  networks.toSorted((a, b) => b.accuracy.validation.value - a.accuracy.validation.value);
