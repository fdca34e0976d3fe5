/**
 * A network like the original study's failed one, with one thing or another done differently: what its
 * failure is explained with.
 *
 * @module
 */
import type { Layer, ModelSpec } from "./spec.ts";
import { withHead } from "./transfer.ts";

/** One way of making a network of a base and its head. */
export interface Cause {
  /** Whether the pixels are preprocessed as the base's weights expect; raw bytes otherwise. */
  readonly preprocessing: boolean;
  /** The first layer that is trained, as in `withHead`. */
  readonly trainedFrom: string;
}

/** A base and its head as the cause says. */
export function causeModel(
  base: ModelSpec,
  head: ModelSpec,
  { preprocessing, trainedFrom }: Cause,
): ModelSpec {
  const raw = (layer: Layer): Layer =>
    layer.type === "normalization"
      ? { ...layer, mean: layer.mean.map(() => 0), std: layer.std.map(() => 1) }
      : layer;
  const layers = preprocessing ? base.layers : base.layers.map(raw);
  return withHead({ ...base, layers }, head, trainedFrom);
}
