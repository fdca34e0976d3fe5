/** From labels as files have them to classes, which count from 0. @module */
import type { NdArray } from "../ndarray.ts";
import type { ReadImages } from "./dataset.ts";

/** Which labels stand for classes: all from `first`, without those of `skip`, in their order. */
export interface LabelSettings {
  /** 0 if omitted. */
  readonly first?: number | undefined;
  /** None if omitted. */
  readonly skip?: readonly number[] | undefined;
}

/** Larger ones are no labels: they are kept in 32 bits. */
export const LARGEST_LABEL = 2 ** 31 - 1;

/** Most classes that there can be: one more than the largest byte. */
const MOST_CLASSES = 256;

/** How many images have each label, by label, ascending. */
export function countLabels(labels: Iterable<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/**
 * The settings by which labels stand for classes, one each, `{}` where they count from 0 already;
 * undefined where there are more classes or gaps than `MOST_CLASSES`.
 *
 * @param labels different ones, ascending, at least one
 */
export function settingsFor(labels: readonly number[]): LabelSettings | undefined {
  const [first, last] = [labels[0], labels[labels.length - 1]];
  const gaps = last - first + 1 - labels.length;
  if (labels.length > MOST_CLASSES || gaps > MOST_CLASSES) return undefined;
  const found = new Set(labels);
  const skip = Array.from({ length: last - first }, (_, i) => first + i)
    .filter((label) => !found.has(label));
  return { ...(first === 0 ? {} : { first }), ...(skip.length === 0 ? {} : { skip }) };
}

/** `labels: { first: 1 }`, as `study.ts` would say it; undefined for `{}`. */
export function settingsText({ first, skip }: LabelSettings): string | undefined {
  const parts = [
    ...(first === undefined ? [] : [`first: ${first}`]),
    ...(skip === undefined ? [] : [`skip: [${skip.join(", ")}]`]),
  ];
  return parts.length === 0 ? undefined : `labels: { ${parts.join(", ")} }`;
}

/** The labels that stand for the classes, class by class. */
function labelsOfClasses({ first = 0, skip = [] }: LabelSettings, classes: number): number[] {
  const left = new Set(skip);
  const labels: number[] = [];
  for (let label = first; labels.length < classes; label++) {
    if (!left.has(label)) labels.push(label);
  }
  return labels;
}

/** `0 to 9`, or all of them where there are gaps. */
function span(labels: readonly number[]): string {
  const [first, last] = [labels[0], labels[labels.length - 1]];
  if (last - first === labels.length - 1) {
    return first === last ? `${first}` : `${first} to ${last}`;
  }
  const shown = labels.length > 12 ? [...labels.slice(0, 6), "...", last] : labels;
  return shown.join(", ");
}

/** A part of a data set as it was read, and what errors call the file that has its labels. */
export interface ReadPart extends ReadImages {
  /** What errors call the file. */
  readonly name: string;
}

/**
 * The class of every image.
 *
 * @param settings which labels stand for classes; undefined where the format leaves no choice
 * @param classes how many classes `study.ts` names
 * @throws {Error} where a label stands for none of them, with the setting that helps
 */
export function classesOf(
  { labels, name }: ReadPart,
  settings: LabelSettings | undefined,
  classes: number,
): NdArray<Uint8Array> {
  const known = labelsOfClasses(settings ?? {}, classes);
  const byLabel = new Map(known.map((label, index) => [label, index]));
  const data = new Uint8Array(labels.data.length);
  for (let i = 0; i < data.length; i++) {
    const found = byLabel.get(labels.data[i]);
    if (found === undefined) {
      throw new Error(
        `${name}: label ${i + 1} is ${labels.data[i]}, and the ${classes} classes that study.ts ` +
          `names have the labels ${span(known)}; ${
            remedy(labels.data, settings, classes, "some")
          }.`,
      );
    }
    data[i] = found;
  }
  return { shape: labels.shape, data };
}

/**
 * Refuses classes that no image to learn from shows.
 *
 * @throws {Error} with their labels and the setting that helps
 */
export function checkAllShown(
  { labels, name }: ReadPart,
  settings: LabelSettings | undefined,
  classes: number,
): void {
  const found = new Set(labels.data);
  const missing = labelsOfClasses(settings ?? {}, classes).filter((label) => !found.has(label));
  if (missing.length === 0) return;
  throw new Error(
    `${name}: no training image has the label${missing.length === 1 ? "" : "s"} ${
      span(missing)
    }, and study.ts names ${classes} ` +
      `classes; ${remedy(labels.data, settings, classes, "all")}.`,
  );
}

/** What to say in `study.ts` so that names and labels agree, where all classes must show or some need not. */
function remedy(
  labels: Int32Array,
  settings: LabelSettings | undefined,
  classes: number,
  shown: "some" | "all",
): string {
  const found = [...countLabels(labels).keys()];
  const here = `the file has ${found.length} different labels, ${span(found)}`;
  const [first, last] = [found[0], found[found.length - 1]];
  // As many as the classes that are named: then those in between may merely show in no image here.
  const whole = shown === "some" && last - first + 1 === classes;
  const fitting = whole ? settingsFor([first]) : settingsFor(found);
  if (fitting === undefined) {
    return `${here}, too many for the ${MOST_CLASSES} classes that there can be: so these do not look like labels`;
  }
  const [wanted, now] = [fitting, settings ?? fitting].map(settingsText);
  const say = [
    ...(wanted === now
      ? []
      : [wanted === undefined ? "take `labels` out of data" : `say \`${wanted}\` in data`]),
    ...(whole || found.length === classes ? [] : [`name ${found.length} classes`]),
  ];
  return `${here}: ${say.join(" and ")}`;
}
