/**
 * What the section says of networks with random weights, and of what explains an original study's
 * figures: every sentence is chosen by the numbers.
 *
 * @module
 */
import { anotherDraw, otherImages } from "../../evaluation/draws.ts";
import type { Interval } from "../../evaluation/intervals.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { meanOf } from "../../evaluation/spread.ts";
import {
  counted,
  decimal,
  duration,
  listed,
  NONE,
  plain,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { metricOf, type Network } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { epochs, optimizerOf } from "../shown.ts";
import type { Basics } from "../study.ts";
import { randomMetric } from "./names.ts";
import type { transfer } from "./stage.ts";
import { type Figures, figuresCell, titles } from "./titles.ts";

type Context = SectionContextOf<typeof transfer>;
type Settings = NonNullable<Context["settings"]["random"]>;
type Architecture = Settings["networks"][number];

/** Epochs that the table shows, the last one besides. */
const MOST_EPOCHS = 10;

/** An interval that is wider holds nearly any figure, so that a figure in it says nothing. */
const WIDEST = 0.5;

/** What may have led to a figure, and whether it does here. */
interface Explanation {
  /** What the table calls it. */
  readonly words: string;
  /** The same in a sentence that tells already whose weights it begins with. */
  readonly short: string;
  /** Whether it begins with random weights. */
  readonly random: boolean;
  readonly here?: Partial<Figures>;
  /** Where the validation accuracy of another such run would lie. */
  readonly interval?: Interval;
  readonly fits: "yes" | "no" | "too wide" | "not tried";
}

/** What an original study reports of a network, and what may explain it. */
interface Explained {
  readonly title: string;
  readonly theirs: Figures;
  /** Frozen random weights first, then trained ones. */
  readonly explanations: readonly Explanation[];
  /** The epochs of the frozen network after which its figures are like the original study's. */
  readonly fitting: readonly number[];
}

/** Epochs of several draws, at once. */
interface EpochOfDraws extends Figures {
  readonly epoch: number;
  /** Where the figures of another draw would lie. */
  readonly another: { readonly train: Interval; readonly validation: Interval };
}

const either = (words: readonly string[]) =>
  new Intl.ListFormat("en", { type: "disjunction" }).format(words);

const holds = ({ low, high }: Interval, value: number) => low <= value && value <= high;

const bounds = ({ low, high }: Interval) => `[${decimal(low)}, ${decimal(high)}]`;

/** Whether an original study gave its networks images for which Keras has no weights of ImageNet. */
function takesNoWeights(published: Basics["published"]): boolean {
  const channels = published?.transferInput?.at(-1);
  return channels !== undefined && channels !== 3;
}

/** Networks with random weights that stayed as they were drawn, means over the draws; none where the study has none. */
export async function randomNetworks(context: Context): Promise<Network[]> {
  const { settings: { random }, study: { published }, inputs } = context;
  const records = await inputs.random.networks.read();
  if (!random || !records) return [];
  const { provenance: { jobs } } = await inputs.manifest.read();
  const metrics = await inputs.metrics.read();
  const publishedAs = (network: Architecture) => {
    const figures = published?.transfer?.[network];
    return figures && { of: titles[network], ...figures };
  };
  return records.map(({ network, parameters, head }) => ({
    id: `transfer.${network}.random`,
    title: `${titles[network]}, random weights`,
    published: publishedAs(network),
    validation: metricOf(metrics, randomMetric(network)),
    runs: random.seeds.length,
    parameters,
    trained: head,
    seconds: meanOf(random.seeds.map((seed) => jobs[`${network}.random${seed}`].seconds)),
    final: true,
    remark:
      "Networks with random weights stayed as they were drawn, and a softmax on them was trained." +
      (published?.transfer?.[network] && takesNoWeights(published)
        ? " Most likely those of the original study had random weights, too."
        : ""),
  }));
}

/** What random weights explain, if they explain anything. */
export async function randomFinding(context: Context): Promise<string | undefined> {
  const { study: { published }, settings: { random }, inputs } = context;
  const records = await inputs.random.networks.read();
  if (!random || !records) return undefined;
  const courses = await Promise.all(records.map(({ network }) => courseOf(network, context)));
  const given = (await explainedBy(courses, context)).filter(byRandom);
  if (given.length === 0) return undefined;
  const figures = listed(given.map(({ title, theirs, explanations }) => {
    const { here, short } = explanations.find(({ random, fits }) => random && fits === "yes")!;
    return `${title} ${short} comes to ${figuresCell(here)} (it reports ${figuresCell(theirs)})`;
  }));
  return takesNoWeights(published)
    ? `**Most likely the original study transferred nothing**: with random weights in place of ` +
      `ImageNet's, ${figures}; these are accuracies on training and on validation images.`
    : `**Random weights give what the original study reports of ${
      listed(given.map(({ title }) => title))
    }**: ${figures}; these are accuracies on training and on validation images.`;
}

/** The part of the section; nothing where the study does not ask for it. */
export async function randomPart(context: Context): Promise<string[]> {
  const { settings: { random }, study: { published }, inputs } = context;
  const records = await inputs.random.networks.read();
  if (!random || !records) return [];
  const courses = await Promise.all(records.map(({ network }) => courseOf(network, context)));
  const explained = await explainedBy(courses, context);
  const refused = explained.length > 0 && takesNoWeights(published);
  return [
    explained.length === 0
      ? "### Whole networks with random weights"
      : refused && explained.every(byRandom)
      ? "### The transfer that was none"
      : "### Was anything transferred?",
    ...(refused ? [inference(published!.transferInput!)] : []),
    described(random, records[0].input, records.map(({ network }) => titles[network])),
    epochsTable(courses),
    ...courses.map((course) => trainedSentence(course, random)),
    await featureTimes(random, context),
    ...(explained.length === 0 ? [] : [
      "What may have led to the original study's figures, and whether it does so here. An explanation " +
      "fits if their validation accuracy lies where that of another such run would lie, measured on as " +
      "many other images; of frozen networks with random weights, if both accuracies do after the " +
      "same epoch. Of what was done once, only the images are counted, not how much another run would " +
      "differ.",
      explanationsTable(explained),
      conclusions(explained, refused, await bestTransferred(context)),
      unknown(explained),
    ]),
  ];
}

/** Why an original study most likely had no weights of ImageNet. */
const inference = (shape: readonly number[]) =>
  `The original study says that it gave its pre-trained networks images of ${shape.join(" x ")}. ` +
  `Keras refuses ImageNet's weights for any number of channels but three ("The input must have 3 ` +
  `channels"). So most likely these networks were built without weights (\`weights=None\`), and ` +
  `**nothing was transferred**. That is an inference from what the study tells; what such networks ` +
  `come to can be tried.`;

/** What was done. */
function described(
  { networks, seeds, head, trained }: Settings,
  shape: readonly number[],
  names: readonly string[],
): string {
  const them = networks.length === 1 ? "it" : "them";
  const steps = `${optimizerOf(head)} at a learning rate of ${head.learningRate}`;
  const subset = counted(trained.subset.train, "image");
  return `${listed(names)}, whole, as Keras builds ${them} without weights for images of ` +
    `${
      shape.join(" x ")
    }: kernels are drawn as Keras draws them (Glorot's uniform distribution), ` +
    `biases are 0, batch normalisation is at its start. Bytes are divided by 255, as for the study's ` +
    `own networks. Frozen: features of all images are computed once, and a softmax on them is trained ` +
    `for ${epochs(head.epochs)} (${steps}, batches of ${head.batchSize}). All layers trained: ` +
    `${
      epochs(trained.epochs)
    } of ${subset}, all else alike. Both were done with ${seeds.length} draws ` +
    `of all weights. Figures are means over the draws: accuracies of training images, while they are ` +
    `learnt from, and of validation images. Beside them stands where the validation accuracy of ` +
    `another draw would lie.`;
}

/** How long the features of a draw took. */
async function featureTimes({ networks, seeds }: Settings, { inputs }: Context): Promise<string> {
  const { provenance: { jobs } } = await inputs.manifest.read();
  const times = networks.map((network) => {
    const seconds = seeds.map((seed) => jobs[`${network}.random${seed}.features`].seconds);
    return `${duration(meanOf(seconds))} for ${titles[network]}`;
  });
  return `Computing the features of a draw took ${listed(times)} on average.`;
}

const byRandom = ({ explanations }: Explained) =>
  explanations.some(({ random, fits }) => random && fits === "yes");

/** How a network with random weights did, epoch by epoch. */
interface Course {
  readonly network: Architecture;
  readonly title: string;
  readonly frozen: readonly EpochOfDraws[];
  /** With all layers trained; empty where the loss of a draw was no number any more. */
  readonly trained: readonly EpochOfDraws[];
  /** How many draws, trained so, took all images for the same class. */
  readonly constant: number;
}

/** What the artifacts tell of one network. */
async function courseOf(network: Architecture, { settings, inputs }: Context): Promise<Course> {
  const { seeds } = settings.random!;
  const history = (await inputs.random.history.read() ?? [])
    .filter((row) => row.network === network);
  const predictions = {
    frozen: await inputs.random.predictions.read() ?? [],
    trained: await inputs.random.trainedPredictions.read() ?? [],
  };
  const epochsOf = (training: "frozen" | "trained"): EpochOfDraws[] => {
    const images = predictions[training].length;
    const own = history.filter((row) => row.training === training);
    if (seeds.some((seed) => !own.some((row) => row.seed === seed))) return [];
    return [...Map.groupBy(own, ({ epoch }) => epoch)].map(([epoch, rows]) => {
      const train = rows.map(({ accuracy }) => accuracy);
      const validation = rows.map(({ validationAccuracy }) => validationAccuracy);
      return {
        epoch,
        train: meanOf(train),
        validation: meanOf(validation),
        another: {
          train: anotherDraw(train, images),
          validation: anotherDraw(validation, images),
        },
      };
    });
  };
  const constant = seeds.filter((seed) => {
    const classes = predictions.trained.flatMap(({ networks }) =>
      networks[`${network}.${seed}`] ?? []
    );
    return new Set(classes).size === 1;
  });
  return {
    network,
    title: titles[network],
    frozen: epochsOf("frozen"),
    trained: epochsOf("trained"),
    constant: constant.length,
  };
}

function epochsTable(courses: readonly Course[]): string {
  const [{ frozen }] = courses;
  const last = frozen.length - 1;
  return table(
    ["Epoch", ...courses.flatMap(({ title }) => [`${title}, frozen`, "another draw [95%]"])],
    frozen.flatMap(({ epoch }, i) =>
      i < MOST_EPOCHS || i === last
        ? [[
          epoch,
          ...courses.flatMap(({ frozen }) => [
            figuresCell(frozen[i]),
            bounds(frozen[i].another.validation),
          ]),
        ]]
        : []
    ),
  );
}

/** How the network did whose layers were all trained. */
function trainedSentence(
  { title, trained, constant }: Course,
  { seeds, trained: { subset } }: Settings,
): string {
  const last = trained.at(-1);
  if (!last) return `${title} with all layers trained: the loss of a draw was no number any more.`;
  return `${title} with all layers trained comes to ${figuresCell(last)} ` +
    `${bounds(last.another.validation)}, validated on ${counted(subset.validation, "image")}` +
    (constant === 0
      ? "."
      : `, and takes all of them for one class in ${
        constant === seeds.length ? "every draw" : `${constant} of ${seeds.length} draws`
      }.`);
}

/** What may explain each figure that the original study reports of these networks. */
async function explainedBy(courses: readonly Course[], context: Context): Promise<Explained[]> {
  const { settings, study: { published }, inputs } = context;
  const { subset } = settings.random!.trained;
  const { causes } = settings;
  const bases = await inputs.bases.read();
  const metrics = await inputs.metrics.read();
  const history = await inputs.history.read();
  const tried = await inputs.causes.read();
  return courses.flatMap(({ network, title, frozen, trained }): Explained[] => {
    const theirs = published?.transfer?.[network];
    if (!theirs) return [];
    const randomly = judge(
      { words: "random weights, frozen", short: "frozen" },
      frozen,
      theirs,
      ["train", "validation"],
    );
    const wholly = judge(
      {
        words: `random weights, all layers trained on ${counted(subset.train, "image")}`,
        short: "with all layers trained",
      },
      trained,
      theirs,
      // The other one depends on how many images there are to learn from.
      ["validation"],
    );
    /** One run, which fits if it may well come to their figure on other images. */
    const run = (
      short: string,
      here: Partial<Figures> & { readonly validation: number },
      images: number,
    ): Explanation => {
      const interval = otherImages(here.validation, images);
      return {
        words: `ImageNet's weights, ${short}`,
        short,
        random: false,
        here,
        interval,
        fits: holds(interval, theirs.validation) ? "yes" : "no",
      };
    };
    const known = settings.bases.filter((base) => base.network === network);
    const imagenet = known.flatMap(({ name }) => {
      const networks = bases.find((base) => base.name === name)?.networks ?? [];
      return networks.map(({ name }) => {
        const { value, n } = metricOf(metrics, `transfer.${name}.validation.accuracy`);
        const { accuracy: train } = history.find((row) => row.network === name && row.kept)!;
        return run(`\`${name}\``, { train, validation: value }, n);
      });
    });
    const untried = known.filter(({ name }) => bases.some((b) => b.name === name && !b.available))
      .map(({ name }): Explanation => ({
        words: `ImageNet's weights, \`${name}\``,
        short: `\`${name}\``,
        random: false,
        fits: "not tried",
      }));
    const changed = known.some(({ name }) => name === causes.base)
      ? causes.changes.flatMap(({ name }, i) => {
        // The first one tried is the reference.
        const validation = tried.at(i + 1)?.validationAccuracies.at(-1);
        if (validation === undefined) return [];
        return [run(`"${plain(name)}"`, { validation }, causes.subset.validation)];
      })
      : [];
    return [{
      title,
      theirs,
      explanations: [
        randomly.explanation,
        wholly.explanation,
        ...imagenet,
        // Those that do not fit are shown in the experiment's own table.
        ...changed.filter(({ fits }) => fits === "yes"),
        ...untried,
      ],
      fitting: randomly.fitting,
    }];
  });
}

/** Whether draws of a network explain figures, after which epoch best, and after which ones at all. */
function judge(
  { words, short }: Pick<Explanation, "words" | "short">,
  draws: readonly EpochOfDraws[],
  theirs: Figures,
  by: readonly (keyof Figures)[],
): { explanation: Explanation; fitting: number[] } {
  const holding = draws.filter(({ another }) =>
    by.every((which) => holds(another[which], theirs[which]))
  );
  const telling = holding.filter(({ another }) =>
    by.every((which) => another[which].high - another[which].low <= WIDEST)
  );
  const distance = (figures: Figures) =>
    by.reduce((sum, which) => sum + Math.abs(figures[which] - theirs[which]), 0);
  const [best] = [telling, holding, draws].find((some) => some.length > 0)
    ?.toSorted((a, b) => distance(a) - distance(b)) ?? [];
  return {
    explanation: {
      words: best ? `${words}, epoch ${best.epoch}` : words,
      short,
      random: true,
      here: best,
      interval: best?.another.validation,
      fits: telling.length > 0 ? "yes" : holding.length > 0 ? "too wide" : "no",
    },
    fitting: telling.map(({ epoch }) => epoch),
  };
}

const verdicts = {
  "yes": "yes",
  "no": "**no**",
  "too wide": "too wide to tell",
  "not tried": "not tried: weights not there",
} as const;

const explanationsTable = (explained: readonly Explained[]) =>
  table(
    ["Network", "Explanation", "here", "another run [95%]", "fits"],
    explained.flatMap(({ title, theirs, explanations }) =>
      explanations.map(({ words, here, interval, fits }) => [
        `${title}: ${figuresCell(theirs)}`,
        words,
        figuresCell(here),
        interval ? bounds(interval) : NONE,
        verdicts[fits],
      ])
    ),
  );

/** A network that does begin with ImageNet's weights. */
interface Transferred {
  readonly name: string;
  readonly metric: Metric;
}

/** The best of those; undefined where there is none. */
async function bestTransferred({ inputs }: Context): Promise<Transferred | undefined> {
  const metrics = await inputs.metrics.read();
  const networks = (await inputs.bases.read()).flatMap(({ networks }) => networks);
  return networks
    .map(({ name }) => ({
      name,
      metric: metricOf(metrics, `transfer.${name}.validation.accuracy`),
    }))
    .toSorted((a, b) => b.metric.value - a.metric.value)[0];
}

/** Which explanation fits which figure, and what follows for the original study's conclusion. */
function conclusions(
  explained: readonly Explained[],
  refused: boolean,
  best: Transferred | undefined,
): string {
  const said = explained.map(({ title, theirs, explanations }) => {
    const fitting = explanations.filter(({ fits }) => fits === "yes");
    const [random, others] = [true, false].map((random) =>
      either(fitting.filter((one) => one.random === random).map(({ short }) => short))
    );
    const figures = `${title}'s ${figuresCell(theirs)}`;
    if (!random && !others) return `${figures} is given by nothing that was tried.`;
    if (!random) {
      return `${figures} is not what random weights give, but what ImageNet's do (${others}).`;
    }
    return `${figures} is what random weights give (${random}), ` +
      (others ? `but also what ImageNet's do (${others}).` : "and nothing else that was tried.");
  });
  const titlesOf = (of: readonly Explained[]) => listed(of.map(({ title }) => title));
  const [given, left] = [
    explained.filter(byRandom),
    explained.filter((network) => !byRandom(network)),
  ];
  const elsewhere = explained.filter(({ explanations }) =>
    explanations.some(({ random, fits }) => !random && fits === "yes")
  );
  if (explained.length > 1) {
    said.push(
      left.length === 0
        ? `**One cause, random weights, gives ${
          explained.length === 2 ? "both" : "all"
        } figures**` +
          (elsewhere.length === 0
            ? "."
            : elsewhere.length === explained.length
            ? ", and so do others, taken together."
            : `; what was tried with ImageNet's weights gives that of ${
              titlesOf(elsewhere)
            } alone.`)
        : given.length === 0
        ? "Random weights give none of these figures."
        : `Random weights give the figure of ${titlesOf(given)}, and not that of ${
          titlesOf(left)
        }.`,
    );
  }
  const better = best && explained.every(({ theirs }) => best.metric.value > theirs.validation)
    ? ` With ImageNet's weights, \`${best.name}\` comes to ${
      withInterval(best.metric.value, best.metric.interval)
    } on the validation images.`
    : "";
  if (left.length === 0) {
    said.push(
      `The original study concludes that ImageNet is too different from its own images. That does not ` +
        `follow: networks in which there is nothing of ImageNet give the same figures.${better}`,
    );
  } else if (refused) {
    said.push(
      `The original study concludes that ImageNet is too different from its own images. That does not ` +
        `follow from networks that most likely had nothing of ImageNet in them; but then something ` +
        `else about ${titlesOf(left)} was not as it is here.${better}`,
    );
  } else if (better) {
    said.push(
      `The original study concludes that ImageNet is too different from its own images.${better}`,
    );
  }
  return said.join(" ");
}

/** What the figures do not tell. */
function unknown(explained: readonly Explained[]): string {
  const several = explained.filter(({ fitting }) => fitting.length > 1);
  const undecided = explained.filter(({ explanations: [frozen, trained] }) =>
    frozen.fits === "yes" && trained.fits === "yes"
  );
  return [
    "What remains unknown is what the original study put on these networks, for how many epochs it " +
    "trained, whether layers were frozen, and how pixels were scaled.",
    ...several.map(({ title, fitting }) =>
      `Frozen, ${title} has such figures after epochs ${listed(fitting.map(String))}.`
    ),
    ...undecided.map(({ title }) =>
      `Whether ${title} was frozen cannot be told: it has such figures either way.`
    ),
  ].join(" ");
}
