/** The networks of stage `transfer` as a study describes them, checked before anything is trained. @module */
import { resolveLayers } from "../../models/shapes.ts";
import type { Shape } from "../../models/spec.ts";
import { type Base, baseModel, headModel, withHead } from "../../models/transfer.ts";
import type { Fault } from "../room.ts";

/** What `study.ts` says of a base, as far as it makes a network. */
interface NamedBase extends Base {
  readonly trainedFrom: string;
}

/** What is wrong with a base: a layer that is not there, or images that are too small for it. */
export function baseFaults(base: NamedBase, input: Shape, classes: number): Fault[] {
  const fault = (setting: string, check: () => void): Fault[] => {
    try {
      check();
      return [];
    } catch (error) {
      return [{ path: [setting], message: error instanceof Error ? error.message : String(error) }];
    }
  };
  const unknown = fault("output", () => void baseModel(base, input));
  if (unknown.length > 0) return unknown;
  const { model } = baseModel(base, input);
  const small = fault("scale", () => void resolveLayers(model));
  if (small.length > 0) return small;
  return fault("trainedFrom", () => {
    const features = resolveLayers(model).at(-1)!.outputShape;
    withHead(model, headModel("linear", features, classes), base.trainedFrom);
  });
}
