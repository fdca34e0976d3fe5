/** Networks two by two: which differ by more than chance, and on which classes. @module */
import { classReport } from "../../evaluation/classification.ts";
import { confusionMatrix } from "../../evaluation/confusion.ts";
import { holm } from "../../evaluation/holm.ts";
import { mcnemar } from "../../evaluation/mcnemar.ts";
import { limits } from "../../report/limits.ts";
import { count, decimal, NONE, plain, probability, signed, table } from "../../report/markdown.ts";
import type { Network } from "../network.ts";
import type { Basics } from "../study.ts";

/** A network with what it makes of the test images. */
type Predicting = Network & Required<Pick<Network, "predictions">>;

/** Those that are worth comparing: LeNet-5, and of every stage what it leads to. */
const compared = (networks: readonly Network[]): Predicting[] =>
  networks.flatMap(({ predictions, ...network }) =>
    predictions && network.final ? [{ ...network, predictions }] : []
  );

const labelsOf = ({ predictions }: Predicting) => predictions.map(({ label }) => label);
const predictedBy = ({ predictions }: Predicting) => predictions.map(({ predicted }) => predicted);

/** McNemar's test of every two networks; nothing where there is one. */
export function pairsPart(all: readonly Network[]): string[] {
  const networks = compared(all);
  if (networks.length < 2) return [];
  const pairs = networks.flatMap((first, i) =>
    networks.slice(i + 1).map((second) => ({
      first,
      second,
      ...mcnemar(labelsOf(first), predictedBy(first), predictedBy(second)),
    }))
  );
  const adjusted = holm(pairs.map(({ p }) => p));
  const again = networks.some(({ spread }) => spread);
  return [
    "### Which differences are more than chance",
    `McNemar's test of each pair on the test images (mid-p, corrected with Holm's method for the number ` +
    `of pairs). It says whether these two trained networks differ on images of this kind, not how ` +
    `another training run of either would do` +
    (again ? `; [that is tested, too](#how-much-another-training-run-would-differ).` : "."),
    table(
      ["First", "Second", "only first right", "only second right", "p", "p, corrected"],
      pairs.map(({ first, second, onlyFirst, onlySecond, p }, i) => [
        plain(first.title),
        plain(second.title),
        count(onlyFirst),
        count(onlySecond),
        probability(p),
        probability(adjusted[i]),
      ]),
    ),
  ];
}

/** Recall class by class, the first network's and what the others add; of many classes, those where they differ most. */
export function classesPart({ classes }: Basics, all: readonly Network[]): string[] {
  const networks = compared(all)
    .toSorted((a, b) => Number(b.id === "baseline") - Number(a.id === "baseline"));
  if (networks.length < 2) return [];
  const scores = networks.map((network) =>
    classReport(confusionMatrix(labelsOf(network), predictedBy(network), classes.length)).classes
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
    } on the test images: ${plain(networks[0].title)}'s, and what each other network adds to it.` +
    (chosen.some(({ some }) => !some) ? ` A class without test images has none: ${NONE}.` : ""),
    table(
      ["Class", ...networks.map(({ title }) => plain(title))],
      chosen.map(({ name, some, first, gains }) => [
        plain(name),
        some ? decimal(first, 3) : NONE,
        ...gains.map((gain) => some ? signed(gain, 3) : NONE),
      ]),
    ),
  ];
}
