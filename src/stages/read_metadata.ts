/** Reads what a kept network says of itself; apart from what writes it, so that no training depends on it. @module */
import { z } from "zod";
import { imageForm } from "../data/form.ts";
import { parseJson } from "../files/json.ts";
import { modelSpec } from "../models/spec.ts";

/** The schema of what it says. */
const modelMetadata = z.strictObject({
  /** What the names of its metrics begin with: `tune.winner`. */
  network: z.string(),
  /** Names of the classes, in the order of its output. */
  classes: z.array(z.string()),
  /** Shape of its input, without the axis of images, and what it means. */
  input: z.strictObject({ shape: z.array(z.int()), meaning: z.string() }),
  /** How a picture is made what it reads; see `src/data/preprocess.ts`. */
  preprocessing: imageForm,
  /** The network as this project has it; weights are called by these layers' names. */
  model: modelSpec,
});

/** See `modelMetadata`. */
export type ModelMetadata = z.infer<typeof modelMetadata>;

/**
 * What a `model.json` of ours says.
 *
 * @throws {Error} where it is none
 */
export function readMetadata(text: string): { json: unknown; metadata: ModelMetadata } {
  const json = parseJson(text);
  const found = z.object({ userDefinedMetadata: modelMetadata }).safeParse(json);
  if (!found.success) {
    throw new Error(
      `model.json does not say what Atelier's do: ${
        z.prettifyError(found.error).replaceAll("\n", " ")
      }`,
    );
  }
  return { json, metadata: found.data.userDefinedMetadata };
}
