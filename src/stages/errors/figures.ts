/** What stage `errors` tells, from what other stages keep of predictions; the images apart. @module */
import {
  type Bin,
  calibrationOf,
  fitTemperature,
  reliability,
  scaled,
} from "../../evaluation/calibration.ts";
import { confusedPairs } from "../../evaluation/confused_pairs.ts";
import { confusionMatrix } from "../../evaluation/confusion.ts";
import { crossEntropy } from "../../evaluation/loss.ts";
import type { Score } from "../../evaluation/metrics.ts";
import { disagreement, missedByAll, mistakes } from "../../evaluation/mistakes.ts";
import type { NdArray } from "../../ndarray.ts";
import type { ENSEMBLE, Evaluation } from "../champion/stage.ts";
import { SHOWN } from "./kept.ts";
import { figureNames } from "./names.ts";
import type { Comparison } from "./stage.ts";

/** A mistake with a probability from here on is a sure one. */
const SURE = 0.9;

/** How many pairs of classes are told. */
const PAIRS = 3;

const parts = ["validation", "test"] as const;
type Part = typeof parts[number];

/** What a network predicts of images; its probabilities where they are kept. */
interface Predictions {
  readonly predicted: readonly number[];
  readonly probabilities?: NdArray<Float32Array>;
}

/** A network, by the name that its metrics begin with. */
interface Network extends Readonly<Record<Part, Predictions>> {
  readonly network: string;
}

/** A network whose probabilities are kept. */
type Probable = Network & Readonly<Record<Part, Required<Predictions>>>;

/** What networks predict, and what is so. */
export interface Predicted {
  readonly labels: Readonly<Record<Part, readonly number[]>>;
  /** LeNet-5 first. */
  readonly networks: readonly Network[];
}

/** What can be read. */
interface Read<T> {
  read(): Promise<T | undefined>;
}

type Rows<R> = Read<readonly ({ readonly label: number } & R)[]>;

/** What stages keep of one network. */
interface Kept {
  readonly validationProbabilities: Read<NdArray<Float32Array>>;
  readonly validationPredictions: Rows<{ readonly predicted: number }>;
  readonly testProbabilities: Read<NdArray<Float32Array>>;
  readonly testPredictions: Rows<{ readonly predicted: number }>;
}

type OfMany = Rows<{ readonly networks: { readonly [network: string]: number } }>;

type Classes = Readonly<Record<`${Part}Predictions`, Read<NdArray<Uint8Array>>>>;

/** What stage `champion` keeps of the predictions of its networks: a row an evaluation, and of the ensemble. */
interface Strongest extends Classes {
  readonly evaluations: Read<readonly Evaluation[]>;
  readonly ensemble: Classes;
}

// Its module would make this stage's code that of all stages which that one reads.
const together: typeof ENSEMBLE = "ensemble";

/** The first training of each champion, evaluated as its regime declares, and the ensemble. */
async function strongest({ evaluations, ensemble, ...each }: Strongest): Promise<Network[]> {
  const of = (
    name: string,
    validation: Uint8Array | undefined,
    test: Uint8Array | undefined,
  ): Network[] =>
    validation && test
      ? [{
        network: `champion.${name}`,
        validation: { predicted: [...validation] },
        test: { predicted: [...test] },
      }]
      : [];
  const rowOf = ({ shape: [, length], data }: NdArray<Uint8Array>, row: number) =>
    data.subarray(row * length, (row + 1) * length);
  const rows = (await evaluations.read() ?? []).map((evaluation, row) => ({ ...evaluation, row }));
  const validation = await each.validationPredictions.read();
  const test = await each.testPredictions.read();
  return [
    ...[...Map.groupBy(rows, ({ network }) => network)].flatMap(([name, own]) => {
      // A mirrored evaluation follows the one on images as they are.
      const { row } = own.findLast(({ seed }) => seed === own[0].seed)!;
      return of(name, validation && rowOf(validation, row), test && rowOf(test, row));
    }),
    ...of(
      together,
      (await ensemble.validationPredictions.read())?.data,
      (await ensemble.testPredictions.read())?.data,
    ),
  ];
}

/**
 * Reads what stages keep of predictions; of stages that a study leaves out, and of winners of a search
 * without one, nothing.
 */
export async function gathered(
  { baseline, winner, study, transfer, champion }: {
    readonly baseline: Kept;
    readonly winner: Kept;
    readonly study: Kept;
    readonly transfer: { readonly validationPredictions: OfMany; readonly testPredictions: OfMany };
    readonly champion: Strongest;
  },
): Promise<Predicted> {
  const one = async (network: string, kept: Kept): Promise<Network[]> => {
    const of = async (part: Part) => {
      const rows = await kept[`${part}Predictions`].read();
      const probabilities = await kept[`${part}Probabilities`].read();
      return rows && probabilities &&
        { predicted: rows.map(({ predicted }) => predicted), probabilities };
    };
    const [validation, test] = [await of("validation"), await of("test")];
    return validation && test ? [{ network, validation, test }] : [];
  };
  const many = {
    validation: await transfer.validationPredictions.read() ?? [],
    test: await transfer.testPredictions.read() ?? [],
  };
  const of = (part: Part, name: string) => ({
    predicted: many[part].map(({ networks }) => networks[name]),
  });
  const labels = async (part: Part) =>
    (await baseline[`${part}Predictions`].read() ?? []).map(({ label }) => label);
  return {
    labels: { validation: await labels("validation"), test: await labels("test") },
    networks: [
      ...await one("baseline", baseline),
      ...await one("tune.winner", winner),
      ...await one("tune.study", study),
      ...Object.keys(many.test.at(0)?.networks ?? {}).map((name) => ({
        network: `transfer.${name}`,
        validation: of("validation", name),
        test: of("test", name),
      })),
      ...await strongest(champion),
    ],
  };
}

const isProbable = (network: Network): network is Probable =>
  parts.every((part) => network[part].probabilities !== undefined);

/** What becomes of the probabilities of one network. */
function calibrated(
  { network, ...of }: Probable,
  labels: Predicted["labels"],
  bins: number,
) {
  const temperature = fitTemperature(of.validation.probabilities, labels.validation);
  const judged = (part: Part, isScaled: boolean) => {
    const { probabilities } = of[part];
    const told = isScaled ? scaled(probabilities, temperature) : probabilities;
    const sorted: Bin[] = reliability(told, labels[part], bins);
    return {
      sorted,
      row: {
        network,
        part,
        scaled: isScaled,
        images: labels[part].length,
        ...calibrationOf(sorted),
        logLoss: crossEntropy(told, labels[part]),
      },
    };
  };
  const all = parts.flatMap((part) => [judged(part, false), judged(part, true)]);
  const test = all.filter(({ row }) => row.part === "test");
  const [before, after] = test.map(({ row }) => row);
  const names = figureNames(network);
  const score = (name: string, value: number): Score => ({
    name,
    value,
    interval: null,
    n: before.images,
  });
  return {
    temperature: { network, temperature },
    calibration: all.map(({ row }) => row),
    reliability: test.flatMap(({ row, sorted }) =>
      sorted.map((bin) => ({ network, scaled: row.scaled, ...bin }))
    ),
    scores: [
      score(names.ece, before.ece),
      score(names.eceScaled, after.ece),
      score(names.logLossScaled, after.logLoss),
    ],
  };
}

/** Networks, the best on the validation images first. */
function ranked<N extends Network>({ labels }: Predicted, networks: readonly N[]): N[] {
  const right = ({ validation }: N) =>
    validation.predicted.filter((predicted, i) => predicted === labels.validation[i]).length;
  return networks.map((network) => ({ network, right: right(network) }))
    .sort((a, b) => b.right - a.right).map(({ network }) => network);
}

/** What networks make of some test images, by their places. */
export const predictionsOf = ({ labels, networks }: Predicted, images: readonly number[]) =>
  images.map((image) => ({
    image,
    label: labels.test[image],
    networks: Object.fromEntries(
      networks.map(({ network, test }) => [network, test.predicted[image]]),
    ),
  }));

/** The same networks, LeNet-5 first, then from the best on the validation images on. */
export function wanted(predicted: Predicted): Predicted {
  const [first, ...others] = predicted.networks;
  return { ...predicted, networks: [first, ...ranked(predicted, others)] };
}

/** A row of `gallery`, without what follows from the image. */
interface Shown {
  readonly gallery: string;
  readonly image: number;
  readonly probability: number;
}

/**
 * What the stage writes, apart from the images of its gallery.
 *
 * @param bins of equal width, for calibration
 */
export function figuresOf(predicted: Predicted, bins: number) {
  const { labels, networks } = predicted;
  const probable = networks.filter(isProbable);
  const each = probable.map((network) => calibrated(network, labels, bins));
  const test = (of: readonly Network[]) => of.map(({ test }) => test.predicted);

  const [judged] = ranked(predicted, probable);
  const wrong = mistakes(judged.test.probabilities, labels.test);
  const [, classes] = judged.test.probabilities.shape;
  const pairs = confusedPairs(confusionMatrix(labels.test, judged.test.predicted, classes));
  const several = networks.length > 1;
  const missed = several ? missedByAll(labels.test, test(networks)) : [];
  const [first, second] = ranked(predicted, networks);
  const apart = several
    ? disagreement(labels.test, first.test.predicted, second.test.predicted)
    : undefined;
  const comparison: Comparison = {
    networks: networks.map(({ network }) => network),
    images: labels.test.length,
    mistakes: {
      network: judged.network,
      images: wrong.length,
      sure: wrong.filter(({ probability }) => probability >= SURE).length,
      pairs: pairs.slice(0, PAIRS).map(({ share: _, ...pair }) => pair),
    },
    ...(several
      ? {
        missed: {
          images: missed.length,
          alike: missed.filter(({ models }) => models === networks.length).length,
        },
      }
      : {}),
    ...(apart
      ? {
        disagreement: {
          ...apart,
          first: first.network,
          second: second.network,
          onlyFirst: apart.onlyFirst.length,
          onlySecond: apart.onlySecond.length,
        },
      }
      : {}),
  };

  const shown = (gallery: string, images: readonly number[], most: number): Shown[] =>
    images.slice(0, most).map((image) => ({ gallery, image, probability: NaN }));
  const gallery = [
    ...wrong.slice(0, SHOWN).map(({ image, probability }): Shown => ({
      gallery: "mistakes",
      image,
      probability,
    })),
    ...shown("missed", missed.map(({ image }) => image), SHOWN),
    ...shown("onlyFirst", apart?.onlyFirst ?? [], SHOWN / 2),
    ...shown("onlySecond", apart?.onlySecond ?? [], SHOWN / 2),
  ].map(({ gallery, image, probability }) => ({
    gallery,
    probability,
    ...predictionsOf(predicted, [image])[0],
  }));
  return {
    scores: each.flatMap(({ scores }) => scores),
    temperatures: each.map(({ temperature }) => temperature),
    calibration: each.flatMap(({ calibration }) => calibration),
    reliability: each.flatMap(({ reliability }) => reliability),
    comparison,
    gallery,
  };
}
