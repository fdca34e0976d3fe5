/** What stage `errors` does: judges the predictions of other stages, and keeps some images to look at. @module */
import { take } from "../../data/prepare.ts";
import { resizedImages } from "../../data/resize.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { figuresOf, gathered, predictionsOf, wanted } from "./figures.ts";
import { keptSize, MISTAKEN_SIDE, mostMistaken } from "./kept.ts";
import { mistakenBy, spriteOf } from "./mistaken.ts";
import type { errors } from "./stage.ts";

/** Writes what the stage declares. */
export async function run(
  { parameters: { bins }, inputs, outputs }: ContextOf<typeof errors>,
): Promise<void> {
  const predicted = await gathered(inputs.predicted);
  const figures = figuresOf(predicted, bins);
  const { gallery } = figures;
  await outputs.scores.write(figures.scores);
  await outputs.temperatures.write(figures.temperatures);
  await outputs.calibration.write(figures.calibration);
  await outputs.reliability.write(figures.reliability);
  await outputs.comparison.write(figures.comparison);
  await outputs.gallery.write(gallery);
  const testImages = await inputs.testImages.read();
  const [, height, width, channels] = testImages.shape;

  const small = keptSize(height, width, MISTAKEN_SIDE);
  const mistaken = mistakenBy(wanted(predicted), mostMistaken([...small, channels]));
  await outputs.mistakenImages.write(predictionsOf(predicted, mistaken));
  if (mistaken.length > 0) {
    const to = { to: small, how: "stretch" } as const;
    await outputs.mistakenSprite.write(spriteOf(resizedImages(take(testImages, mistaken), to)));
  }

  if (gallery.length === 0) return;
  const images = take(testImages, gallery.map(({ image }) => image));
  const { shape, data } = resizedImages(images, { to: keptSize(height, width), how: "stretch" });
  await outputs.images.write({ shape: channels === 1 ? shape.slice(0, 3) : shape, data });
}
