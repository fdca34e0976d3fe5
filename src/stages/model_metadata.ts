/** What a kept network says of itself, in `userDefinedMetadata` of its `model.json`. @module */
import { z } from "zod";
import { type ImageForm, imageForm } from "../data/form.ts";
import { parseJson } from "../files/json.ts";
import { type ModelSpec, modelSpec } from "../models/spec.ts";

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

/** What a network says of itself. */
export const metadataOf = (
  network: string,
  model: ModelSpec,
  classes: readonly string[],
  preprocessing: ImageForm,
): ModelMetadata => ({
  network,
  classes: [...classes],
  input: { shape: [...model.input], meaning: meaningOf(preprocessing) },
  preprocessing,
  model,
});

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

/** What the numbers are that a network reads. */
function meaningOf({ image, size, channels, ground, resize }: ImageForm): string {
  const [high, wide] = image;
  const padded = size[0] !== high || size[1] !== wide;
  return [
    `Brightness from 0 (black) to 255 (white), ${
      channels === 1 ? "grey" : "red, green and blue"
    }; ${high} x ${wide} pixels${padded ? " in the middle of zeros" : ""}`,
    ...(resize ? [`scaled to that size (${resize})`] : []),
    ...(ground
      ? [
        ground.centre > ground.shade
          ? `objects are light on dark (ground ${ground.shade})`
          : `objects are dark on light (ground ${ground.shade})`,
        `the longer side of an object takes ${Math.round(100 * ground.extent)}% of the image's`,
      ]
      : []),
  ].join("; ") + ".";
}
