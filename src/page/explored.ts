/**
 * What a reader of the page can look into, beside what the report says: given by sections, shown by
 * `client/`. Plain data, since it travels in the page as JSON.
 *
 * @module
 */

/** One epoch, counted from 1. */
export interface Epoch {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
}

/** How a training went. */
export interface Curve {
  readonly title: string;
  readonly epochs: readonly Epoch[];
}

/** What was tried in a search, as parallel coordinates and as a table. */
export interface Trials {
  /** The hyperparameters, and where their axes are labelled: places from 0 to 1. */
  readonly axes: readonly {
    readonly name: string;
    readonly ticks: readonly { readonly place: number; readonly label: string }[];
  }[];
  /** The last axis: scores of those trials that compare, which were trained for so many epochs. */
  readonly score: { readonly low: number; readonly high: number; readonly epochs: number };
  /** The best first. */
  readonly rows: readonly Trial[];
}

/** A configuration, by its trial with the most epochs. */
export interface Trial {
  readonly id: number;
  readonly epochs: number;
  /** Accuracy on the validation images; null where the trial failed. */
  readonly score: number | null;
  /** In the order of the axes; where they lie, and on the axis of scores if they compare. */
  readonly values: readonly (number | string | boolean)[];
  readonly places: readonly number[];
}

/** What networks take test images for, and some images that they get wrong. */
export interface Mistakes {
  readonly classes: readonly string[];
  readonly networks: readonly {
    readonly title: string;
    /** `[true class][what it is taken for]`. */
    readonly counts: readonly (readonly number[])[];
  }[];
  /** PNG in base64: images of one size, so many in a row. */
  readonly sprite: string;
  readonly size: { readonly width: number; readonly height: number };
  readonly columns: number;
  /** In their order in the sprite. */
  readonly images: readonly {
    /** Its place among the test images, from 0. */
    readonly at: number;
    readonly label: number;
    /** By each of `networks`. */
    readonly predicted: readonly number[];
  }[];
}

/** What a section gives to look into. */
export interface Explored {
  readonly curves?: readonly Curve[];
  /** In place of a figure, by its name. */
  readonly trials?: Trials & { readonly figure: string };
  /** The figure of a confusion matrix, by its name, in place of which readers see what is mistaken. */
  readonly matrix?: string;
  readonly mistaken?: Mistaken;
}

/** Test images that networks get wrong, in one picture. */
export interface Mistaken {
  readonly png: Uint8Array;
  readonly size: { readonly width: number; readonly height: number };
  readonly columns: number;
  readonly images: readonly {
    readonly image: number;
    readonly label: number;
    /** By the names that their metrics begin with. */
    readonly networks: { readonly [network: string]: number };
  }[];
}

/** All that travels in the page. */
export interface Carried {
  /** Figures that can be drawn anew, by name: what Vega draws. */
  readonly figures: { readonly [name: string]: unknown };
  /** Of two trainings, whose data are put in by the page. */
  readonly twoCurves?: unknown;
  readonly curves?: readonly Curve[];
  readonly trials?: Trials;
  readonly mistakes?: Mistakes;
}
