/** What runs in the page. Without it the page is whole, and shows pictures in place of what answers. @module */
/// <reference lib="dom" />
import type { Carried } from "../explored.ts";
import { figuresComeAlive } from "./charts.ts";
import { followReader } from "./contents.ts";
import { compareCurves } from "./curves.ts";
import { showMistakes } from "./mistakes.ts";
import { boxesScroll } from "./tables.ts";
import { searchTrials } from "./trials.ts";

/** The place of a tool, shown; none where the page has no such tool. */
function open(name: string): HTMLElement | undefined {
  const place = document.getElementById(name);
  if (place) place.hidden = false;
  return place ?? undefined;
}

// What the page was built with is of this form.
const carried: Carried = JSON.parse(document.getElementById("carried")!.textContent!);
const { figures, curves, twoCurves, trials, mistakes } = carried;

followReader();
open("tool-about");
figuresComeAlive(figures);
if (trials) {
  const place = open("tool-trials");
  if (place) searchTrials(place, trials);
}
if (curves && twoCurves) {
  const place = open("tool-curves");
  if (place) void compareCurves(place, curves, twoCurves);
}
const place = mistakes && open("tool-mistakes");
const shown = place ? showMistakes(place, mistakes) : Promise.resolve();
void shown.then(boxesScroll);
