/** Curves of any two trainings, one over the other. @module */
/// <reference lib="dom" />
import type { Curve } from "../explored.ts";
import { drawInto } from "./charts.ts";
import { choice, make } from "./dom.ts";

/** What the chart calls the two. */
const NAMES = ["First", "Second"];

/** The rows that the chart shows of a training. */
const rowsOf = ({ title: name, epochs }: Curve, training: string) =>
  epochs.flatMap(({ epoch, loss, accuracy, validationLoss, validationAccuracy }) => {
    const row = { training, name, epoch };
    return [
      { ...row, images: "training", loss, accuracy },
      { ...row, images: "validation", loss: validationLoss, accuracy: validationAccuracy },
    ];
  });

/** Fills the place with two choices and the chart of what they choose. */
export async function compareCurves(
  place: HTMLElement,
  curves: readonly Curve[],
  spec: unknown,
): Promise<void> {
  const chosen = [0, Math.min(1, curves.length - 1)];
  const said = make("p", { class: "quiet", "aria-live": "polite" });
  const chart = make("div", { class: "live" });
  const figure = make("figure", { class: "drawn", role: "img" }, chart);
  const titles = curves.map(({ title }) => title);
  const bestOf = ({ epochs }: Curve) =>
    epochs.reduce((best, epoch) =>
      epoch.validationAccuracy > best.validationAccuracy ? epoch : best
    );
  const show = async () => {
    const rows = chosen.flatMap((at, i) => rowsOf(curves[at], NAMES[i]));
    await view.data("curves", rows).runAsync();
    said.textContent = chosen.map((at, i) => {
      const { epoch, validationAccuracy } = bestOf(curves[at]);
      return `${NAMES[i]}: ${titles[at]}, at best ${
        validationAccuracy.toFixed(4)
      } of the validation images right, after epoch ${epoch}.`;
    }).join(" ");
    figure.setAttribute("aria-label", `Loss and accuracy by epoch. ${said.textContent}`);
  };
  place.append(
    make(
      "p",
      { class: "quiet" },
      "Choose two: their curves lie over each other. The pointer on a point of a curve shows its figures.",
    ),
    make(
      "div",
      { class: "choices" },
      ...NAMES.map((label, i) =>
        make(
          "div",
          { class: label.toLowerCase() },
          choice(label, titles, chosen[i], (at) => {
            chosen[i] = at;
            void show();
          }),
        )
      ),
    ),
    figure,
    said,
  );
  const view = await drawInto(chart, spec);
  await show();
}
