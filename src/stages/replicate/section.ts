/** The report's section on the spread of training: what another seed would have given. @module */
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { holm } from "../../evaluation/holm.ts";
import { mcnemar } from "../../evaluation/mcnemar.ts";
import { LEVEL, type Welch, welch } from "../../evaluation/welch.ts";
import {
  count,
  counted,
  decimal,
  listed,
  NONE,
  probability,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { nameOf, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { BOOTSTRAP, type SeedSpread } from "../seed_spread.ts";
import { seedAccuracies } from "./charts.ts";
import type { replicate } from "./stage.ts";

type Context = SectionContextOf<typeof replicate>;

/** What each is called outside this stage. */
const ids: { readonly [network: string]: string } = {
  lenet5: "baseline",
  winner: "tune.winner",
  study: "tune.study",
};

/** A network's trainings on the test images, the one that the report shows first. */
interface Trainings {
  /** In a sentence and in a table: see `nameOf` and `titleOf`. */
  readonly name: string;
  readonly title: string;
  readonly seeds: readonly string[];
  /** Predicted classes, a list a training. */
  readonly predicted: readonly (readonly number[])[];
  readonly accuracies: readonly number[];
}

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { inputs, figure } = context;
  const spread = await inputs.seedSpread.read();
  const names = [...new Set(spread.map(({ network }) => network))];
  const { labels, networks } = await trainingsOn("test", names, context);
  const validation = await trainingsOn("validation", names, context);
  const [first] = networks;
  const varied = spread.some((row) => !Number.isNaN(shareOfSeeds(row)));
  return [
    "## How much another training run would differ",
    `The other sections show one training of each network. Here ${
      listed(
        networks.map(({ name, seeds }, i) =>
          `${name} ${i === 0 ? "was trained " : ""}${times(seeds.length)}`
        ),
      )
    }, always on the same images by the same recipe: only the seed differs, and so first weights, the ` +
    `order of batches and dropout. The first training, with the seed ${first.seeds[0]}${
      networks.every(({ seeds }) => seeds[0] === first.seeds[0]) ? "" : ` for ${first.name}`
    }, is the one that the report shows; the others have the seeds that follow.`,
    table(
      [
        "Network",
        "images",
        "mean over seeds [95%]",
        "standard deviation",
        "range",
        ...(varied ? ["share of seeds"] : []),
        "other images, too [95%]",
      ],
      spread.map((row) => [
        titleOf(ids[row.network]),
        row.part,
        withInterval(row.mean, [row.low, row.high]),
        decimal(row.std),
        `${decimal(row.least)} to ${decimal(row.most)}`,
        ...(varied ? [percent(shareOfSeeds(row))] : []),
        `${decimal(row.bootstrapLow)} to ${decimal(row.bootstrapHigh)}`,
      ]),
    ),
    `Intervals of means are Student's: where the mean of endlessly many seeds lies, on these images. The ` +
    `last column is of a bootstrap over seeds and images together (${
      count(BOOTSTRAP.draws)
    } draws), ` +
    `in which other images of the same kind count as well.` +
    (varied
      ? ` The share of seeds is that part of the variance of one run's accuracy which comes from the ` +
        `training, as a two-way analysis of runs and images has it; the rest comes from which images it is ` +
        `tried on. Few runs tell it but roughly.`
      : ""),
    await figure(
      "replicate-seeds",
      seedAccuracies(
        "Accuracy of each training",
        names.flatMap((name, n) =>
          [validation.networks[n], networks[n]].map(({ accuracies }, part) => ({
            network: titleOf(ids[name]),
            part: (["validation", "test"] as const)[part],
            accuracies,
            mean: spread[2 * n + part].mean,
          }))
        ),
      ),
      "The accuracy of each training of each network on validation and test images, and their means",
    ),
    `By test accuracy, the run that the report shows is ${
      listed(networks.map(({ name, accuracies: [shown, ...others] }) =>
        `number ${
          1 + others.filter((other) => other > shown).length
        } of the ` +
        `${1 + others.length} of ${name}`
      ))
    }. ${shareSentence(spread)}`,
    ...(networks.length > 1 ? comparisonPart(labels, networks) : []),
  ];
}

/** The trainings of each network on a part of the images, and the images' classes. */
async function trainingsOn(
  part: "validation" | "test",
  names: readonly string[],
  { inputs }: Context,
): Promise<{ labels: readonly number[]; networks: Trainings[] }> {
  const rows = await inputs[`${part}Predictions`].read();
  const labels = rows.map(({ label }) => label);
  const columns = Object.keys(rows[0].networks);
  return {
    labels,
    networks: names.map((name) => {
      const own = columns.filter((column) => column.startsWith(`${name}.`));
      const predicted = own.map((column) => rows.map(({ networks }) => networks[column]));
      return {
        name: nameOf(ids[name]),
        title: titleOf(ids[name]),
        seeds: own.map((column) => column.slice(name.length + 1)),
        predicted,
        accuracies: predicted.map((classes) => accuracyMetric(name, classes, labels).value),
      };
    }),
  };
}

/** Of the variance of one run's accuracy; NaN where there is none. */
const shareOfSeeds = ({ seedVariance, imageVariance }: SeedSpread): number =>
  seedVariance / (seedVariance + imageVariance);

const percent = (share: number) => Number.isNaN(share) ? NONE : `${Math.round(100 * share)}%`;

/** Whether seeds or images matter more for an accuracy on the test images. */
function shareSentence(spread: readonly SeedSpread[]): string {
  const test = spread.filter((row) => row.part === "test" && !Number.isNaN(shareOfSeeds(row)));
  const [more, less] = [true, false].map((large) =>
    test.filter((row) => (shareOfSeeds(row) > 0.5) === large).map(({ network }) =>
      nameOf(ids[network])
    )
  );
  const choice = "than the choice of test images";
  return more.length === 0 && less.length === 0
    ? "Neither seeds nor images make any difference."
    : more.length === 0
    ? `To the accuracy of ${listed(less)} the seed matters less ${choice}.`
    : `To the accuracy of ${listed(more)} the seed matters more ${choice}` +
      (less.length > 0 ? `; to that of ${listed(less)} it matters less.` : ".");
}

/** Two networks, and how probable it is that chance made them differ. */
interface Pair {
  readonly first: Trainings;
  readonly second: Trainings;
  /** McNemar's, of the trainings that the report shows. */
  readonly runs: number;
  /** Welch's, over seeds, and the mean difference with its interval. */
  readonly recipes: number;
  readonly difference: Welch;
}

/** Every two networks; both kinds of p are corrected for the number of pairs. */
function pairsOf(labels: readonly number[], networks: readonly Trainings[]): Pair[] {
  const pairs = networks.flatMap((first, i) =>
    networks.slice(i + 1).map((second) => ({
      first,
      second,
      runs: mcnemar(labels, first.predicted[0], second.predicted[0]).p,
      difference: welch(first.accuracies, second.accuracies),
    }))
  );
  const runs = holm(pairs.map((pair) => pair.runs));
  const recipes = holm(pairs.map(({ difference }) => difference.p));
  return pairs.map((pair, i) => ({ ...pair, runs: runs[i], recipes: recipes[i] }));
}

/** Every two networks: whether these trainings differ, and whether their recipes do. */
function comparisonPart(labels: readonly number[], networks: readonly Trainings[]): string[] {
  const pairs = pairsOf(labels, networks);
  return [
    "### Which recipes differ",
    `These are two questions. Whether two trained networks differ on images of this kind is what McNemar's ` +
    `test tells of the runs that the report shows (mid-p, test images). Whether their recipes differ, ` +
    `whatever the seed, is what Welch's t-test tells of the test accuracies of all runs; it allows for ` +
    `unequal spreads. Each kind of p is corrected with Holm's method for the number of pairs; intervals ` +
    `are not.`,
    table(
      ["First", "Second", "these runs: p", "mean difference [95%]", "recipes: p"],
      pairs.map(({ first, second, runs, recipes, difference: { value, low, high } }) => [
        first.title,
        second.title,
        probability(runs),
        withInterval(value, [low, high], signed),
        probability(recipes),
      ]),
    ),
    verdicts(pairs),
  ];
}

/** How much another seed changes, and which recipes differ nevertheless. */
export async function finding(context: Context): Promise<string> {
  const spread = await context.inputs.seedSpread.read();
  const names = [...new Set(spread.map(({ network }) => network))];
  const { labels, networks } = await trainingsOn("test", names, context);
  const { network, runs, std } = spread.find(({ part }) => part === "test")!;
  return `**Another seed moves the test accuracy of ${nameOf(ids[network])} by ${decimal(std)}** ` +
    `(standard deviation of ${counted(runs, "training")}).` +
    (networks.length > 1 ? ` ${inShort(pairsOf(labels, networks))}` : "");
}

/** A pair of networks as sentences speak of it. */
interface Verdict {
  readonly better: string;
  readonly worse: string;
  readonly by: number;
  readonly runsDiffer: boolean;
  readonly recipesDiffer: boolean;
}

const verdictOn = ({ first, second, runs, recipes, difference: { value } }: Pair): Verdict => ({
  better: (value < 0 ? second : first).name,
  worse: (value < 0 ? first : second).name,
  by: Math.abs(value),
  runsDiffer: runs < LEVEL,
  recipesDiffer: recipes < LEVEL,
});

const between = (of: readonly Verdict[]) =>
  listed(of.map(({ better, worse }) => `between ${better} and ${worse}`));

/** Pairs of which one recipe is better, in a sentence; none where there is none. */
const better = (told: readonly Verdict[]): string[] =>
  told.length === 0 ? [] : [
    `Beyond the spread of seeds, ${
      listed(told.map(({ better, worse, by, runsDiffer }) =>
        `${better} is better than ${worse} by ${decimal(by)} on average` +
        (runsDiffer ? "" : " (though these two runs differ by no more than chance)")
      ))
    }.`,
  ];

/** What both tests together say of pairs of networks, in a sentence for each thing that they may say. */
function verdicts(pairs: readonly Pair[]): string {
  const said = pairs.map(verdictOn);
  const untold = said.filter(({ recipesDiffer }) => !recipesDiffer);
  const open = untold.filter(({ runsDiffer }) => runsDiffer);
  const alike = untold.filter(({ runsDiffer }) => !runsDiffer);
  return [
    ...better(said.filter(({ recipesDiffer }) => recipesDiffer)),
    ...(open.length > 0
      ? [
        `Another run may turn round what is ${
          between(open)
        }: these two runs differ, and the seeds ` +
        `cannot tell the recipes apart.`,
      ]
      : []),
    ...(alike.length > 0
      ? [`Neither these runs nor the recipes differ by more than chance ${between(alike)}.`]
      : []),
  ].join(" ");
}

/** The same in short: which recipe is better, as far as seeds tell. */
function inShort(pairs: readonly Pair[]): string {
  const said = pairs.map(verdictOn);
  const [told, untold] = [true, false].map((kind) =>
    said.filter(({ recipesDiffer }) => recipesDiffer === kind)
  );
  const names = [...new Set(pairs.flatMap(({ first, second }) => [first.name, second.name]))];
  return [
    ...better(told),
    ...(untold.length === 0 ? [] : [
      told.length === 0
        ? `That spread leaves open which of ${listed(names)} is the best.`
        : `It leaves open which is better ${between(untold)}.`,
    ]),
  ].join(" ");
}

const times = (n: number) => n === 2 ? "twice" : `${count(n)} times`;
