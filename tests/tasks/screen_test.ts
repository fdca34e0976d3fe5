/** Bars at the foot of a terminal, whatever its width; lines anywhere else. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { type Bar, linesOf, type Output, screen } from "../../tasks/screen.ts";
import { cut, wrapped } from "../../tasks/text.ts";
import { terminal } from "../support/terminal.ts";

/** An output that keeps what is written. */
function output(columns?: number): Output & { readonly text: () => string; columns: number } {
  let text = "";
  const to = {
    isTerminal: columns !== undefined,
    columns: columns ?? 0,
    size: () => ({ columns: to.columns, rows: 24 }),
    write: (more: string) => void (text += more),
    text: () => text,
  };
  return to;
}

const fold = (part: number, text = ""): Bar => ({ label: "  fold 1", part, text, minor: true });

Deno.test("anywhere but on a terminal: a line for what begins uncounted, and one for every tenth", () => {
  const to = output();
  const view = screen(to);
  view.print("cv         runs");
  view.show([{ label: "unpacking", text: "" }]);
  view.show([{ label: "unpacking", text: "" }]);
  for (let done = 0; done <= 40; done++) {
    view.show([{ label: "cv", part: done / 40, text: `${done} of 40` }, fold(done / 40)]);
  }
  view.clear();
  // Done once more, it is told again.
  view.show([{ label: "cv", part: 1, text: "" }]);
  view.clear();
  assertEquals(to.text().split("\n"), [
    "cv         runs",
    "unpacking ...",
    ...Array.from({ length: 10 }, (_, i) => `  cv: ${10 * i + 10}% (${4 * i + 4} of 40)`),
    "  cv: 100%",
    "",
  ]);
  assert(!to.text().includes("\x1b"), "no control characters");
});

Deno.test("on a terminal: bars at its foot, lines that stay above, and nothing left of the bars", () => {
  for (const columns of [80, 40, 20]) {
    const to = output(columns);
    const view = screen(to);
    const seen = terminal(columns);
    view.print("prepare    up to date");
    view.show([{ label: "cv", part: 0.5, text: "1 of 2 jobs, 12 s left" }, fold(0.25, "epoch 1")]);
    view.print(`tune       runs: ${"a reason ".repeat(20).trim()}`, 11);
    seen.write(to.text());
    const lines = seen.lines();
    if (columns === 80) {
      assertMatch(lines.at(-3)!, /^cv +█{6}░{6} +50% +1 of 2 jobs, 12 s left$/);
      assertMatch(lines.at(-2)!, /^ {2}fold 1 +█{3}░{9} +25% +epoch 1$/);
    } else {
      assertMatch(lines.at(-3)!, /^cv .* 50%/);
      assertMatch(lines.at(-2)!, /^ {2}fol.* 25%/);
    }
    assertEquals(lines.at(-1), "", "the cursor stands below");
    for (const line of lines) assert([...line].length < columns, line);
    assertEquals(lines.join(" ").match(/a +reason|reason/g)?.length, 20);
    view.clear();
    const after = terminal(columns);
    after.write(to.text());
    assertEquals(after.lines().filter((line) => /█|fold/.test(line)), []);
    assert(!to.text().includes("\x1b[?"), "the cursor is left as it is");
  }
});

Deno.test("a terminal that becomes narrower loses no line that stays", () => {
  const to = output(80);
  const view = screen(to);
  view.show([{ label: "cv", part: 0.5, text: "x".repeat(60) }]);
  to.columns = 40;
  const before = to.text().length;
  view.print("tune       up to date");
  // Back over two rows: the bar is broken in two there.
  assert(to.text().slice(before).startsWith("\r\x1b[2A"), JSON.stringify(to.text().slice(before)));
  view.clear();
});

Deno.test("no line of bars is as wide as the terminal, and there are no more than it has room for", () => {
  const bars = fc.array(
    fc.record({
      label: fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
      part: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
      text: fc.string({ unit: "grapheme-ascii", maxLength: 90 }),
      minor: fc.boolean(),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(bars, fc.integer({ min: 10, max: 200 }), fc.integer({ min: 2, max: 30 }), (
      bars,
      columns,
      rows,
    ) => {
      const lines = linesOf(bars, columns, rows);
      assert(lines.length <= rows);
      for (const line of lines) assert([...line].length < columns, line);
    }),
  );
  const many = [
    ...Array.from({ length: 9 }, (_, i) => ({ label: `job ${i}`, part: 0, text: "", minor: true })),
    { label: "tune", part: 0.5, text: "" },
  ];
  const lines = linesOf(many, 80, 4);
  assertMatch(lines[2], /^tune/);
  assertEquals(lines[3], "  and 7 more");
});

Deno.test("text is broken between words, and cut with a sign of it", () => {
  assertEquals(wrapped("  - one two three", 9), ["  - one", "two three"]);
  assertEquals(wrapped("one incomprehensible two", 6), ["one", "incomprehensible", "two"]);
  assertEquals([cut("abcdef", 6), cut("abcdef", 5), cut("abc", 0)], ["abcdef", "abcd…", "…"]);
});
