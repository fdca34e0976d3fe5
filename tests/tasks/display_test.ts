/** What a run shows: a bar a stage over all of its jobs, the time left by measured rates, and what was kept. */
import { assertEquals } from "@std/assert";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { display } from "../../tasks/display.ts";
import { leftOf, leftText, lengthOf } from "../../tasks/progress.ts";
import type { Bar } from "../../tasks/screen.ts";

/** A display whose time is told, and what it shows. */
function watched() {
  const lines: string[] = [];
  let bars: readonly Bar[] = [];
  let time = 0;
  const view = display({
    now: () => time,
    view: {
      print: (line) => lines.push(line),
      show: (next) => bars = next,
      clear: () => bars = [],
    },
  });
  return {
    lines,
    view,
    /** Tells events at a time in seconds, and returns the bars. */
    at(seconds: number, ...events: RunEvent[]): string[] {
      time = 1000 * seconds;
      events.forEach(view.show);
      return bars.map(({ label, part, text }) => `${label}|${part?.toFixed(2)}|${text}`);
    },
  };
}

const job = (label: string, state: "asked" | "found" | "made" | "failed"): RunEvent => ({
  type: "job",
  stage: "cv",
  label,
  state,
});
const progress = (label: string, done: number, total = 10): RunEvent => ({
  type: "progress",
  stage: "cv",
  label,
  done,
  total,
  note: "epoch 1",
});
const started = (jobs: number): RunEvent => ({
  type: "started",
  stage: "cv",
  reasons: ["code a.ts changed", "code b.ts changed", "code c.ts changed", "code d.ts changed"],
  jobs,
});

Deno.test("a stage's bar counts its jobs, and tells the time left as jobs of this run took", () => {
  const { at, lines, view } = watched();
  try {
    assertEquals(at(0, { type: "looking" }), ["Looking at the code|undefined|"]);
    assertEquals(at(1, { type: "current", stage: "prepare" }, started(0)), ["cv|undefined|"]);
    const folds = [1, 2, 3, 4].map((n) => job(`fold ${n}`, "asked"));
    assertEquals(at(2, ...folds, job("fold 1", "found")), ["cv|0.25|1 of 4 jobs"]);
    // What was found is no measure of how long a job takes.
    assertEquals(at(10, progress("fold 2", 0)), [
      "cv|0.25|1 of 4 jobs",
      "  fold 2|0.00|epoch 1",
    ]);
    // Half in 10 s: 10 s more, and two others of 20 s after it.
    assertEquals(at(20, progress("fold 2", 5)), [
      "cv|0.38|1 of 4 jobs, 50 s left",
      "  fold 2|0.50|epoch 1",
    ]);
    at(30, job("fold 2", "made"));
    at(30, progress("fold 3", 0), progress("fold 4", 0));
    // Side by side they take as long as one.
    assertEquals(at(31, progress("fold 3", 0)), [
      "cv|0.50|2 of 4 jobs, 20 s left",
      "  fold 3|0.00|epoch 1",
      "  fold 4|0.00|epoch 1",
    ]);
    assertEquals(at(50, job("fold 3", "made"), job("fold 4", "made")), ["cv|1.00|4 of 4 jobs"]);
    assertEquals(at(51, { type: "finished", stage: "cv", seconds: 50 }), []);
    assertEquals(lines, [
      "prepare    up to date",
      "cv         runs: code a.ts changed; code b.ts changed; code c.ts changed; and 1 more",
      "cv         done in 50.0 s",
    ]);
    assertEquals(view.kept(), "Up to date: prepare and cv.");
  } finally {
    view.close();
  }
});

Deno.test("as many jobs are expected as the last result took, or as the stage says itself", () => {
  const { at, view } = watched();
  try {
    assertEquals(at(0, started(8), job("trial 1", "asked")), ["cv|0.00|0 of 8 jobs"]);
    assertEquals(at(1, job("trial 1", "failed")), ["cv|0.13|1 of 8 jobs"]);
    assertEquals(at(2, progress("cv", 1, 16)), ["cv|0.06|1 of 16 jobs, epoch 1"]);
  } finally {
    view.close();
  }
});

Deno.test("a stage without jobs is measured by what it says itself, each thing anew", () => {
  const { at, view } = watched();
  try {
    at(0, started(0), progress("cv", 0, 100));
    assertEquals(at(10, progress("cv", 50, 100)), ["cv|0.50|10 s left, epoch 1"]);
    assertEquals(at(11, progress("cv", 1, 100)), ["cv|0.01|epoch 1"]);
    assertEquals(at(12, progress("cv", 3, 0)), ["cv|undefined|epoch 1"]);
  } finally {
    view.close();
  }
});

Deno.test("whoever ends a run is told what was kept of it", () => {
  const { at, view } = watched();
  try {
    assertEquals(view.kept(), "Nothing had begun.");
    at(0, { type: "current", stage: "prepare" }, started(0));
    assertEquals(view.kept(), "Up to date: prepare. Nothing of cv is done yet.");
    at(1, job("fold 1", "asked"), job("fold 2", "asked"), job("fold 1", "made"));
    assertEquals(
      view.kept(),
      "Up to date: prepare. Of cv, 1 of 2 jobs are done and kept: the next run goes on from there.",
    );
  } finally {
    view.close();
  }
});

Deno.test("time left is by the rate since it began, and is not guessed", () => {
  assertEquals(lengthOf({ began: 0, from: 0.5, part: 0.75 }, 5000), 20);
  assertEquals(leftOf({ began: 0, from: 0.5, part: 0.75 }, 5000), 5);
  assertEquals(leftOf({ began: 0, from: 0, part: 0 }, 5000), undefined);
  assertEquals(leftOf({ began: 0, from: 0, part: 0.1 }, 500), undefined);
  assertEquals([0.2, 42, 190, undefined].map(leftText), [
    [],
    ["42 s left"],
    ["3 min 10 s left"],
    [],
  ]);
});
