/**
 * What a stage of a study is: a stage of the pipeline, what `study.ts` says of it, and what the report
 * shows of it.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { z } from "zod";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec, Shape } from "../models/spec.ts";
import type { Artifact, Tree } from "../pipeline/artifacts.ts";
import type { Manifest } from "../pipeline/manifest.ts";
import {
  type AllWritten,
  defineStage,
  type Jobs,
  type Reader,
  type Readers,
  type Stage,
  type Written,
} from "../pipeline/stage.ts";
import type { Explored } from "../page/explored.ts";
import type { Network } from "./network.ts";
import type { Basics, Whole } from "./study.ts";

/** A fault of a study: where in `study.ts`, and what is wrong. */
export interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The fault of images that are too small for a network, by the layer that says so; none where it fits. */
export function tooSmall(model: () => ModelSpec): Fault[] {
  try {
    resolveLayers(model());
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ path: ["prepare", "size"], message }];
  }
}

/** A stage with its place in study and report. `S` is what `study.ts` says of it. */
export interface Room<
  N extends string = string,
  O extends boolean = boolean,
  S = unknown,
  P = unknown,
  R = Tree<Written>,
  W = Tree<Written>,
  J = Jobs,
  F = Tree<Written>,
> extends Stage<P, R, W, J> {
  readonly name: N;
  /** Whether a study may leave it out. */
  readonly optional: O;
  /** What `study.ts` says under the stage's name. */
  readonly settings: z.ZodType<S>;
  /** All that the stage depends on. */
  parameters(settings: S, study: Whole): P;
  /**
   * What is wrong although every value by itself is right. `input` is the shape of the prepared images,
   * `[height, width, channels]`.
   */
  faults(settings: S, study: Basics, input: Shape): Fault[];
  /** Names of the metrics that it reports: in its artifact `metrics`, then those in `scores`. */
  metrics(settings: S, study: Whole): string[];
  /** Artifacts of other stages that its section shows, beside its own; they may be missing. */
  readonly shows: F;
  /** Address of the module that writes its part of the report: see `SectionModule`. */
  readonly section: string;
}

/** What the module of a section exports. `C` is the `SectionContextOf` its stage. */
export interface SectionModule<C = unknown> {
  /** Writes the section, its heading `## ...` first. */
  section(context: C): Promise<string[]>;
  /** The networks that the stage has trained, for the table and the chart of all. */
  networks?(context: C): Promise<Network[]>;
  /** What was found, in a sentence or two for the beginning of the page; none where nothing was. */
  finding?(context: C): Promise<string | undefined>;
  /** What the page as HTML lets readers look into. */
  explored?(context: C): Promise<Explored>;
}

/** Declares a stage of a study. */
export function defineRoom<
  const N extends string,
  const O extends boolean,
  S,
  P,
  const R extends Tree<Written>,
  const W extends Tree,
  const J extends Jobs,
  const F extends Tree<Written>,
>(declaration: {
  readonly name: N;
  readonly about: string;
  readonly optional: O;
  readonly settings: z.ZodType<S>;
  readonly module: string;
  readonly section: string;
  readonly reads: R;
  readonly writes: W;
  readonly jobs: J;
  readonly shows: F;
  parameters(settings: S, study: Whole): P;
  keyed(parameters: P): unknown;
  faults?(settings: S, study: Basics, input: Shape): Fault[];
  metrics?(settings: S, study: Whole): string[];
}): Room<N, O, S, P, R, AllWritten<W>, J, F> {
  const { name, about, module, reads, writes, jobs, keyed } = declaration;
  return {
    faults: () => [],
    metrics: () => [],
    ...declaration,
    ...defineStage({ name, about, module, reads, writes, jobs, keyed }),
    name,
  };
}

/** What `study.ts` says of a stage. */
export type SettingsOf<R> = R extends { readonly settings: z.ZodType<infer S> } ? S : never;

/** Readers of what a stage keeps in `results/`. */
type Kept<W> = Readers<
  { readonly [K in keyof W as W[K] extends { readonly kind: "local" } ? never : K]: W[K] }
>;

/** Readers of artifacts that may be missing. */
export type MaybeReaders<F> = {
  readonly [K in keyof F]: F[K] extends Artifact<infer T, infer _> ? Reader<T | undefined>
    : MaybeReaders<F[K]>;
};

/** How a section adds figures. */
export interface Figures {
  /** Renders a chart, stores it as SVG, and returns the Markdown that shows it. */
  figure(name: string, spec: TopLevelSpec, description: string): Promise<string>;
}

/** What a section is given. */
export interface SectionContext<S, W, F> extends Figures {
  readonly settings: S;
  readonly study: Basics;
  /** What its stage has written, and how that came about. */
  readonly inputs: Kept<W> & { readonly manifest: Reader<Manifest> };
  readonly shows: MaybeReaders<F>;
  /** A Markdown link to an artifact. */
  link(reader: Reader<unknown>, words: string): string;
}

/** The context of a stage's section: `section(context: SectionContextOf<typeof cv>)`. */
export type SectionContextOf<R> = R extends
  Room<infer _N, infer _O, infer S, infer _P, infer _R, infer W, infer _J, infer F>
  ? SectionContext<S, W, F>
  : never;
