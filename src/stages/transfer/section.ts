/** The report's section on transfer learning, and what makes it fail. @module */
import {
  count,
  decimal,
  duration,
  listed,
  NONE,
  plain,
  sideBySide,
  table,
  withInterval,
} from "../../report/markdown.ts";
import type { Explored } from "../../page/explored.ts";
import { metricOf, type Network, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { curves, epochs } from "../shown.ts";
import { accuracyByCause, type Cause } from "./charts.ts";
import { randomFinding, randomNetworks, randomPart } from "./random_part.ts";
import type { CauseRecord, transfer } from "./stage.ts";
import { figuresCell, titles } from "./titles.ts";

type Context = SectionContextOf<typeof transfer>;

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { settings, inputs, shows } = context;
  const bases = await inputs.bases.read();
  const available = bases.filter(({ available }) => available);
  const missing = bases.filter(({ available }) => !available);
  const channels = (await shows.images.summary.read())?.shapes.test.at(-1);
  const metrics = await inputs.metrics.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  const history = await inputs.history.read();
  const accuracy = (name: string, part: string) => {
    const { value, interval } = metricOf(metrics, `transfer.${name}.${part}.accuracy`);
    return withInterval(value, interval);
  };

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
    ...(available.length > 0
      ? [
        table(
          ["Network", "validation [95%]", "test [95%]", "parameters", "trained"],
          available.flatMap(({ networks }) =>
            networks.map(({ name, parameters, trained }) => [
              plain(titleOf(`transfer.${name}`)),
              accuracy(name, "validation"),
              accuracy(name, "test"),
              count(parameters),
              count(trained),
            ])
          ),
        ),
      ]
      : []),
    ...(available.length > 0
      ? [
        `Computing features took ${
          available.map(({ name }) => `${duration(jobs[`${name}.features`].seconds)} for ${name}`)
            .join(", ")
        }, which the times of heads and of fine-tuning come on top of.`,
      ]
      : []),
    ...missing.map(({ name, file }) =>
      `**${name}** has no figures here, because \`${file}\` was neither in the folder that ` +
      `\`IMAGENET_WEIGHTS_DIR\` names nor in the cache, and could not be downloaded. To run it: ` +
      `\`IMAGENET_WEIGHTS_DIR=<folder with the file> deno task transfer\`, or \`deno task transfer\` where ` +
      `Keras's public address can be reached.`
    ),
    ...(await Promise.all(available.map(async ({ name: base }) =>
      sideBySide(
        await Promise.all(["linear", "finetuned"].map((kind) =>
          curves(
            `transfer-${base}-${kind}`,
            `${titleOf(`transfer.${base}.${kind}`)} while it learns`,
            history.filter(({ network }) => network === `${base}.${kind}`),
            context,
          )
        )),
      )
    ))).flat(),
    ...await causesPart(context),
    ...await randomPart(context),
  ];
}

/** What the original study reports of the network of a base. */
function publishedAs({ settings: { bases }, study: { published } }: Context, base: string) {
  const figures = published?.transfer?.[base];
  const network = bases.find(({ name }) => name === base)?.network;
  return figures && network && { of: titles[network], ...figures };
}

/** See `randomFinding`. */
export const finding = randomFinding;

/** The networks of each base, then those with random weights, then those that could not be had. */
export async function networks(context: Context): Promise<Network[]> {
  const { inputs } = context;
  const bases = await inputs.bases.read();
  const metrics = await inputs.metrics.read();
  const predictions = await inputs.testPredictions.read();
  const { provenance: { jobs } } = await inputs.manifest.read();
  return [
    ...bases.flatMap(({ name: base, networks }) =>
      networks.map(({ name, parameters, trained }): Network => {
        const id = `transfer.${name}`;
        return {
          id,
          title: titleOf(id),
          published: name === `${base}.finetuned` ? publishedAs(context, base) : undefined,
          validation: metricOf(metrics, `${id}.validation.accuracy`),
          test: metricOf(metrics, `${id}.test.accuracy`),
          parameters,
          trained,
          seconds: jobs[name].seconds,
          final: name === `${base}.finetuned`,
          predictions: predictions.map(({ label, networks }) => ({
            label,
            predicted: networks[name],
          })),
        };
      })
    ),
    ...await randomNetworks(context),
    ...bases.filter(({ available }) => !available).map(({ name }): Network => ({
      id: `transfer.${name}`,
      title: `${name} (ImageNet)`,
      published: publishedAs(context, name),
      lacking: "weights not there",
      final: true,
    })),
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

/** How the networks on features learnt. */
export async function explored({ inputs }: Context): Promise<Explored> {
  const history = await inputs.history.read();
  return {
    curves: [...new Set(history.map(({ network }) => network))].map((name) => ({
      title: titleOf(`transfer.${name}`),
      epochs: history.filter(({ network }) => network === name),
    })),
  };
}
