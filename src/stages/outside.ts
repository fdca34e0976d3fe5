/** The files of other people's that a study reads. @module */
import { outsideFiles } from "../data/source.ts";
import type { OutsideFile } from "../files/locate.ts";
import type { Study } from "./plan.ts";

/** Its data, and the weights that its networks begin with, by the name of the stage that reads them. */
export function outsideOf(
  { data, transfer }: Study,
): { readonly [stage: string]: OutsideFile[] } {
  const weights = (transfer?.bases ?? []).map(({ weights }) => weights);
  return {
    prepare: outsideFiles(data),
    // Several bases may share a file.
    transfer: [...new Map(weights.map((file) => [file.name, file])).values()],
  };
}
