/** The report's section on transfer learning: every network beside the others, and what makes one fail. @module */
import { classReport } from "../../evaluation/classification.ts";
import { confusionMatrix } from "../../evaluation/confusion.ts";
import { holm } from "../../evaluation/holm.ts";
import { mcnemar } from "../../evaluation/mcnemar.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import type { Manifest } from "../../pipeline/manifest.ts";
import {
  count,
  decimal,
  duration,
  listed,
  NONE,
  plain,
  probability,
  signed,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { limits } from "../../report/limits.ts";
import type { SectionContextOf } from "../room.ts";
import { curves, epochs } from "../shown.ts";
import { accuracyByCause, type Cause } from "./charts.ts";
import { randomPart, randomRows, takesNoWeights } from "./random_part.ts";
import type { BaseRecord, CauseRecord, transfer } from "./stage.ts";
import { type Figures, figuresCell, titles } from "./titles.ts";

type Context = SectionContextOf<typeof transfer>;

/** A network of any stage, as the comparison shows it. */
interface Compared {
  readonly name: string;
  readonly published?: Figures;
  readonly validation: Metric;
  readonly test: Metric;
  readonly parameters: number;
  readonly trained: number;
  readonly seconds: number;
  /** Whether its stage leads to it, rather than by way of it. */
  readonly final: boolean;
  /** Predicted classes of the test images. */
  readonly predicted: readonly number[];
}

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings, study: { published }, inputs, shows } = context;
  const bases = await inputs.bases.read();
  const available = bases.filter(({ available }) => available);
  const missing = bases.filter(({ available }) => !available);
  const { labels, networks } = await comparedNetworks(bases, context);
  const [first, ...others] = networks;
  const shown = first ? [first, ...others.filter(({ final }) => final)] : [];
  const untrained = await randomRows(context);
  const compared = [...networks, ...untrained].some((network) => network.published) ||
      missing.some(({ name }) => published?.transfer?.[name])
    ? published
    : undefined;
  const channels = (await shows.images.summary.read())?.shapes.test.at(-1);
  const { provenance: { jobs } } = await inputs.manifest.read();
  const history = await inputs.history.read();

  return [
    "## Transfer learning",
    `Networks trained on ImageNet, as far as their weights can be had: ` +
    (channels === 3 ? "images" : "the grey image repeated in three channels and") +
    ` preprocessed as the network's authors did, features computed once, a softmax on them ` +
    `(\`linear\`) and one with 256 rectified units between (\`dense\`). Then the upper layers were trained ` +
    `together with the better of both heads (\`finetuned\`)` +
    (available.length > 0
      ? `: ${
        listed(
          settings.bases.filter(({ name }) => available.some((base) => base.name === name))
            .map(({ name, finetuned }) =>
              `${
                epochs(finetuned.epochs)
              } at a learning rate of ${finetuned.learningRate} for ${name}`
            ),
        )
      }`
      : "") +
    `; batch normalisation was left as it was. The test images were looked at once per network, at the ` +
    `end.`,
    table(
      [
        "Network",
        ...(compared ? [`${compared.source}: accuracy / validation`] : []),
        "validation [95%]",
        "test [95%]",
        "parameters",
        "trained",
        "training time",
      ],
      [
        ...networks.map(({ name, published: theirs, ...network }) => [
          name,
          ...(compared ? [figuresCell(theirs)] : []),
          withInterval(network.validation.value, network.validation.interval),
          withInterval(network.test.value, network.test.interval),
          count(network.parameters),
          count(network.trained),
          duration(network.seconds),
        ]),
        ...missing.map(({ name }) => [
          name,
          ...(compared ? [figuresCell(compared.transfer?.[name])] : []),
          "not run: weights not there",
          NONE,
          NONE,
          NONE,
          NONE,
        ]),
        ...untrained.map(({ name, published: theirs, validation, ...network }) => [
          name,
          ...(compared ? [figuresCell(theirs)] : []),
          withInterval(validation.value, validation.interval),
          NONE,
          count(network.parameters),
          count(network.trained),
          duration(network.seconds),
        ]),
      ],
    ),
    ...(untrained.length > 0
      ? [
        `With random weights, a softmax was trained on a whole network that stayed as it was drawn: ` +
        `validation accuracies are means over ${
          settings.random!.seeds.length
        } draws with Student's ` +
        `interval, times are means, too` +
        (takesNoWeights(published) && untrained.some(({ published }) => published)
          ? ". The original study's networks most likely had random weights; why is told below."
          : "."),
      ]
      : []),
    ...(available.length > 0
      ? [
        `Computing features took ${
          available.map(({ name }) => `${duration(jobs[`${name}.features`].seconds)} for ${name}`)
            .join(", ")
        }, which the times of heads and of fine-tuning come on top of. Times are those of each ` +
        `training's own process by the clock, while others may have run beside it.`,
      ]
      : []),
    ...missing.map(({ name, file }) =>
      `**${name}** has no figures here, because \`${file}\` was neither in the folder that ` +
      `\`IMAGENET_WEIGHTS_DIR\` names nor in the cache, and could not be downloaded. To run it: ` +
      `\`IMAGENET_WEIGHTS_DIR=<folder with the file> deno task transfer\`, or \`deno task transfer\` where ` +
      `Keras's public address can be reached.`
    ),
    ...await Promise.all(
      available.flatMap(({ name }) =>
        ["linear", "finetuned"].map((kind) =>
          curves(
            `transfer-${name}-${kind}`,
            `${name}.${kind} while it learns`,
            history.filter(({ network }) => network === `${name}.${kind}`),
            context,
          )
        )
      ),
    ),
    ...(shown.length > 1
      ? [
        "### Which differences are more than chance",
        `McNemar's test of each pair on the test images (mid-p, corrected with Holm's method for the number ` +
        `of pairs). It says whether these two trained networks differ on images of this kind, not how ` +
        `another training run of either would do.`,
        pairsTable(labels, shown),
        ...classesPart(labels, shown, context),
      ]
      : []),
    ...await causesPart(context),
    ...await randomPart(context),
  ];
}

/** Every network that was looked at on the test images, LeNet-5 first, and the images' classes. */
async function comparedNetworks(
  bases: readonly BaseRecord[],
  { study: { published }, inputs, shows: { lenet5, tuned } }: Context,
): Promise<{ labels: readonly number[]; networks: Compared[] }> {
  /** A network of another stage; none where that stage is not part of the study or did not train it. */
  const other = (
    name: string,
    metric: string,
    job: string,
    metrics: readonly Metric[] | undefined,
    manifest: Manifest | undefined,
    layers: readonly { readonly parameters: number }[] | undefined,
    predictions: readonly { readonly predicted: number }[] | undefined,
  ): Compared[] => {
    if (!metrics || !manifest || !layers || !predictions) return [];
    const figure = (part: string) => published?.figures?.[`${metric}.${part}.accuracy`]?.value;
    const [train, validation] = [figure("train"), figure("validation")];
    const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
    return [{
      name,
      published: train !== undefined && validation !== undefined
        ? { train, validation }
        : undefined,
      validation: metricOf(metrics, `${metric}.validation.accuracy`),
      test: metricOf(metrics, `${metric}.test.accuracy`),
      parameters,
      trained: parameters,
      seconds: manifest.provenance.jobs[job].seconds,
      final: true,
      predicted: predictions.map(({ predicted }) => predicted),
    }];
  };
  const tunedMetrics = await tuned.metrics.read();
  const tunedManifest = await tuned.manifest.read();
  const metrics = await inputs.metrics.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  const predictions = await inputs.testPredictions.read();
  return {
    labels: predictions.map(({ label }) => label),
    networks: [
      ...other(
        "LeNet-5",
        "baseline",
        "lenet5",
        await lenet5.metrics.read(),
        await lenet5.manifest.read(),
        await lenet5.layers.read(),
        await lenet5.testPredictions.read(),
      ),
      ...other(
        "tuned",
        "tune.winner",
        "winner",
        tunedMetrics,
        tunedManifest,
        await tuned.winnerLayers.read(),
        await tuned.winnerPredictions.read(),
      ),
      ...other(
        "tuned, the original study's values",
        "tune.study",
        "study",
        tunedMetrics,
        tunedManifest,
        await tuned.studyLayers.read(),
        await tuned.studyPredictions.read(),
      ),
      ...bases.flatMap(({ name: base, networks }) =>
        networks.map(({ name, parameters, trained }): Compared => ({
          name,
          published: name === `${base}.finetuned` ? published?.transfer?.[base] : undefined,
          validation: metricOf(metrics, `transfer.${name}.validation.accuracy`),
          test: metricOf(metrics, `transfer.${name}.test.accuracy`),
          parameters,
          trained,
          seconds: jobs[name].seconds,
          final: name === `${base}.finetuned`,
          predicted: predictions.map(({ networks }) => networks[name]),
        }))
      ),
    ],
  };
}

function metricOf(metrics: readonly Metric[], name: string): Metric {
  const found = metrics.find((metric) => metric.name === name);
  if (!found) throw new Error(`there is no metric ${name}`);
  return found;
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

/** Recall class by class; of many classes, those where networks differ most. */
function classesPart(
  labels: readonly number[],
  networks: readonly Compared[],
  { study: { classes } }: Context,
): string[] {
  const scores = networks.map(({ predicted }) =>
    classReport(confusionMatrix(labels, predicted, classes.length)).classes
  );
  const rows = classes.map((name, label) => {
    const [first, ...others] = scores.map((of) => of[label].recall);
    const gains = others.map((value) => value - first);
    return {
      name,
      some: !Number.isNaN(first),
      first,
      gains,
      most: Math.max(...gains.map(Math.abs)),
    };
  });
  const many = rows.length > limits.list;
  const chosen = many
    ? rows.filter(({ some }) => some).toSorted((a, b) => b.most - a.most)
      .slice(0, 2 * limits.ends)
    : rows;
  return [
    "### Which classes gain and lose",
    `Recall of ${
      many
        ? `the ${chosen.length} of ${count(rows.length)} classes where networks differ most,`
        : "each class"
    } on the test images: ${networks[0].name}'s, and what each other network adds to it.` +
    (chosen.some(({ some }) => !some) ? ` A class without test images has none: ${NONE}.` : ""),
    table(
      ["Class", ...networks.map(({ name }) => name)],
      chosen.map(({ name, some, first, gains }) => [
        plain(name),
        some ? decimal(first, 3) : NONE,
        ...gains.map((gain) => some ? signed(gain, 3) : NONE),
      ]),
    ),
  ];
}

/** The experiment on what turns a network that works into one that guesses. */
async function causesPart(context: Context): Promise<string[]> {
  const { settings: { bases, causes, random }, study: { classes, published }, inputs } = context;
  const { subset, recipe, base } = causes;
  const names = [causes.reference, ...causes.changes].map(({ name }) => name);
  const all = (await inputs.causes.read()).map((cause, i) => ({ ...cause, name: names[i] }));
  const [reference, ...changes] = all;
  if (!reference) return [];
  const { network: id, output } = bases.find(({ name }) => name === base)!;
  const network = titles[id];
  const chance = 1 / classes.length;
  // Within two standard errors of guessing.
  const bound = chance + 2 * Math.sqrt(chance * (1 - chance) / subset.validation);
  const last = ({ diverged, validationAccuracies }: CauseRecord) =>
    diverged ? NaN : validationAccuracies.at(-1) ?? NaN;
  const works = (cause: CauseRecord) => last(cause) > bound;
  const diverged = changes.filter((cause) => cause.diverged);
  const guessing = changes.filter((cause) => !cause.diverged && !works(cause));
  const rest = changes.filter(works);
  const theirs = published?.transfer?.[id];
  const theyGuess = theirs !== undefined && theirs.validation <= bound;
  return [
    theyGuess
      ? random
        ? `### What makes ${network} with ImageNet's weights end at chance`
        : `### Why the original study's ${network} ended at chance`
      : `### What makes ${network} fail`,
    (theyGuess
      ? `The original study reports ${
        figuresCell(theirs)
      } for ${network}, which is guessing, and ` +
        `blames the difference between ImageNet and its own images. That can be tried. `
      : "") +
    `${network} up to \`${output}\`, with the head that was trained on its features, is fine-tuned on ` +
    `${count(subset.train)} images for ${epochs(recipe.epochs)} (first row)` +
    `${
      works(reference)
        ? ", and works"
        : reference.diverged
        ? ", and diverges"
        : ", and does not get beyond guessing"
    }; every other row ` +
    `changes what its name says and leaves all else as it is. Accuracies are of ` +
    `${count(subset.validation)} validation images.`,
    ...await causesChart(
      network,
      all.map((cause) => ({ ...cause, accuracy: last(cause) })),
      context,
    ),
    table(
      ["Training", "accuracy", "loss at the end", ""],
      all.map((cause) => [
        plain(cause.name),
        cause.diverged ? NONE : decimal(last(cause)),
        cause.diverged ? NONE : decimal(cause.losses.at(-1)!, 3),
        cause.diverged ? "the loss was no number any more" : works(cause) ? "" : "**guessing**",
      ]),
    ),
    (guessing.length > 0
      ? `Guessing is what ${quoted(guessing.map(({ name }) => name))} ${
        guessing.length === 1 ? "ends" : "end"
      } in` +
        (guessing.every(({ constant }) => constant)
          ? `, with a network that gives every image the same probabilities: what is left when no image ` +
            `excites a rectified unit any more, so that no gradient reaches the layers below. `
          : ". ") +
        (rest.length > 0
          ? `${quoted(rest.map(({ name }) => name))} ${rest.length === 1 ? "does" : "do"} not. `
          : "") +
        (works(reference)
          ? `The images are the same in all rows, so their difference from ImageNet is not what fails.`
          : "")
      : `None of these changes ends in guessing.`) +
    (diverged.length > 0
      ? ` The training of ${quoted(diverged.map(({ name }) => name))} ended early.`
      : ""),
  ];
}

/** The accuracies beside each other, as far as there is one. */
async function causesChart(
  network: string,
  causes: readonly Cause[],
  { settings: { causes: { subset } }, study: { classes }, figure }: Context,
): Promise<string[]> {
  if (causes.every(({ accuracy }) => Number.isNaN(accuracy))) return [];
  return [
    await figure(
      "transfer-causes",
      accuracyByCause(`What makes ${network} guess`, causes, subset.validation, classes.length),
      "Validation accuracy for each change, its interval, and what guessing gives",
    ),
  ];
}

/** `a`, `b` and `c`, in quotation marks. */
const quoted = (names: readonly string[]) => listed(names.map((name) => `"${plain(name)}"`));
