/** What a comparison looks like: in a terminal of 80 columns, and as a comment that must not be long. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Diff, StageDiff } from "../../../src/stages/diff/document.ts";
import { markdownOf } from "../../../src/stages/diff/markdown.ts";
import { textOf } from "../../../src/stages/diff/text.ts";
import { hash } from "../../support/manifest.ts";

const nothing: Diff = {
  format: 1,
  from: { name: "main", commit: hash("a").slice(0, 40), stale: [] },
  to: { name: "the working tree", commit: null, stale: [] },
  differs: false,
  stages: [],
  metrics: [],
  thresholds: [],
  networks: [],
  seeds: [],
  notCompared: [],
};

const stage: StageDiff = {
  stage: "baseline",
  state: "changed",
  changes: [],
  artifacts: [],
  lacking: [],
  provenance: [],
};

const widest = (text: string) => Math.max(...text.split("\n").map((line) => [...line].length));
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("that nothing differs is said, and what is stale nevertheless", () => {
  assertEquals(
    textOf(nothing, false),
    "main (aaaaaaaaaaaa) -> the working tree\nNothing differs.\n",
  );
  const stale = { ...nothing, to: { ...nothing.to, stale: ["cv", "report"] } };
  assertMatch(textOf(stale, false), /^Stale in the working tree, [^]*: cv and report\./m);
  assertMatch(markdownOf(stale), /^Nothing differs\.\n\nStale in the working tree, /m);
});

Deno.test("a parameter that a stage tells is not told again of the report", () => {
  const changed = (name: string) => ({ of: "parameter" as const, name, from: 10, to: 12 });
  const diff: Diff = {
    ...nothing,
    differs: true,
    stages: [
      { ...stage, changes: [changed("recipe.epochs")] },
      {
        ...stage,
        stage: "report",
        changes: [changed("study.baseline.epochs"), changed("study.cv.epochs"), changed("study.n")],
      },
    ],
  };
  const text = textOf(diff, false);
  assertEquals(text.match(/parameter \S+: 10 -> 12/g), [
    "parameter recipe.epochs: 10 -> 12",
    "parameter study.cv.epochs: 10 -> 12",
    "parameter study.n: 10 -> 12",
  ]);
});

Deno.test("what is long is shortened with how much is left out, unless all is asked for", () => {
  const names = Array.from({ length: 40 }, (_, i) => `src/module${i}.ts`);
  const diff: Diff = {
    ...nothing,
    differs: true,
    stages: [{
      ...stage,
      changes: names.map((name) => ({ of: "code", name, from: hash("1"), to: hash("2") })),
    }],
    metrics: names.map((_, i) => ({
      stage: "baseline",
      metric: `baseline.run${i}.accuracy`,
      from: { value: 0.5, interval: [0.4, 0.6], n: 100 },
      to: { value: 0.6, interval: [0.5, 0.7], n: 100 },
      difference: { value: 0.1, interval: [-0.04, 0.23] },
    })),
  };
  const brief = textOf(diff, false);
  assertMatch(brief, /src\/module5\.ts and 34 more\n/);
  assertMatch(brief, /\n {2}and 16 more; `--all` lists them\n/);
  const whole = textOf(diff, true);
  assert(names.every((name) => whole.replaceAll(/\s+/g, " ").includes(name)));
  assert(!whole.includes("more"));
  assertEquals(whole.match(/^baseline\.run/gm)?.length, 40);
});

/** Words of all kinds: long, with what Markdown and terminals take for more than words, and none. */
const words = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("`", "|\n", "<b>", "@someone", "\u001b[2J", "ä".repeat(1000), "x y ".repeat(200)),
);
const number = fc.double({ min: 0, max: 1, noNaN: true });
const figure = fc.record({
  value: fc.option(number),
  interval: fc.option(fc.tuple(number, number)),
  n: fc.nat(),
});
const many = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.array(of, { maxLength: 3 }) },
    fc.tuple(of, fc.constantFrom(30, 300)).map(([one, n]) => Array<T>(n).fill(one)),
  );
const change = fc.record({
  of: fc.constantFrom("parameter", "form", "code", "package", "input", "variant", "compiled"),
  name: words,
  from: words,
  to: words,
}, { requiredKeys: ["of", "name"] });
const bound = fc.record({
  threshold: fc.option(number),
  value: fc.option(number),
  holds: fc.option(fc.boolean()),
});
const trainings = fc.record({
  seeds: many(words),
  mean: number,
  interval: fc.option(fc.tuple(number, number)),
  std: number,
});
const side = fc.record({ name: words, commit: fc.option(words), stale: many(words) });
const diffs: fc.Arbitrary<Diff> = fc.record({
  format: fc.constant(1),
  from: side,
  to: side,
  differs: fc.boolean(),
  stages: many(fc.record({
    stage: words,
    state: fc.constantFrom("same", "remade", "changed", "added", "removed"),
    changes: many(change),
    artifacts: many(fc.record({ name: words, from: words, to: words }, { requiredKeys: ["name"] })),
    lacking: many(fc.record({ name: words, in: fc.constantFrom("from", "to") })),
    provenance: fc.array(fc.record({ fact: words, from: words, to: words }), { maxLength: 9 }),
  })),
  metrics: many(fc.record({
    stage: words,
    metric: words,
    from: figure,
    to: figure,
    difference: fc.option(
      fc.record({ value: number, interval: fc.option(fc.tuple(number, number)) }),
    ),
  }, { requiredKeys: ["stage", "metric", "difference"] })),
  thresholds: many(fc.record({ metric: words, from: bound, to: bound })),
  networks: many(fc.record({
    network: words,
    mcnemar: fc.option(
      fc.record({
        images: fc.nat(),
        onlyFrom: fc.nat(),
        onlyTo: fc.nat(),
        p: number,
        corrected: number,
      }),
    ),
    why: fc.option(words),
  })),
  seeds: many(fc.record({
    network: words,
    part: fc.constantFrom("validation", "test"),
    from: trainings,
    to: trainings,
    welch: fc.option(fc.record({ value: number, interval: fc.tuple(number, number), p: number })),
  }, { requiredKeys: ["network", "part", "welch"] })),
  notCompared: many(words),
});

/** How many rows a part has, and how many it says that it has not. */
function told(text: string, heading: string): number {
  const [, part = ""] = new RegExp(`^#### ${heading}\n([^]*?)(?=^#### |(?![^]))`, "m").exec(text) ??
    [];
  const rows = part.split("\n").filter((line) => line.startsWith("| ")).length;
  const [, more = "0"] = /^([\d,]+) more left out here to keep this short/m.exec(part) ?? [];
  return Math.max(0, rows - 2) + Number(more.replaceAll(",", ""));
}

Deno.test("a comment has less than 60,000 bytes whatever differs, and says what is left out", () => {
  fc.assert(
    fc.property(diffs, (diff) => {
      const text = markdownOf(diff);
      assert(bytesOf(text) < 60_000, `${bytesOf(text)} bytes`);
      for (const name of ["Thresholds", "Figures"] as const) {
        const all = name === "Figures" ? diff.metrics : diff.thresholds;
        assertEquals(told(text, name), all.length, name);
      }
    }),
    { numRuns: 12 },
  );
});

Deno.test("no line of the text is wider than a terminal, and none moves its cursor", () => {
  fc.assert(
    fc.property(diffs, (diff) => {
      const text = textOf(diff, false);
      assert(widest(text) <= 80, `${widest(text)} columns`);
      assert(!/[^\P{Cc}\n]/u.test(text), "a control character");
    }),
    { numRuns: 12 },
  );
});
