/** Stage `transfer`: networks trained on ImageNet, put to use on the study's images. @module */
import { z } from "zod";
import { int, spread, word } from "../../files/table.ts";
import { baseNetworks, heads } from "../../models/transfer.ts";
import { untrained } from "../../models/untrained.ts";
import { json, optionalGroup, table } from "../../pipeline/artifacts.ts";
import type { Shape } from "../../models/spec.ts";
import { count, oneOf, seed, settings, twice, unknownName } from "../../schema.ts";
import { job as fit } from "../../training/job.ts";
import { common, learningRate, recipe } from "../../training/recipe.ts";
import { epochColumns, modelFiles } from "../evaluated.ts";
import { accuraciesOf, scoresOf } from "../accuracies.ts";
import { metrics, scores } from "../metrics.ts";
import { prepare, preparedImages } from "../prepare/stage.ts";
import { defineRoom, type Fault, tooSmall } from "../room.ts";
import type { Basics } from "../study.ts";
import { job as drawn } from "./drawn_job.ts";
import { job as features } from "./features_job.ts";
import { randomMetric } from "./names.ts";
import { baseFaults, trainedFromFaults } from "./networks.ts";

/** A file of weights: where it is had, and what its bytes are. */
const weightFile = settings({
  name: z.string().min(1),
  /** SHA-256 or MD5 in hexadecimal. */
  digest: z.string().regex(/^([0-9a-f]{32}|[0-9a-f]{64})$/, {
    error: "expected the hexadecimal digits of a SHA-256 or of an MD5, in lower case",
  }),
  addresses: z.array(z.url()).readonly(),
  kind: z.literal("weights"),
});

/** The part of a trained network that others are built on. */
const base = settings({
  /** As in metric names: `vgg16-block3`. */
  name: z.string().regex(/^[a-z0-9-]+$/, { error: "expected lower-case letters, digits and -" }),
  network: oneOf(baseNetworks),
  /** The layer whose output is taken for features. */
  output: z.string(),
  /** How often each pixel is repeated in height and in width before the network sees it; 1 for as it is. */
  scale: count,
  weights: weightFile,
  /** The first of the layers that fine-tuning trains; those before it stay. */
  trainedFrom: z.string(),
  /** How these are trained, starting from the better head. */
  finetuned: recipe,
});

const cause = {
  /** Whether pixels are preprocessed as the base's weights expect; raw bytes otherwise. */
  preprocessing: z.boolean(),
  /** The first layer that is trained. */
  trainedFrom: z.string(),
  learningRate,
};

/** What is special about a training, in a few words for tables and charts. */
const name = z.string().min(1);

/** An experiment: a reference that works, and what is changed about it, one thing at a time. */
const causes = settings({
  /** Name of the base whose weight file is used. */
  base: z.string(),
  recipe: settings({ epochs: count, ...common }),
  /** How many images it is done with. */
  subset: settings({ train: count, validation: count }),
  reference: settings({ name, ...cause }),
  changes: z.array(settings({
    name,
    preprocessing: cause.preprocessing.optional(),
    trainedFrom: cause.trainedFrom.optional(),
    learningRate: cause.learningRate.optional(),
  })),
});

const { seed: _, ...seedless } = common;

/** An experiment: what whole networks are worth with weights that nobody trained. */
const random = settings({
  networks: z.array(oneOf(baseNetworks)).min(1),
  /** One a draw of the first weights, and of what is trained on it. */
  seeds: z.array(seed).min(2),
  /** How a softmax is trained on the features of the frozen network. */
  head: settings({ epochs: count, learningRate, ...seedless }),
  /** How many epochs, and with how many images, all layers are trained; all else as the head. */
  trained: settings({ epochs: count, subset: settings({ train: count, validation: count }) }),
});

/** What `study.ts` says of the stage. */
const said = settings({
  bases: z.array(base),
  /** Threads that compute features. */
  threads: count,
  /** How heads are trained on features. */
  head: recipe,
  causes,
  /** Left out if omitted. */
  random: random.optional(),
});

/** What became of each base. */
const baseRecord = z.strictObject({
  name: z.string(),
  file: z.string(),
  /** Whether the weights were there; without them nothing else is known. */
  available: z.boolean(),
  /** Height of the images as the network sees them. */
  pixels: z.int(),
  features: z.array(z.int()).readonly(),
  parameters: z.int(),
  /** Networks that were trained; the metrics of each begin with `transfer.<name>`. */
  networks: z.array(z.strictObject({
    /** Its base, and `linear`, `dense` or `finetuned`: `vgg16-block3.linear`. */
    name: z.string(),
    /** Of base and head together, and how many of them were trained. */
    parameters: z.int(),
    trained: z.int(),
  })),
});

const numbers = z.array(z.number());

/** One training of the experiment, and what it came to on the images held out. */
const causeRecord = z.strictObject({
  ...cause,
  losses: numbers,
  validationLosses: numbers,
  validationAccuracies: numbers,
  /** Whether every validation image got the same probabilities, to within float32's rounding. */
  constant: z.boolean(),
  /** Whether it ended early, because its loss was no finite number any more. */
  diverged: z.boolean(),
});

/** What a network with random weights is made of. */
const randomRecord = z.strictObject({
  network: z.enum(baseNetworks),
  /** Shape of the images. */
  input: z.array(z.int()).readonly(),
  features: z.array(z.int()).readonly(),
  /** Of the network and the softmax on it together, and of the softmax alone. */
  parameters: z.int(),
  head: z.int(),
});

/** See `baseRecord`. */
export type BaseRecord = z.infer<typeof baseRecord>;
/** See `causeRecord`. */
export type CauseRecord = z.infer<typeof causeRecord>;
/** See `randomRecord`. */
export type RandomRecord = z.infer<typeof randomRecord>;

/** What every image is taken for: its label, and what each network predicts. */
const predictions = table({ label: int, networks: spread(int) });

/** The networks of a base, as metrics call them. */
const networksOf = (base: string) => [...heads, "finetuned"].map((kind) => `${base}.${kind}`);

/** What is wrong with the experiment on random weights. */
function randomFaults({ random }: z.infer<typeof said>, input: Shape): Fault[] {
  if (!random) return [];
  const { networks, seeds } = random;
  return [
    ...[["networks", twice(networks)], ["seeds", twice(seeds.map(String))]].flatMap(
      ([setting = "", message]) =>
        message === undefined ? [] : [{ path: ["transfer", "random", setting], message }],
    ),
    ...networks.flatMap((network) => tooSmall(() => untrained(network, input))),
  ];
}

/** What is wrong with bases, and with what is changed about one of them. */
function transferFaults(
  { bases, causes }: z.infer<typeof said>,
  { classes }: Basics,
  input: Shape,
): Fault[] {
  const under = (at: readonly PropertyKey[], faults: readonly Fault[]): Fault[] =>
    faults.map(({ path, message }) => ({ path: ["transfer", ...at, ...path], message }));
  const names = bases.map(({ name }) => name);
  const { reference, changes } = causes;
  const same = twice(names);
  const alike = twice([reference, ...changes].map(({ name }) => name));
  const faults = [
    ...bases.flatMap((base, i) => under(["bases", i], baseFaults(base, input, classes.length))),
    ...under(["bases"], same ? [{ path: [], message: `the name ${same}` }] : []),
    ...under(["causes", "changes"], alike ? [{ path: [], message: `the name ${alike}` }] : []),
  ];
  const base = bases.find(({ name }) => name === causes.base);
  if (!base) {
    return [
      ...faults,
      ...under(["causes", "base"], [{ path: [], message: unknownName(causes.base, names) }]),
    ];
  }
  // Of a base that is wrong itself nothing more can be said.
  if (faults.length > 0) return faults;
  return [
    ...under(["causes", "reference"], trainedFromFaults(reference, base, input, classes.length)),
    ...changes.flatMap(({ trainedFrom }, i) =>
      trainedFrom === undefined ? [] : under(
        ["causes", "changes", i],
        trainedFromFaults({ trainedFrom }, base, input, classes.length),
      )
    ),
  ];
}

/** The stage. */
export const transfer = defineRoom({
  name: "transfer",
  about: "Features of ImageNet networks, heads on them, fine-tuning",
  optional: true,
  settings: said,
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (transfer, { classes }) => ({ classes, ...transfer }),
  // Neither addresses nor what the experiment's trainings are called.
  keyed: ({ bases, causes: { reference, changes, ...causes }, ...rest }) => ({
    ...rest,
    bases: bases.map(({ weights: { name, digest }, ...base }) => ({
      ...base,
      weights: { name, digest },
    })),
    causes: {
      ...causes,
      trainings: [reference, ...changes].map(({ name: _, ...cause }) => cause),
    },
  }),
  faults: (transfer, study, input) => [
    ...transferFaults(transfer, study, input),
    ...randomFaults(transfer, input),
  ],
  metrics({ bases, random }, { classes }) {
    const networks = bases.flatMap(({ name }) => networksOf(name)).map((name) =>
      `transfer.${name}`
    );
    return [
      ...networks.flatMap((network) => accuraciesOf(network, ["validation", "test"])),
      ...random?.networks.map(randomMetric) ?? [],
      ...networks.flatMap((network) => scoresOf(network, classes, false)),
    ];
  },
  reads: { ...preparedImages, form: prepare.writes.form },
  writes: {
    metrics,
    scores,
    bases: json(z.array(baseRecord)),
    /** A row an epoch of a network. */
    history: table({ network: word, ...epochColumns }),
    validationPredictions: predictions,
    testPredictions: predictions,
    /**
     * The network with the best validation accuracy whose weights take 6 MB at most in float16, in which
     * they are kept; left out where there is none.
     */
    kept: optionalGroup(modelFiles),
    /** The reference first; empty where its base could not be had. */
    causes: json(z.array(causeRecord)),
    /** Of networks with random weights; nothing where the study does not ask for them. */
    random: optionalGroup({
      networks: json(z.array(randomRecord)),
      /**
       * A row an epoch of each draw: first `frozen`, then with all layers `trained`, which has no rows where
       * the loss was no finite number any more.
       */
      history: table({ network: word, training: word, seed: int, ...epochColumns }),
      /** Of the validation images by frozen networks, by network and seed: `vgg16.43`. */
      predictions: predictions,
      /** The same by networks with all layers trained, of the validation images that they had. */
      trainedPredictions: predictions,
    }),
  },
  jobs: { features, drawn, fit },
  shows: { images: { summary: prepare.writes.summary } },
});
