/** What two sides measured, side by side: metrics, thresholds, networks and trainings. @module */
import { z } from "zod";
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { holm } from "../../evaluation/holm.ts";
import { difference, wilson } from "../../evaluation/intervals.ts";
import { mcnemar } from "../../evaluation/mcnemar.ts";
import { meets, type Score, scoreList } from "../../evaluation/metrics.ts";
import { spreadOf } from "../../evaluation/spread.ts";
import { welch } from "../../evaluation/welch.ts";
import { canonicalJson } from "../../files/digest.ts";
import { type Artifact, named } from "../../pipeline/artifacts.ts";
import type { Written } from "../../pipeline/stage.ts";
import { count } from "../../report/markdown.ts";
import { replicate } from "../replicate/stage.ts";
import { rooms } from "../rooms.ts";
import type { MetricDiff, NetworkDiff, SeedsDiff, ThresholdDiff } from "./document.ts";
import { artifactOn, type Side } from "./side.ts";

/** Two sides, and where what cannot be compared is told. */
export interface Sides {
  readonly from: Side;
  readonly to: Side;
  /** Whether what does not differ is told as well. */
  readonly all: boolean;
  /** Takes a sentence on what could not be compared. */
  refuse(why: string): void;
}

/** What an artifact holds on both sides; undefined, and told why, where one of them cannot be read. */
async function onBoth<T>(
  { from, to, refuse }: Sides,
  artifact: Written<Artifact<T>>,
): Promise<{ readonly from?: T; readonly to?: T } | undefined> {
  const read = await Promise.allSettled([from, to].map((side) => artifactOn(side, artifact)));
  const [first, second] = read;
  for (const { reason } of read.filter((one) => one.status === "rejected")) refuse(reason.message);
  return first.status === "fulfilled" && second.status === "fulfilled"
    ? { from: first.value, to: second.value }
    : undefined;
}

/** Whether both sides have the same bytes of an artifact. */
const isSame = ({ from, to }: Sides, { stage, name }: Written): boolean => {
  const [a, b] = [from, to].map(({ manifests }) => manifests.get(stage)?.outputs[name]?.sha256);
  return a === b;
};

/** The artifacts of all stages that hold figures. */
const figureFiles = rooms.flatMap(({ writes }) =>
  named<Written>(writes).filter(([name]) => ["metrics.json", "scores.json"].includes(name))
    .map(([, artifact]) => artifact)
);

/** Every metric that one side has or both have, in the order of stages, and stages that cannot be read. */
export async function metricsOf(
  sides: Sides,
): Promise<{ readonly metrics: MetricDiff[]; readonly unread: ReadonlySet<string> }> {
  const metrics: MetricDiff[] = [];
  const unread = new Set<string>();
  for (const artifact of figureFiles) {
    const both = await onBoth(sides, artifact);
    if (!both) unread.add(artifact.stage);
    else metrics.push(...metricsIn(artifact.stage, byName(both.from), byName(both.to)));
  }
  return { metrics, unread };
}

const byName = (list: unknown) =>
  new Map(scoreList.parse(list ?? []).map(({ name, ...figure }) => [name, figure]));

type Figure = Omit<Score, "name">;

/** The metrics of two lists side by side. */
function metricsIn(
  stage: string,
  from: ReadonlyMap<string, Figure>,
  to: ReadonlyMap<string, Figure>,
): MetricDiff[] {
  return [...new Set([...to.keys(), ...from.keys()])].map((metric) => {
    const [a, b] = [from.get(metric), to.get(metric)];
    return {
      stage,
      metric,
      ...(a && { from: a }),
      ...(b && { to: b }),
      difference: a && b ? differenceOf(a, b) : null,
    };
  });
}

/** Wilson's interval is recognized by its bounds, which are kept in all their digits but the last. */
const ROUNDING = 1e-12;

/** Whether a figure is a share of images, and not a mean: then its interval is Wilson's. */
function isShare({ value, interval, n }: Figure): boolean {
  if (value === null || interval === null || !(value >= 0 && value <= 1 && n > 0)) return false;
  const { low, high } = wilson(value * n, n);
  return Math.abs(low - interval[0]) < ROUNDING && Math.abs(high - interval[1]) < ROUNDING;
}

/** What the second has more than the first; Newcombe's interval takes both for shares of other images. */
function differenceOf(first: Figure, second: Figure): MetricDiff["difference"] {
  if (first.value === null || second.value === null) return null;
  const value = second.value - first.value;
  if (!isShare(first) || !isShare(second)) return { value, interval: null };
  const { low, high } = difference(
    { value: second.value, n: second.n },
    { value: first.value, n: first.n },
  );
  return { value, interval: [low, high] };
}

/** Whether a metric is not the same on both sides. */
export const metricDiffers = ({ from, to }: MetricDiff): boolean =>
  canonicalJson(from ?? null) !== canonicalJson(to ?? null);

/** The thresholds of both sides, and whether they hold there. */
export function thresholdsOf(
  { from, to, all, refuse }: Sides,
  metrics: readonly MetricDiff[],
  unread: ReadonlySet<string>,
): ThresholdDiff[] {
  const said = [from, to].map(({ thresholds }) => thresholds);
  for (const { name } of [from, to].filter(({ thresholds }) => !thresholds)) {
    refuse(
      `No report of ${name} tells its thresholds, so those of the other side are taken for both.`,
    );
  }
  const [before, after] = [said[0] ?? said[1] ?? {}, said[1] ?? said[0] ?? {}];
  const bound = (side: "from" | "to", metric: string, thresholds: typeof before) => {
    const threshold = Object.hasOwn(thresholds, metric) ? thresholds[metric] : null;
    const value = metrics.find((it) => it.metric === metric)?.[side]?.value ?? null;
    return { threshold, value, holds: threshold === null ? null : meets(metric, value, threshold) };
  };
  return [...new Set([...Object.keys(after), ...Object.keys(before)])]
    // Of figures that cannot be read nothing is known.
    .filter((metric) =>
      !unread.has(metric.split(".")[0]) || metrics.some((it) => it.metric === metric)
    )
    .map((metric) => ({
      metric,
      from: bound("from", metric, before),
      to: bound("to", metric, after),
    }))
    .filter(({ from, to }) => all || from.threshold !== to.threshold || from.holds !== to.holds);
}

/** What is predicted of the test images, by one network or by several. */
const predictedRows = z.array(z.object({
  label: z.int(),
  predicted: z.int().optional(),
  networks: z.record(z.string(), z.int()).optional(),
}));

const TEST = "test-predictions.csv";

/** Predictions of test images that stages keep, one a network. */
const predictionFiles = rooms.filter(({ name }) => name !== replicate.name).flatMap((
  { writes },
) =>
  named<Written>(writes).filter(([name]) => name.endsWith(TEST)).map(([, artifact]) => artifact)
);

/** The networks of a file by what their metrics begin with, and the classes of the images. */
function predictionsIn({ stage, name }: Written, decoded: unknown) {
  const rows = predictedRows.parse(decoded);
  const labels = rows.map(({ label }) => label);
  const several = Object.keys(rows[0]?.networks ?? {});
  const group = name.slice(0, -TEST.length).replace(/-$/, "");
  const networks = several.length > 0
    ? several.map((column): [string, number[]] => [
      `${stage}.${column}`,
      rows.map(({ networks }) => networks![column]),
    ])
    : [[group ? `${stage}.${group}` : stage, rows.map(({ predicted }) => predicted!)] as const];
  return { labels, networks: new Map(networks) };
}

const areEqual = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** McNemar's test of every network of which both sides keep predictions of the test images. */
export async function networksOf(sides: Sides): Promise<NetworkDiff[]> {
  const found: NetworkDiff[] = [];
  for (const artifact of predictionFiles) {
    if (!sides.all && isSame(sides, artifact)) continue;
    const both = await onBoth(sides, artifact);
    if (both?.from === undefined || both.to === undefined) continue;
    const [from, to] = [both.from, both.to].map((it) => predictionsIn(artifact, it));
    for (const [network, first] of from.networks) {
      const second = to.networks.get(network);
      const same = areEqual(from.labels, to.labels);
      if (!second || !sides.all && same && areEqual(first, second)) continue;
      const { onlyFirst, onlySecond, p } = same
        ? mcnemar(from.labels, first, second)
        : { onlyFirst: 0, onlySecond: 0, p: NaN };
      found.push({
        network,
        mcnemar: same
          ? { images: first.length, onlyFrom: onlyFirst, onlyTo: onlySecond, p, corrected: p }
          : null,
        why: same ? null : otherImages(from.labels.length, to.labels.length),
      });
    }
  }
  const corrected = holm(found.flatMap(({ mcnemar }) => mcnemar?.p ?? []));
  let next = 0;
  return found.map((it) =>
    it.mcnemar ? { ...it, mcnemar: { ...it.mcnemar, corrected: corrected[next++] } } : it
  );
}

const otherImages = (from: number, to: number): string =>
  from === to
    ? "the test images have other labels, so they are not the same images"
    : `the test images are not the same: ${count(from)} and ${count(to)}`;

/** The accuracies of trainings over seeds, where stage `replicate` has them. */
export async function seedsOf(sides: Sides): Promise<SeedsDiff[]> {
  const { validationPredictions, testPredictions } = replicate.writes;
  const found: SeedsDiff[] = [];
  for (
    const [part, artifact] of [
      ["validation", validationPredictions],
      ["test", testPredictions],
    ] as const
  ) {
    if (!sides.all && isSame(sides, artifact)) continue;
    const both = await onBoth(sides, artifact);
    if (!both) continue;
    const [from, to] = [both.from, both.to].map(trainingsIn);
    for (const network of new Set([...from.keys(), ...to.keys()])) {
      const [first, second] = [from.get(network), to.get(network)];
      found.push({
        network,
        part,
        ...(first && { from: told(first) }),
        ...(second && { to: told(second) }),
        welch: first && second && Math.min(first.size, second.size) > 1
          ? means(first, second)
          : null,
      });
    }
  }
  return found;
}

/** The accuracy of each training by its seed, by network. */
function trainingsIn(
  rows: Readonly<ReturnType<typeof replicate.writes.testPredictions.decode>> | undefined,
): Map<string, Map<string, number>> {
  const trainings = new Map<string, Map<string, number>>();
  const labels = rows?.map(({ label }) => label) ?? [];
  for (const column of Object.keys(rows?.[0]?.networks ?? {})) {
    const end = column.lastIndexOf(".");
    const [network, seed] = [column.slice(0, end), column.slice(end + 1)];
    const predicted = rows!.map(({ networks }) => networks[column]);
    const { value } = accuracyMetric(network, predicted, labels);
    trainings.set(network, (trainings.get(network) ?? new Map()).set(seed, value));
  }
  return trainings;
}

function told(trainings: ReadonlyMap<string, number>): NonNullable<SeedsDiff["from"]> {
  const values = [...trainings.values()];
  const seeds = [...trainings.keys()];
  if (values.length < 2) return { seeds, mean: values[0], interval: null, std: 0 };
  const { mean, low, high, std } = spreadOf(values);
  return { seeds, mean, interval: [low, high], std };
}

/** Welch's test of what the second has more than the first. */
function means(
  first: ReadonlyMap<string, number>,
  second: ReadonlyMap<string, number>,
): SeedsDiff["welch"] {
  const { value, low, high, p } = welch([...second.values()], [...first.values()]);
  return { value, interval: [low, high], p };
}
