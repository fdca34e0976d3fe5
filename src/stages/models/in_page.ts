/** The network that runs in `classifier.html`. @module */
import { bestFirst, type ListedNetwork, type ModelsFile } from "./index.ts";

/** Bytes of weights that are carried in a page at most: a third more there, and loaded by everybody. */
const MOST_BYTES = 12e6;

/** The best by validation accuracy of those whose weights a page can carry; undefined where all take more. */
export function inPage({ networks }: ModelsFile): ListedNetwork | undefined {
  return bestFirst(networks).find(({ parameters, precision }) =>
    parameters * (precision === "float16" ? 2 : 4) <= MOST_BYTES
  );
}
