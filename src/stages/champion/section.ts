/** The report's section on the strongest networks. @module */
import { confusedPairs } from "../../evaluation/confused_pairs.ts";
import { confusionMatrix } from "../../evaluation/confusion.ts";
import { meanOf, spreadOf } from "../../evaluation/spread.ts";
import { trainingFlop } from "../../models/computation.ts";
import { countParameters } from "../../models/shapes.ts";
import type { Explored } from "../../page/explored.ts";
import { limits } from "../../report/limits.ts";
import {
  count,
  counted,
  decimal,
  duration,
  listed,
  NONE,
  plain,
  probability,
  sideBySide,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import type { Regime } from "../../training/regime.ts";
import { metricOf, type Network, titleOf } from "../network.ts";
import { readMetadata } from "../read_metadata.ts";
import type { SectionContextOf } from "../room.ts";
import { seedSpreadOf } from "../seed_spread.ts";
import { curves, epochs, optimizerOf, pairsTable } from "../shown.ts";
import {
  accuraciesOf,
  ENSEMBLE,
  isMirrored,
  type Kept,
  keptIn,
  parts,
  predictionsOf,
} from "./figures.ts";
import { leftOutFindings, type Without, wrongByAll } from "./findings.ts";
import { frontierChart, frontierOf, type Point } from "./frontier.ts";
import { type Ingredient, trainingsOf } from "./plan.ts";
import type { champion } from "./stage.ts";

type Context = SectionContextOf<typeof champion>;

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings: { networks, seeds }, inputs } = context;
  const kept = await keptIn(inputs);
  const { provenance: { jobs } } = await inputs.manifest.read();
  const seconds = Object.values(jobs).reduce((sum, job) => sum + job.seconds, 0);
  return [
    "## The strongest networks",
    `How good can a network be that is trained here from the beginning? ${
      listed(networks.map(({ name }) => `**${name}**`))
    } ${networks.length === 1 ? "was" : "were"} trained from ${
      counted(seeds, "seed")
    } each, by a regime ` +
    `that was declared before the test images were looked at, which happened once a training, at its end. ` +
    `The last epoch counts, so nothing is chosen on validation images either; what was tried on these to ` +
    `find the regime, and what each ingredient is, is told in Atelier's \`docs/training.md\`.`,
    await networksTable(kept, context),
    ...networks.map(({ name, regime }) => regimeSentence(name, regime)),
    ...await curvesPart(context),
    ...await leftOutPart(context),
    ...errorsPart(kept, context),
    ...await computationPart(kept, context),
    `All trainings of this section took ${duration(seconds)}, summed over ${
      counted(Object.keys(jobs).length, "process", "processes")
    } of which several ran at a time.`,
  ];
}

/** Seconds that a training of a network took, on average. */
async function secondsOf({ settings, inputs }: Context, name: string): Promise<number> {
  const { provenance: { jobs } } = await inputs.manifest.read();
  return meanOf(
    trainingsOf(settings).filter(({ network }) => network === name)
      .map(({ seed }) => jobs[`${name}.${seed}`].seconds),
  );
}

/** How much each network is, and how much its training. */
async function sizesIn({ inputs }: Context) {
  const sizes = new Map((await inputs.sizes.read()).map((size) => [size.network, size]));
  return (name: string) => sizes.get(name)!;
}

/** A number of floating-point operations in units of 10^12. */
const tera = (flop: number) =>
  flop < 9.5e12 ? decimal(flop / 1e12, 1) : count(Math.round(flop / 1e12));

/** A source, as a link where it ends with an address. */
function cited(source: string): string {
  const [, text, address] = /^(.+), (https:\S+)$/.exec(source) ?? [];
  return address ? `[${plain(text)}](${address})` : plain(source);
}

/** The operations of a training that others describe, three times its forward passes; undefined where they do not tell. */
const publishedFlop = (
  { multiplications, epochs, images }: {
    readonly multiplications?: number;
    readonly epochs?: number;
    readonly images?: number;
  },
): number | undefined =>
  multiplications && epochs && images ? 6 * multiplications * epochs * images : undefined;

/** Each network with its accuracies, what it takes, and the ensemble. */
async function networksTable(kept: Kept, context: Context): Promise<string> {
  const { settings, inputs } = context;
  const { networks, seeds, ensemble } = settings;
  const sizeOf = await sizesIn(context);
  const metrics = await inputs.metrics.read();
  const cell = (network: string, mirrored: boolean, part: typeof parts[number]) => {
    const { mean, low, high } = spreadOf(accuraciesOf(kept, part, network, mirrored));
    return withInterval(mean, [low, high]);
  };
  const rows = await Promise.all(
    networks.flatMap(({ name, regime: { evaluation } }) =>
      (evaluation === undefined ? [false] : [true, false]).map(async (mirrored, i) => {
        const size = sizeOf(name);
        const words = mirrored ? ", with mirror images" : evaluation ? ", images as they are" : "";
        return [
          `${plain(name)}${words}`,
          cell(name, mirrored, "validation"),
          cell(name, mirrored, "test"),
          ...(i === 0
            ? [
              count(size.parameters),
              decimal(size.multiplications / 1e6, 1),
              tera(size.flop),
              duration(await secondsOf(context, name)),
            ]
            : ["", "", "", ""]),
        ];
      })
    ),
  );
  const size = sizeOf(ensemble);
  const together = parts.map((part) => {
    const { value, interval } = metricOf(metrics, `champion.${ENSEMBLE}.${part}.accuracy`);
    return withInterval(value, interval);
  });
  return table(
    [
      "Network",
      "validation [95%]",
      "test [95%]",
      "parameters",
      "million multiplications an image",
      "TFLOP of a training",
      "time of a training",
    ],
    [...rows, [
      `${counted(seeds, "training")} of ${plain(ensemble)} together`,
      ...together,
      count(seeds * size.parameters),
      decimal(seeds * size.multiplications / 1e6, 1),
      tera(seeds * size.flop),
      "",
    ]],
  );
}

/** What a regime is, in a sentence. */
function regimeSentence(name: string, regime: Regime): string {
  const { augmentation: changes = {}, schedule, averaging } = regime;
  const { mirror, translation, erasing } = changes;
  const changed = [
    ...(mirror ? [mirror === "alternating" ? "mirrored by turns" : "mirrored at random"] : []),
    ...(translation ? [`moved by up to ${counted(translation, "pixel")}`] : []),
    ...(erasing
      ? [`in ${Math.round(100 * erasing.probability)}% of cases with a rectangle painted over`]
      : []),
  ];
  const nesterov = regime.optimizer.type === "sgd" && regime.optimizer.nesterov;
  return `**${plain(name)}**: ${epochs(regime.epochs)} in batches of ${regime.batchSize} with ` +
    `${optimizerOf(regime)}${nesterov ? ", Nesterov's" : ""}; ${
      schedule.type === "constant"
        ? `a learning rate of ${regime.learningRate}`
        : `a learning rate that rises to ${regime.learningRate} in ${
          Math.round(100 * schedule.warmup)
        }% of the steps and falls ${schedule.type === "linear" ? "in a line" : "along a cosine"}`
    }; ${changed.length > 0 ? `images ${listed(changed)}` : "images as they are"}` +
    (averaging?.type === "lastEpochs"
      ? `; the weights after the last ${epochs(averaging.epochs)} averaged`
      : averaging
      ? "; the weights of all steps averaged, the later ones counting more"
      : "") +
    `; ${
      regime.precision === "bfloat16"
        ? "products in bfloat16, sums and weights in float32"
        : "computed in float32"
    }.`;
}

/** How each network's first training went. */
async function curvesPart(context: Context): Promise<string[]> {
  const { settings: { networks }, inputs } = context;
  const history = await inputs.history.read();
  return sideBySide(
    await Promise.all(networks.map(({ name, regime }) =>
      curves(
        `champion-${name}`,
        `${titleOf(`champion.${name}`)} while it learns`,
        history.filter(({ network, seed }) => network === name && seed === regime.seed)
          .map((epoch) => ({ ...epoch, kept: epoch.epoch === regime.epochs })),
        context,
      )
    )),
  );
}

/** What each ingredient is called. */
const names: { readonly [I in Ingredient]: string } = {
  none: "the whole regime",
  schedule: "the schedule (a constant rate in its place)",
  nesterov: "Nesterov's momentum (plain momentum in its place)",
  mirror: "mirror images",
  translation: "translation",
  erasing: "erasing",
  labelSmoothing: "label smoothing",
  l2: "the L2 penalty",
  averaging: "averaged weights",
  bfloat16: "bfloat16 (float32 in its place)",
};

const nameOf = (ingredient: string): string =>
  Object.entries(names).find(([key]) => key === ingredient)?.[1] ?? ingredient;

/** What each ingredient adds: the regime without it, shortened. */
async function leftOutPart({ settings, inputs }: Context): Promise<string[]> {
  const { seeds, leaveOneOut: { network, epochs: short, subset } } = settings;
  const predictions = await inputs.leftOutPredictions.read();
  const [whole, ...others] = leftOutFindings(
    await inputs.leftOut.read(),
    predictions,
    await inputs.validationLabels.read(),
  );
  const row = ({ ingredient, accuracies, adds }: Without) => {
    const { mean, low, high } = spreadOf(accuracies);
    return [
      adds ? `without ${nameOf(ingredient)}` : nameOf(ingredient),
      withInterval(mean, [low, high]),
      adds ? withInterval(adds.value, [adds.low, adds.high], signed) : NONE,
      adds ? probability(adds.corrected) : NONE,
    ];
  };
  const told = (positive: boolean) =>
    others.filter(({ adds }) => adds!.told && (adds!.value > 0) === positive)
      .map(({ ingredient, adds }) => `${nameOf(ingredient)} (${signed(adds!.value)})`);
  const open = others.filter(({ adds }) => !adds!.told).map(({ ingredient }) => nameOf(ingredient));
  const [help, harm] = [told(true), told(false)];
  return [
    "### What each ingredient adds",
    `The training of ${plain(network)}, shortened: ${epochs(short)} on ${
      counted(subset.train, "image")
    }, from ${
      counted(seeds, "seed")
    }, and the same without one ingredient at a time. Accuracies are of ` +
    `${
      counted(subset.validation, "validation image")
    }; the test images have no part in it. Differences are compared by Welch's test, p corrected with ` +
    `Holm's method for ${
      counted(others.length, "ingredient")
    }. A short training is not a long one: what ` +
    `keeps a network from learning its images by heart has less to do in it.`,
    table(
      ["Regime", "validation accuracy [95%]", "the ingredient adds [95%]", "p"],
      [whole, ...others].map(row),
    ),
    [
      help.length > 0
        ? `More than the spread of seeds is what ${listed(help)} ${
          help.length === 1 ? "adds" : "add"
        }.`
        : "",
      harm.length > 0 ? `So short a training is better off without ${listed(harm)}.` : "",
      open.length > 0
        ? `${counted(seeds, "seed")} do not tell that ${listed(open)} ${
          open.length === 1 ? "makes" : "make"
        } a difference.`
        : "",
    ].filter((part) => part !== "").join(" "),
  ];
}

/** Which errors remain, of the best of the networks. */
function errorsPart(
  kept: Kept,
  { settings, study: { classes } }: Context,
): string[] {
  const { ensemble } = settings;
  const truth = kept.testLabels.data;
  const seeds = predictionsOf(kept, "test", ensemble, isMirrored(settings, ensemble));
  const { all, any } = wrongByAll(truth, seeds);
  const together = kept.ensemble.testPredictions.data;
  const pairs = confusedPairs(confusionMatrix(truth, together, classes.length));
  const wrong = pairs.reduce((sum, { images }) => sum + images, 0);
  if (wrong === 0) return [];
  const shown = pairs.slice(0, limits.pairs);
  return [
    "### Which errors remain",
    `Of ${counted(truth.length, "test image")}, ${
      count(wrong)
    } are taken for another class by the trainings of ` +
    `${plain(ensemble)} together; ${count(all)} by every single one of them, ${
      count(any)
    } by one at least. ` +
    `${
      shown.length < pairs.length
        ? `The ${shown.length} pairs of classes that are confused most are ` +
          `${
            Math.round(100 * shown.reduce((sum, { images }) => sum + images, 0) / wrong)
          }% of these errors`
        : "These are all"
    } (the share is that of the true class's images):`,
    pairsTable(shown, classes),
  ];
}

/** Accuracy against computation and size, with the networks of others. */
async function computationPart(kept: Kept, context: Context): Promise<string[]> {
  const { settings: { published = [] }, figure } = context;
  const points: Point[] = [
    ...await ownPoints(kept, context),
    ...await otherPoints(context),
    ...published.map(({ name, accuracy, parameters, source, remark, ...of }): Point => ({
      ...{ kind: "published", name, accuracy, parameters, source, remark },
      flop: publishedFlop(of),
    })),
  ];
  const frontier = frontierOf(points, "flop");
  const own = frontier.filter(({ kind }) => kind === "study").map(({ name }) => plain(name));
  return [
    "### Accuracy against computation",
    `A training's floating-point operations are counted from its network: two for each multiplication of a ` +
    `step, forward and for the gradients, of every image of every epoch` +
    (published.length > 0
      ? "; for those that others have published, three times the forward pass"
      : "") +
    `. The line joins networks that none beats with as little.` +
    (own.length > 0
      ? ` Of this study, ${listed(own)} ${own.length === 1 ? "lies" : "lie"} on it, by computation.`
      : " Of this study, none lies on it, by computation."),
    await figure(
      "champion-computation",
      frontierChart("Accuracy and what it takes", points),
      "Test accuracy of networks against the computation of their training, and against their parameters",
    ),
    ...(published.length > 0
      ? [
        "Published figures are their authors', chosen and averaged as they say; a training that picks its best " +
        "epoch on the test images has a figure that is too high.",
        table(
          ["Published network", "test accuracy", "parameters", "TFLOP", "which training", "source"],
          published.map(({ name, accuracy, parameters, source, remark, ...of }) => {
            const flop = publishedFlop(of);
            return [
              plain(name),
              decimal(accuracy),
              parameters === undefined ? NONE : count(parameters),
              flop === undefined ? NONE : tera(flop),
              plain(remark ?? ""),
              cited(source),
            ];
          }),
        ),
      ]
      : []),
  ];
}

/** This stage's networks as points. */
async function ownPoints(kept: Kept, context: Context): Promise<Point[]> {
  const { settings, inputs } = context;
  const { networks, seeds, ensemble } = settings;
  const sizeOf = await sizesIn(context);
  const { value, interval } = metricOf(
    await inputs.metrics.read(),
    `champion.${ENSEMBLE}.test.accuracy`,
  );
  const size = sizeOf(ensemble);
  return [
    ...networks.map(({ name }): Point => {
      const own = accuraciesOf(kept, "test", name, isMirrored(settings, name));
      const { mean, low, high } = spreadOf(own);
      const { parameters, flop } = sizeOf(name);
      return { kind: "study", name, accuracy: mean, interval: [low, high], parameters, flop };
    }),
    {
      kind: "study",
      name: `${seeds} × ${ensemble}`,
      accuracy: value,
      interval: interval ?? undefined,
      parameters: seeds * size.parameters,
      flop: seeds * size.flop,
    },
  ];
}

/** The networks of other stages as points, as far as the study has them; a base's own training is not counted. */
async function otherPoints({ shows }: Context): Promise<Point[]> {
  const summary = await shows.summary.read();
  const images = summary?.shapes.train[0] ?? 0;
  const others = [
    { of: shows.baseline, epochs: (await shows.baseline.history.read())?.length },
    { of: shows.winner, epochs: (await shows.winner.history.read())?.length },
    { of: shows.transferred, epochs: undefined },
  ];
  const points = await Promise.all(others.map(async ({ of, epochs }): Promise<Point[]> => {
    const text = await of.model.read();
    const metrics = await of.metrics.read();
    if (text === undefined || metrics === undefined) return [];
    const { metadata: { network, model } } = readMetadata(text);
    const { value, interval } = metricOf(metrics, `${network}.test.accuracy`);
    return [{
      kind: "study",
      name: titleOf(network),
      accuracy: value,
      interval: interval ?? undefined,
      parameters: countParameters(model),
      flop: epochs === undefined ? undefined : trainingFlop(model, images, epochs),
    }];
  }));
  return points.flat();
}

/** The networks, and their trainings together. */
export async function networks(context: Context): Promise<Network[]> {
  const { settings, inputs } = context;
  const kept = await keptIn(inputs);
  const metrics = await inputs.metrics.read();
  const sizeOf = await sizesIn(context);
  const labels = kept.testLabels.data;
  const predictionsBy = (predicted: ArrayLike<number>) =>
    Array.from(labels, (label, i) => ({ label, predicted: predicted[i] }));
  const singles = await Promise.all(settings.networks.map(async ({ name }): Promise<Network> => {
    const mirrored = isMirrored(settings, name);
    const id = `champion.${name}`;
    const [validation, test] = parts.map((part) =>
      seedSpreadOf(
        name,
        part,
        kept[`${part}Labels`].data,
        predictionsOf(kept, part, name, mirrored),
      )
    );
    const { parameters } = sizeOf(name);
    return {
      id,
      title: titleOf(id) + (mirrored ? ", with mirror images" : ""),
      validation: metricOf(metrics, `${id}.validation.accuracy`),
      test: metricOf(metrics, `${id}.test.accuracy`),
      spread: { validation, test },
      parameters,
      trained: parameters,
      seconds: await secondsOf(context, name),
      final: true,
      predictions: predictionsBy(predictionsOf(kept, "test", name, mirrored)[0]),
    };
  }));
  const { parameters } = sizeOf(settings.ensemble);
  return [...singles, {
    id: `champion.${ENSEMBLE}`,
    title: titleOf(`champion.${ENSEMBLE}`),
    validation: metricOf(metrics, `champion.${ENSEMBLE}.validation.accuracy`),
    test: metricOf(metrics, `champion.${ENSEMBLE}.test.accuracy`),
    parameters: settings.seeds * parameters,
    trained: settings.seeds * parameters,
    final: true,
    predictions: predictionsBy(kept.ensemble.testPredictions.data),
  }];
}

/** What the strongest network reaches. */
export async function finding(context: Context): Promise<string> {
  const { settings, inputs } = context;
  const kept = await keptIn(inputs);
  const best = settings.networks.map(({ name }) => ({
    name,
    ...spreadOf(accuraciesOf(kept, "test", name, isMirrored(settings, name))),
  })).toSorted((a, b) => b.mean - a.mean)[0];
  const { parameters } = (await sizesIn(context))(best.name);
  const { value } = metricOf(await inputs.metrics.read(), `champion.${ENSEMBLE}.test.accuracy`);
  return `**The strongest network trained here, ${plain(best.name)}, gets ${
    decimal(best.mean)
  } of the test images right** (mean of ${counted(settings.seeds, "seed")}; ${
    count(parameters)
  } parameters, ${duration(await secondsOf(context, best.name))} a training); ${
    counted(settings.seeds, "training")
  } of ${plain(settings.ensemble)} together ${decimal(value)}.`;
}

/** How each network's trainings went. */
export async function explored({ settings: { networks }, inputs }: Context): Promise<Explored> {
  const history = await inputs.history.read();
  return {
    curves: networks.map(({ name, regime }) => ({
      title: titleOf(`champion.${name}`),
      epochs: history.filter(({ network, seed }) => network === name && seed === regime.seed),
    })),
  };
}
