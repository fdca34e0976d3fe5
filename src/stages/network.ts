/**
 * The networks of a study: what the report calls them, and what it sets side by side.
 *
 * @module
 */
import type { Metric } from "../evaluation/metrics.ts";
import type { SeedSpread } from "./seed_spread.ts";

/** In a sentence and in a table, by what the names of their metrics begin with. */
const names: { readonly [network: string]: readonly [inSentence: string, inTable: string] } = {
  "baseline": ["LeNet-5", "LeNet-5"],
  "tune.winner": ["the winner of the search", "Winner of the search"],
  "tune.study": ["the original study's winner", "Original study's winner"],
  "champion.ensemble": ["the ensemble of champions", "Ensemble of champions"],
};

/** `transfer.vgg16.finetuned` is "vgg16 fine-tuned". */
const transferred = (network: string): string =>
  network.replace(/^transfer\./, "").replace(/\.finetuned$/, " fine-tuned")
    .replace(/\.(\w+)$/, " $1");

/** The name of a champion among them; undefined of another network. */
const champion = (network: string): string | undefined => /^champion\.([^.]+)$/.exec(network)?.[1];

/** What a sentence calls the network whose metrics begin so: `tune.winner` is "the winner of the search". */
export function nameOf(network: string): string {
  const own = champion(network);
  return names[network]?.[0] ?? (own ? `the champion ${own}` : transferred(network));
}

/** What tables and charts call it: "Winner of the search". */
export function titleOf(network: string): string {
  const own = champion(network);
  return names[network]?.[1] ?? (own ? `Champion ${own}` : transferred(network));
}

/** Accuracies that an original study reports of a network. */
export interface Published {
  readonly of: string;
  readonly train: number;
  readonly validation: number;
}

/** A network as the report sets it beside the others. */
export interface Network {
  /** What the names of its metrics begin with. */
  readonly id: string;
  /** See `titleOf`; said otherwise where several are of one kind. */
  readonly title: string;
  /** What an original study reports, and of which of its networks. */
  readonly published?: Published;
  /** Of the training that the report shows, or means over several where these alone are told. */
  readonly validation?: Metric;
  readonly test?: Metric;
  /** Of how many trainings these are means; 1 if omitted. */
  readonly runs?: number;
  /** What its trainings from several seeds come to, where there are some. */
  readonly spread?: { readonly validation: SeedSpread; readonly test: SeedSpread };
  /** All, and those that were trained. */
  readonly parameters?: number;
  readonly trained?: number;
  /** How long a training took. */
  readonly seconds?: number;
  /** Whether its stage leads to it, rather than by way of it. */
  readonly final: boolean;
  /** Of the test images, in their order. */
  readonly predictions?: readonly { readonly label: number; readonly predicted: number }[];
  /** Why it has no figures. */
  readonly lacking?: string;
  /** A sentence for below the table. */
  readonly remark?: string;
}

/** What an original study reports of a network; nothing unless both accuracies. */
export function publishedOf(
  figures: { readonly [metric: string]: { readonly value: number } } | undefined,
  network: string,
  of: string,
): Published | undefined {
  const [train, validation] = ["train", "validation"].map((part) =>
    figures?.[`${network}.${part}.accuracy`]?.value
  );
  return train !== undefined && validation !== undefined ? { of, train, validation } : undefined;
}

/** A metric of a list that must hold it. @throws {Error} that names it, where it does not */
export function metricOf(metrics: readonly Metric[], name: string): Metric {
  const found = metrics.find((metric) => metric.name === name);
  if (!found) throw new Error(`there is no metric ${name}`);
  return found;
}

/** What the trainings of a network come to, `replicated` its name in stage `replicate`. */
export function spreadIn(
  rows: readonly SeedSpread[] | undefined,
  replicated: string,
): Network["spread"] {
  const [validation, test] = ["validation", "test"].map((part) =>
    rows?.find((row) => row.network === replicated && row.part === part)
  );
  return validation && test ? { validation, test } : undefined;
}

/** Its accuracy on the test images with its interval: the mean over seeds where there is one. */
export function testOf(
  { test, spread, runs = 1 }: Network,
): { value: number; interval: readonly [number, number] | null; runs: number } | undefined {
  if (spread) {
    const { mean, low, high, runs } = spread.test;
    return { value: mean, interval: [low, high], runs };
  }
  return test && { value: test.value, interval: test.interval, runs };
}
