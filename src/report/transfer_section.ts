/** The report's section on transfer learning: every network beside the others, and why the study's failed. @module */
import { classReport } from "../evaluation/classification.ts";
import { confusionMatrix } from "../evaluation/confusion.ts";
import { holm } from "../evaluation/holm.ts";
import { mcnemar } from "../evaluation/mcnemar.ts";
import type { Metric } from "../evaluation/metrics.ts";
import type { Manifest } from "../pipeline/manifest.ts";
import { historyOf } from "./baseline_section.ts";
import { lossCurvesByCause } from "./charts/causes.ts";
import { learningCurves } from "./charts/training.ts";
import { count, decimal, duration, NONE, signed, table, withInterval } from "./markdown.ts";
import type { Published } from "./published.ts";
import type { Sources } from "./sources.ts";
import { categoryColors } from "./svg.ts";

/** What the section says besides what the artifacts hold. */
export interface TransferSection {
  readonly classes: readonly string[];
  /** Whether there is a search for hyperparameters to compare with. */
  readonly tuned: boolean;
  /** How the upper layers of each base were trained. */
  readonly bases: readonly {
    readonly name: string;
    readonly finetuned: { readonly epochs: number; readonly learningRate: number };
  }[];
  /** The experiment on what made the study's attempt fail. */
  readonly causes: {
    readonly subset: { readonly train: number; readonly validation: number };
    readonly recipe: { readonly epochs: number };
  };
  readonly published: Published | null;
}

/** See `BaseRecord` in the stage. */
interface BaseRecord {
  readonly name: string;
  readonly file: string;
  readonly available: boolean;
  readonly pixels: number;
  readonly features: readonly number[];
  readonly networks: readonly { name: string; parameters: number; trained: number }[];
}

/** See `CauseRecord` in the stage. */
interface CauseRecord {
  readonly name: string;
  readonly losses: readonly number[];
  readonly validationAccuracies: readonly number[];
  readonly constant: boolean;
  readonly ended: string | null;
}

/** A network of any stage, as the comparison shows it. */
interface Compared {
  readonly name: string;
  readonly study?: { readonly train: number; readonly validation: number };
  readonly validation: Metric;
  readonly test: Metric;
  readonly parameters: number;
  readonly trained: number;
  readonly seconds: number;
  /** Predicted classes of the test images. */
  readonly predicted: readonly number[];
}

/** Writes the section. */
export async function transferSection(
  { classes, tuned, bases: recipes, causes, published }: TransferSection,
  from: Sources,
): Promise<string[]> {
  const bases = await from.json<BaseRecord[]>("transfer/bases.json");
  const { labels, networks } = await comparedNetworks(bases, tuned, published, from);
  const lenet5 = networks[0];
  const shown = networks.filter(({ name }) => !name.includes(".") || name.endsWith(".finetuned"));
  const scores = shown.map(({ predicted }) =>
    classReport(confusionMatrix(labels, predicted, classes.length)).classes
  );
  const missing = bases.filter(({ available }) => !available);
  const extraction = (await jobSeconds("transfer", from)).entries().toArray()
    .filter(([label]) => label.endsWith(" features"));

  const history = await from.table("transfer/history.csv");
  const curves = await Promise.all(
    bases.filter(({ available }) => available).flatMap(({ name }) =>
      ["linear", "finetuned"].map((kind) => curvesOf(`${name}.${kind}`, history, from))
    ),
  );

  return [
    "## Transfer learning",
    `Networks trained on ImageNet, as far as their weights can be had: the grey image repeated in three ` +
    `channels and preprocessed as the network's authors did, features computed once, a softmax on them ` +
    `(\`linear\`) and one with 256 rectified units between (\`dense\`). Then the upper layers were trained ` +
    `together with the better of both heads (\`finetuned\`): ${
      new Intl.ListFormat("en").format(
        recipes.filter(({ name }) => bases.some((base) => base.name === name && base.available))
          .map(({ name, finetuned: { epochs, learningRate } }) =>
            `${epochs} epochs at a learning rate of ${learningRate} for ${name}`
          ),
      )
    }; batch normalisation was left as it was. The test images ` +
    `were looked at once per network, at the end.`,
    table(
      [
        "Network",
        ...(published ? [`${published.source}: accuracy / validation`] : []),
        "validation [95%]",
        "test [95%]",
        "parameters",
        "trained",
        "training time",
      ],
      [
        ...networks.map(({ name, study, validation, test, parameters, trained, seconds }) => [
          name,
          ...(published ? [studyCell(study)] : []),
          withInterval(validation.value, validation.interval),
          withInterval(test.value, test.interval),
          count(parameters),
          count(trained),
          duration(seconds),
        ]),
        ...missing.map(({ name }) => [
          name,
          ...(published ? [studyCell(published.transfer[name])] : []),
          "not run: weights not there",
          NONE,
          NONE,
          NONE,
          NONE,
        ]),
      ],
    ),
    ...(extraction.length > 0
      ? [
        `Computing features took ${
          extraction.map(([label, seconds]) =>
            `${duration(seconds)} for ${label.replace(/ features$/, "")}`
          ).join(", ")
        }, which the times of heads and of fine-tuning come on top of. Times are of one core, with another ` +
        `job on the other.`,
      ]
      : []),
    ...missing.map(({ name, file }) =>
      `**${name}** has no figures here, because \`${file}\` was neither in the folder that ` +
      `\`IMAGENET_WEIGHTS_DIR\` names nor in the cache, and could not be downloaded. To run it: ` +
      `\`IMAGENET_WEIGHTS_DIR=<folder with the file> deno task transfer\`, or \`deno task transfer\` where ` +
      `Keras's public address can be reached.`
    ),
    ...curves,
    ...(shown.length > 1
      ? [
        "### Which differences are more than chance",
        `McNemar's test of each pair on the test images (mid-p, corrected with Holm's method for the number ` +
        `of pairs). It says whether these two trained networks differ on images of this kind, not how ` +
        `another training run of either would do.`,
        pairsTable(labels, shown),
        "### Which classes gain and lose",
        `Recall of each class on the test images: LeNet-5's, and what each other network adds to it.`,
        table(
          ["Class", lenet5.name, ...shown.slice(1).map(({ name }) => name)],
          classes.map((name, label) => {
            const [first, ...others] = scores.map((of) => of[label].recall);
            return [name, decimal(first, 3), ...others.map((value) => signed(value - first, 3))];
          }),
        ),
      ]
      : []),
    ...await causesPart(classes, causes, published, from),
  ];
}

const studyCell = (study: { train: number; validation: number } | undefined) =>
  study ? `${decimal(study.train)} / ${decimal(study.validation)}` : NONE;

/** Wall-clock seconds of a stage's jobs by label. */
async function jobSeconds(stage: string, from: Sources): Promise<Map<string, number>> {
  const { provenance } = await from.json<Manifest>(`${stage}/manifest.json`);
  return new Map(provenance.jobs.map(({ label, seconds }) => [label, seconds]));
}

/** Every network that was looked at on the test images, LeNet-5 first, and the images' classes. */
async function comparedNetworks(
  bases: readonly BaseRecord[],
  tuned: boolean,
  published: Published | null,
  from: Sources,
): Promise<{ labels: readonly number[]; networks: Compared[] }> {
  const own = async (
    name: string,
    stage: string,
    metric: string,
    prefix: string,
    job: string,
  ): Promise<Compared> => {
    const metrics = await from.metrics(`${stage}/metrics.json`);
    const of = (part: string) =>
      metrics.find((found) => found.name === `${metric}.${part}.accuracy`)!;
    const layers = await from.table(`${stage}/${prefix}layers.csv`);
    const parameters = layers.reduce((sum, layer) => sum + Number(layer.parameters), 0);
    const figure = (part: string) => published?.figures[`${metric}.${part}.accuracy`]?.value;
    const [train, validation] = [figure("train"), figure("validation")];
    return {
      name,
      ...(train !== undefined && validation !== undefined ? { study: { train, validation } } : {}),
      validation: of("validation"),
      test: of("test"),
      parameters,
      trained: parameters,
      seconds: (await jobSeconds(stage, from)).get(job)!,
      predicted: (await from.table(`${stage}/${prefix}test-predictions.csv`))
        .map(({ predicted }) => Number(predicted)),
    };
  };
  const metrics = await from.metrics("transfer/metrics.json");
  const seconds = await jobSeconds("transfer", from);
  const predictions = await from.table("transfer/test-predictions.csv");
  const labels = predictions.map(({ label }) => Number(label));
  return {
    labels,
    networks: [
      await own("LeNet-5", "baseline", "baseline", "", "lenet5"),
      ...(tuned
        ? [
          await own("tuned", "tune", "tune.winner", "winner-", "winner retrained"),
          await own("tuned, the study's values", "tune", "tune.study", "study-", "study retrained"),
        ]
        : []),
      ...bases.flatMap(({ name: base, networks }) =>
        networks.map(({ name, parameters, trained }): Compared => ({
          name,
          study: name === `${base}.finetuned` ? published?.transfer[base] : undefined,
          validation: metrics.find((m) => m.name === `transfer.${name}.validation.accuracy`)!,
          test: metrics.find((m) => m.name === `transfer.${name}.test.accuracy`)!,
          parameters,
          trained,
          seconds: seconds.get(name)!,
          predicted: predictions.map((row) => Number(row[name])),
        }))
      ),
    ],
  };
}

/** Loss and accuracy by epoch of one network. */
async function curvesOf(
  network: string,
  rows: readonly Record<string, string>[],
  from: Sources,
): Promise<string> {
  const { history, keptEpoch } = historyOf(rows.filter((row) => row.network === network));
  return await from.figure(
    `transfer-${network.replace(".", "-")}-curves`,
    learningCurves(`${network} while it learns`, history, keptEpoch),
    `Loss and accuracy of ${network} by epoch, training and validation`,
  );
}

function pairsTable(labels: readonly number[], networks: readonly Compared[]): string {
  const pairs = networks.flatMap((first, i) =>
    networks.slice(i + 1).map((second) => ({
      first,
      second,
      ...mcnemar(labels, first.predicted, second.predicted),
    }))
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  return table(
    ["First", "Second", "only first right", "only second right", "p", "p, corrected"],
    pairs.map(({ first, second, onlyFirst, onlySecond, p }, i) => [
      first.name,
      second.name,
      count(onlyFirst),
      count(onlySecond),
      probability(p),
      probability(adjusted[i]),
    ]),
  );
}

const probability = (p: number) => p < 1e-4 ? "< 0.0001" : decimal(p);

/** The experiment on what turns a network that works into one that guesses. */
async function causesPart(
  classes: readonly string[],
  { subset, recipe }: TransferSection["causes"],
  published: Published | null,
  from: Sources,
): Promise<string[]> {
  const [reference, ...changes] = await from.json<CauseRecord[]>("transfer/causes.json");
  if (!reference) return [];
  const chance = 1 / classes.length;
  const last = ({ validationAccuracies, ended }: CauseRecord) =>
    ended === null ? validationAccuracies.at(-1)! : NaN;
  // Within two standard errors of guessing.
  const bound = chance + 2 * Math.sqrt(chance * (1 - chance) / subset.validation);
  const works = (cause: CauseRecord) => last(cause) > bound;
  const guessing = changes.filter((cause) => !works(cause));
  const rest = changes.filter(works);
  const theirs = published?.transfer.vgg16;
  return [
    "### Why the study's VGG16 ended at chance",
    (theirs
      ? `The study reports ${
        studyCell(theirs)
      } for VGG16, which is guessing, and blames the difference ` +
        `between ImageNet and garments. `
      : "") +
    `That can be tried. VGG16 to its third block with the head that was trained on its features is ` +
    `fine-tuned on ${
      count(subset.train)
    } images for ${recipe.epochs} epochs, and works (first row); every ` +
    `other row changes what its name says and leaves all else as it is. Accuracies are of ` +
    `${count(subset.validation)} validation images.`,
    table(
      ["Training", "accuracy", "loss at the end", ""],
      [reference, ...changes].map((cause) => [
        cause.name,
        cause.ended === null ? decimal(last(cause)) : NONE,
        cause.ended === null ? decimal(cause.losses.at(-1)!, 3) : NONE,
        cause.ended !== null
          ? "the loss was no number any more"
          : works(cause)
          ? ""
          : "**guessing**",
      ]),
    ),
    guessing.length > 0
      ? `Guessing is what ${quoted(guessing.map(({ name }) => name))} ends in` +
        (guessing.every(({ constant }) => constant)
          ? `, with a network that gives every image the same probabilities: what is left when no image ` +
            `excites a rectified unit any more, so that no gradient reaches the layers below. `
          : ". ") +
        (rest.length > 0
          ? `${quoted(rest.map(({ name }) => name))} ${rest.length === 1 ? "does" : "do"} not. `
          : "") +
        `The domain is the same in all rows, so it is not what fails.`
      : `None of these changes ends in guessing.`,
    await from.figure(
      "transfer-causes",
      lossCurvesByCause(
        "What makes VGG16 guess",
        [reference, ...changes].slice(0, categoryColors.length)
          .map(({ name, losses }) => ({ name, losses })),
        classes.length,
      ),
      "Training loss by epoch for each change, and the loss of guessing",
    ),
  ];
}

/** `a`, `b` and `c`, in quotation marks. */
const quoted = (names: readonly string[]) =>
  new Intl.ListFormat("en").format(names.map((name) => `"${name}"`));
