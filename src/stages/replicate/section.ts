/** The report's section on the spread of training: what another seed would have given. @module */
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { holm } from "../../evaluation/holm.ts";
import { mcnemar } from "../../evaluation/mcnemar.ts";
import { welch } from "../../evaluation/welch.ts";
import {
  count,
  decimal,
  listed,
  NONE,
  probability,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { BOOTSTRAP, type SeedSpread } from "../seed_spread.ts";
import { seedAccuracies } from "./charts.ts";
import type { replicate } from "./stage.ts";

type Context = SectionContextOf<typeof replicate>;

/** What a difference has to be less probable than, by chance, to be told as one. */
const LEVEL = 0.05;

/** What networks are called, by the names that metrics give them. */
const titles: { readonly [network: string]: string } = {
  lenet5: "LeNet-5",
  winner: "the winner of the search",
  study: "the original study's winner",
};

/** A network's trainings on the test images, the one that the report shows first. */
interface Trainings {
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
        networks.map(({ title, seeds }, i) =>
          `${title} ${i === 0 ? "was trained " : ""}${times(seeds.length)}`
        ),
      )
    }, always on the same images by the same recipe: only the seed differs, and so first weights, the ` +
    `order of batches and dropout. The first training, with the seed ${first.seeds[0]}${
      networks.every(({ seeds }) => seeds[0] === first.seeds[0]) ? "" : ` for ${first.title}`
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
        nameOf(titles[row.network]),
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
            network: nameOf(titles[name]),
            part: (["validation", "test"] as const)[part],
            accuracies,
            mean: spread[2 * n + part].mean,
          }))
        ),
      ),
      "The accuracy of each training of each network on validation and test images, and their means",
    ),
    `By test accuracy, the run that the report shows is ${
      listed(networks.map(({ title, accuracies: [shown, ...others] }) =>
        `number ${
          1 + others.filter((other) => other > shown).length
        } of the ` +
        `${1 + others.length} of ${title}`
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
        title: titles[name],
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
    test.filter((row) => (shareOfSeeds(row) > 0.5) === large).map(({ network }) => titles[network])
  );
  const choice = "than the choice of test images";
  return more.length === 0 && less.length === 0
    ? "Neither seeds nor images make any difference."
    : more.length === 0
    ? `To the accuracy of ${listed(less)} the seed matters less ${choice}.`
    : `To the accuracy of ${listed(more)} the seed matters more ${choice}` +
      (less.length > 0 ? `; to that of ${listed(less)} it matters less.` : ".");
}

/** Every two networks: whether these trainings differ, and whether their recipes do. */
function comparisonPart(labels: readonly number[], networks: readonly Trainings[]): string[] {
  const pairs = networks.flatMap((first, i) =>
    networks.slice(i + 1).map((second) => ({
      first,
      second,
      trained: mcnemar(labels, first.predicted[0], second.predicted[0]).p,
      ...welch(first.accuracies, second.accuracies),
    }))
  );
  const trained = holm(pairs.map((pair) => pair.trained));
  const recipes = holm(pairs.map(({ p }) => p));
  return [
    "### Which recipes differ",
    `These are two questions. Whether two trained networks differ on images of this kind is what McNemar's ` +
    `test tells of the runs that the report shows (mid-p, test images). Whether their recipes differ, ` +
    `whatever the seed, is what Welch's t-test tells of the test accuracies of all runs; it allows for ` +
    `unequal spreads. Each kind of p is corrected with Holm's method for the number of pairs; intervals ` +
    `are not.`,
    table(
      ["First", "Second", "these runs: p", "mean difference [95%]", "recipes: p"],
      pairs.map(({ first, second, value, low, high }, i) => [
        nameOf(first.title),
        nameOf(second.title),
        probability(trained[i]),
        withInterval(value, [low, high], signed),
        probability(recipes[i]),
      ]),
    ),
    ...verdicts(pairs.map(({ first, second, value }, i) => ({
      better: (value < 0 ? second : first).title,
      worse: (value < 0 ? first : second).title,
      by: Math.abs(value),
      runsDiffer: trained[i] < LEVEL,
      recipesDiffer: recipes[i] < LEVEL,
    }))),
  ];
}

/** What both tests together say of pairs of networks, in a sentence for each thing that they may say. */
function verdicts(
  pairs: readonly {
    readonly better: string;
    readonly worse: string;
    readonly by: number;
    readonly runsDiffer: boolean;
    readonly recipesDiffer: boolean;
  }[],
): string[] {
  const told = pairs.filter(({ recipesDiffer }) => recipesDiffer);
  const untold = pairs.filter(({ recipesDiffer }) => !recipesDiffer);
  const between = (of: typeof pairs) =>
    listed(of.map(({ better, worse }) => `between ${better} and ${worse}`));
  const open = untold.filter(({ runsDiffer }) => runsDiffer);
  const alike = untold.filter(({ runsDiffer }) => !runsDiffer);
  return [[
    ...(told.length > 0
      ? [
        `Beyond the spread of seeds, ${
          listed(told.map(({ better, worse, by, runsDiffer }) =>
            `${better} is better than ${worse} by ${decimal(by)} on average` +
            (runsDiffer ? "" : " (though these two runs differ by no more than chance)")
          ))
        }.`,
      ]
      : []),
    ...(open.length > 0
      ? [
        `Another run may turn round what is ${
          between(open)
        }: these two runs differ, and the seeds cannot ` +
        `tell the recipes apart.`,
      ]
      : []),
    ...(alike.length > 0
      ? [`Neither these runs nor the recipes differ by more than chance ${between(alike)}.`]
      : []),
  ].join(" ")];
}

const times = (n: number) => n === 2 ? "twice" : `${count(n)} times`;

/** As a table has it: "Winner of the search". */
function nameOf(title: string): string {
  const words = title.replace(/^the /, "");
  return words[0].toUpperCase() + words.slice(1);
}
