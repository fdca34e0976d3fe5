/** What readers of the page can look into, from what all sections give. @module */
import { confusionMatrix } from "../../evaluation/confusion.ts";
import type { Page } from "../../page/page.ts";
import type { ToldBySection } from "./told.ts";

/** What the page is given beside words and figures. */
export function exploredIn(
  classes: readonly string[],
  told: readonly ToldBySection[],
): Pick<Page, "curves" | "trials" | "mistakes"> {
  const all = told.map(({ explored }) => explored);
  const curves = all.flatMap(({ curves }) => curves ?? [])
    // One epoch makes no curve.
    .filter(({ epochs }) => epochs.length > 1)
    .map(({ title, epochs }) => ({
      title,
      epochs: epochs.map(({ epoch, loss, accuracy, validationLoss, validationAccuracy }) => ({
        epoch,
        loss,
        accuracy,
        validationLoss,
        validationAccuracy,
      })),
    }));
  const trials = all.find(({ trials }) => trials)?.trials;
  const figure = all.find(({ matrix }) => matrix)?.matrix;
  const mistaken = all.find(({ mistaken }) => mistaken)?.mistaken;
  const networks = told.flatMap(({ networks }) => networks).flatMap((
    { id, title, final, predictions },
  ) => final && predictions ? [{ id, title, predictions }] : []);
  return {
    curves,
    trials,
    ...(figure && mistaken && networks.length > 0
      ? {
        mistakes: {
          figure,
          classes,
          networks: networks.map(({ title, predictions }) => ({
            title,
            counts: confusionMatrix(
              predictions.map(({ label }) => label),
              predictions.map(({ predicted }) => predicted),
              classes.length,
            ),
          })),
          sprite: mistaken.png.toBase64(),
          size: mistaken.size,
          columns: mistaken.columns,
          images: mistaken.images.map(({ image, label, networks: of }) => ({
            at: image,
            label,
            predicted: networks.map(({ id }) => of[id]),
          })),
        },
      }
      : {}),
  };
}
