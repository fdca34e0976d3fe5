/** What a kept network says of itself, in `userDefinedMetadata` of its `model.json`. @module */
import type { ImageForm } from "../data/form.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { ModelMetadata } from "./read_metadata.ts";

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
