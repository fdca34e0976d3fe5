/** The loss of a recipe. @module */
import type { LossSpec } from "../engine/engine.ts";
import type { Recipe } from "./recipe.ts";

/** A recipe's loss, as engines take it: none of what it does not name. */
export const lossOf = (
  { labelSmoothing = 0, l2 = 0 }: Pick<Recipe, "labelSmoothing" | "l2">,
): LossSpec => ({ labelSmoothing, l2 });
