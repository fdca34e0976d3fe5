/**
 * Labelled images: readers that check every byte, descriptions, duplicates, and splits index for index
 * as scikit-learn makes them.
 *
 * @example A fifth of ten rows held out
 * ```ts
 * import { trainTestSplit } from "@atelier/atelier/data";
 * import { assertEquals } from "@std/assert";
 *
 * // train_test_split(range(10), test_size=0.2, random_state=42) of scikit-learn
 * const { train, test } = trainTestSplit(10, 0.2, 42);
 * assertEquals([...train], [5, 0, 7, 2, 9, 4, 3, 6]);
 * assertEquals([...test], [8, 1]);
 * ```
 *
 * @module
 */
export { type CsvDecoder, csvDecoder, type CsvForm, readCsv } from "../data/csv.ts";
export type { LabelledImages, ReadImages } from "../data/dataset.ts";
export { type ColumnSummary, describe, labelCounts } from "../data/describe.ts";
export { type Duplicates, findDuplicates } from "../data/duplicates.ts";
export { decodeIdxImages, decodeIdxLabels, readIdx } from "../data/idx.ts";
export { classesOf, type LabelSettings, type ReadPart } from "../data/labels.ts";
export { oneHot, padImages, take } from "../data/prepare.ts";
export { kFold, type Split, trainTestSplit } from "../data/split.ts";
export { decodeNpy, encodeNpy, openNpy } from "../files/npy.ts";
export type { NdArray, NumberArray, NumberType, Rows } from "../ndarray.ts";
