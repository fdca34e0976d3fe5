/** What all stages may know of a study. @module */
import { z } from "zod";
import { dataDescription } from "../data/description.ts";
import { count, settings, twice } from "../schema.ts";
import { values } from "../tuning/schema.ts";

const accuracy = z.number().min(0).max(1);
const parametersByLayer = z.record(z.string(), count);

/** What an original study reports. */
const published = settings({
  /** Who reports it, for headings. */
  source: z.string().min(1),
  /** Who it is by, what it did and with what, in sentences, for the beginning of the report. */
  about: z.string().min(1).optional(),
  /** Accuracies by the name of the metric that answers them; `n` is the number of images behind one. */
  figures: z.record(z.string(), settings({ value: accuracy, n: count })).optional(),
  /** Parameters of its LeNet-5 by layer. */
  lenet5Parameters: parametersByLayer.optional(),
  /** The best values that its search found; what it does not tell is taken from the winner here. */
  winner: values.optional(),
  /** Parameters of its tuned network by layer. */
  tunedParameters: parametersByLayer.optional(),
  /** Accuracies on training and validation images of its transfer learning, by the base that answers it. */
  transfer: z.record(z.string(), settings({ train: accuracy, validation: accuracy })).optional(),
  /** Shape of the images that it says it gave to these networks, `[height, width, channels]`. */
  transferInput: z.tuple([count, count, count]).optional(),
  /** Duplicate rows that it found. */
  duplicates: z.int().min(0).optional(),
});

/** What a study says besides what it says of its stages. */
export const basics = {
  /** Heading of the report. */
  title: z.string().min(1),
  data: dataDescription,
  /** Names of the classes, in the order of their labels. */
  classes: z.array(z.string().min(1)).min(2).max(256).refine((names) => !twice(names), {
    error: ({ input }) => twice(z.array(z.string()).parse(input)),
  }),
  /** Least value of a metric, or the most of a log loss, by its name; asserted by the tests and shown in the report. */
  thresholds: z.record(z.string(), z.number()),
  /** Of an original study, where there is one to compare with; nothing speaks of it if omitted. */
  published: published.optional(),
};

/** See `basics`. */
export type Basics = Readonly<z.infer<z.ZodObject<typeof basics>>>;

/** A study with what it says of its stages, each by its name and as its own settings say. */
export type Whole = Basics & { readonly [stage: string]: unknown };
