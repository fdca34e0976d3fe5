/** What stage `errors` does: judges the predictions of other stages, and keeps some images to look at. @module */
import { take } from "../../data/prepare.ts";
import { resizedImages } from "../../data/resize.ts";
import type { ContextOf } from "../../pipeline/stage.ts";
import { figuresOf, gathered } from "./figures.ts";
import { keptSize } from "./kept.ts";
import type { errors } from "./stage.ts";

/** Writes what the stage declares. */
export async function run(
  { parameters: { bins }, inputs, outputs }: ContextOf<typeof errors>,
): Promise<void> {
  const figures = figuresOf(await gathered(inputs.predicted), bins);
  const { gallery } = figures;
  await outputs.scores.write(figures.scores);
  await outputs.temperatures.write(figures.temperatures);
  await outputs.calibration.write(figures.calibration);
  await outputs.reliability.write(figures.reliability);
  await outputs.comparison.write(figures.comparison);
  await outputs.gallery.write(gallery);
  if (gallery.length === 0) return;
  const images = take(await inputs.testImages.read(), gallery.map(({ image }) => image));
  const [, height, width, channels] = images.shape;
  const { shape, data } = resizedImages(images, { to: keptSize(height, width), how: "stretch" });
  await outputs.images.write({ shape: channels === 1 ? shape.slice(0, 3) : shape, data });
}
