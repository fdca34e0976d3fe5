/** The networks of stage `transfer` as a study describes them, checked before anything is trained. @module */
import { resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec, Shape } from "../../models/spec.ts";
import { type Base, baseModel, headModel } from "../../models/transfer.ts";
import { unknownName } from "../../schema.ts";
import type { Fault } from "../room.ts";

/** What `study.ts` says of a base, as far as it makes a network. */
interface NamedBase extends Base {
  readonly trainedFrom: string;
}

/** The layer that each network ends in. */
const LAST: { readonly [N in Base["network"]]: string } = {
  "vgg16": "block5_pool",
  "resnet101v2": "post_relu",
  "resnet152v2": "post_relu",
};

const namesOf = ({ layers }: ModelSpec) => layers.map(({ name }) => name);

/** The fault of a layer that is not there. */
const unknown = (setting: string, name: string, known: readonly string[]): Fault[] =>
  known.includes(name) ? [] : [{ path: [setting], message: unknownName(name, known) }];

/** What is wrong with a base, by its setting: a layer that is not there, or images that are too small for it. */
export function baseFaults(base: NamedBase, input: Shape, classes: number): Fault[] {
  const { architecture } = baseModel({ ...base, output: LAST[base.network] }, input);
  const output = unknown("output", base.output, namesOf(architecture));
  if (output.length > 0) return output;
  const { model } = baseModel(base, input);
  try {
    resolveLayers(model);
  } catch (error) {
    return [{ path: ["scale"], message: error instanceof Error ? error.message : String(error) }];
  }
  return trainedFromFaults(base, base, input, classes);
}

/** The fault of a layer to train a base with a head from that neither has. */
export function trainedFromFaults(
  { trainedFrom }: { readonly trainedFrom: string },
  base: Base,
  input: Shape,
  classes: number,
): Fault[] {
  const { model } = baseModel(base, input);
  const features = resolveLayers(model).at(-1)!.outputShape;
  // Layers that both heads have: which one is the better is not known yet.
  const head = headModel("linear", features, classes);
  return unknown("trainedFrom", trainedFrom, [...namesOf(model), ...namesOf(head)]);
}
