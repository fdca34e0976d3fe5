/** What a network says of a picture, in words, as bars, and step by step. @module */
/// <reference lib="dom" />
import type { Step } from "../../data/preprocess.ts";
import { make } from "../../page/client/dom.ts";
import type { Answer } from "./network.ts";
import { type Decoded, shown } from "./pictures.ts";

/** So many classes have a bar, the most probable ones. */
const BARS = 10;

/** Pixels of a step's picture, at most, a side. */
const SIDE = 256;

const decimals = (probability: number) => probability.toFixed(2);

/**
 * Says what a picture is most likely of, and shows the probabilities.
 *
 * @param label its class, where that is known
 */
export function showAnswer(
  words: HTMLElement,
  bars: HTMLElement,
  { probabilities, unlikeness }: Answer,
  classes: readonly string[],
  label: number | undefined,
): void {
  const ranked = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const [best] = ranked;
  words.replaceChildren(
    make(
      "p",
      { class: "class" },
      make("strong", {}, classes[best]),
      `, with a probability of ${decimals(probabilities[best])}.`,
      label === undefined
        ? ""
        : label === best
        ? " That is right."
        : ` That is wrong: the study calls it ${classes[label]}.`,
    ),
    ...(unlikeness > 1
      ? [make(
        "p",
        { class: "warning" },
        `This picture is unlike the images that the network learnt from (${
          unlikeness.toFixed(1)
        }, where 1 is the limit): of such a picture its answer says little.`,
      )]
      : []),
  );
  bars.replaceChildren(make(
    "table",
    {},
    make(
      "caption",
      {},
      classes.length > BARS
        ? `Probabilities of the ${BARS} most probable of ${classes.length} classes, calibrated`
        : "Probabilities, calibrated",
    ),
    make(
      "tbody",
      {},
      ...ranked.slice(0, BARS).map((of) => {
        const bar = make("div", { class: "bar" });
        // A style as an attribute is what the page's policy forbids.
        bar.style.width = `${100 * probabilities[of]}%`;
        return make(
          "tr",
          {},
          make("th", { scope: "row" }, classes[of]),
          make("td", { class: "bars" }, bar),
          make(
            "td",
            { class: "number" },
            make("data", { value: probabilities[of] }, decimals(probabilities[of])),
          ),
        );
      }),
    ),
  ));
}

/** Shows what became of a picture before the network saw it. */
export function showSteps(place: HTMLElement, picture: Decoded, steps: readonly Step[]): void {
  const { height, width, before } = picture;
  const about = before
    ? `The picture, ${before.join(" x ")} pixels, made smaller to ${height} x ${width}.`
    : `The picture, ${height} x ${width} pixels.`;
  const all: readonly Pick<Step, "about" | "image">[] = [{ about, image: picture }, ...steps];
  place.replaceChildren(...all.map(({ about, image }, i) => {
    const last = i === all.length - 1;
    return make(
      "li",
      {},
      make(
        "figure",
        {},
        shown(image, SIDE),
        make("figcaption", {}, about, last ? " This is what the network reads." : ""),
      ),
    );
  }));
}
