/** The figures of the study that is reproduced. @module */

/** What `study.ts` quotes from it. */
export interface Published {
  /** Who reports them, for headings. */
  readonly source: string;
  /** Accuracies by the name of the metric that answers them; `n` is the number of images behind one. */
  readonly figures: { readonly [metric: string]: { readonly value: number; readonly n: number } };
  /** Parameters of its LeNet-5 by layer. */
  readonly lenet5Parameters: { readonly [layer: string]: number };
  /** Parameters of its tuned network by layer. */
  readonly tunedParameters: { readonly [layer: string]: number };
  /** Accuracies on training and validation images of its transfer learning, by the base that answers it. */
  readonly transfer: {
    readonly [base: string]: { readonly train: number; readonly validation: number };
  };
  /** Duplicate rows that it found. */
  readonly duplicates: number;
}
