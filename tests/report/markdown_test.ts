import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  anchorOf,
  type Cell,
  count,
  counted,
  decimal,
  duration,
  NONE,
  plain,
  sideBySide,
  signed,
  table,
  withInterval,
} from "../../src/report/markdown.ts";

Deno.test("table pads cells and aligns numbers to the right", () => {
  const rows: Cell[][] = [
    ["LeNet-5", 504342, "0.9094 [0.9036, 0.9149]", "+0.0109", "3 min 12 s"],
    ["tuned", 879825, NONE, "-0.1", ""],
  ];
  assertEquals(
    table(["model", "parameters", "accuracy", "difference", "time"], rows),
    `| model   | parameters |                accuracy | difference |       time |
| ------- | ---------: | ----------------------: | ---------: | ---------: |
| LeNet-5 |     504342 | 0.9094 [0.9036, 0.9149] |    +0.0109 | 3 min 12 s |
| tuned   |     879825 |                       – |       -0.1 |            |
`,
  );
});

Deno.test("table aligns to the left what is no number", () => {
  const ruler = (...cells: Cell[]) => table(["a"], cells.map((cell) => [cell])).split("\n")[1];
  for (const numbers of [[1, 2.5], ["60,000"], ["90.94%", NONE], ["-3", "+4"], ["5 of 10"]]) {
    assertEquals(ruler(...numbers).at(-3), ":", String(numbers));
  }
  for (
    const texts of [["x"], [1, "x"], ["", NONE], [], ["2026-10-01"], ["5x5"], ["1/2"], ["[32, 32]"]]
  ) {
    assertEquals(ruler(...texts).at(-3), "-", String(texts));
  }
});

Deno.test("table keeps pipes and line breaks inside their cell", () => {
  assertEquals(
    table(["a|b"], [["c\nd"], ["e\\|f"], ["`|`"], ["g\r\n  h"]]).split("\n").map((line) =>
      line.trim()
    ),
    [
      "| a\\|b   |",
      "| ------ |",
      "| c d    |",
      "| e\\\\\\|f |",
      "| `\\|`   |",
      "| g h    |",
      "",
    ],
  );
});

/** Cells of a line as GitHub splits them: at pipes that no backslash escapes. */
function cellsOf(line: string): string[] {
  const cells = [""];
  for (const [token] of line.matchAll(/\\[\\|]|[^]/gu)) {
    if (token === "|") cells.push("");
    else cells[cells.length - 1] += token.length === 2 && token[0] === "\\" ? token[1] : token;
  }
  return cells.slice(1, -1).map((cell) => cell.trim());
}

Deno.test("every cell is read back from the table, whatever it holds", () => {
  const cell = fc.string({ unit: fc.constantFrom(..."a|\\ \n🐱") })
    // Other pairs of backslashes are the caller's Markdown, which is left as it is.
    .filter((text) => !/\\\\|\\(?!\||\\)/.test(text));
  fc.assert(fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
    const lines = table(["first", "second"], rows).trimEnd().split("\n");
    assertEquals(lines.length, rows.length + 2);
    assertEquals(new Set(lines.map((line) => [...line].length)).size, 1);
    rows.forEach((row, i) => {
      const plain = row.map((text) => text.replaceAll(/\s*\n+\s*/g, " ").trim());
      assertEquals(cellsOf(lines[i + 2]), plain);
    });
  }));
});

Deno.test("table names a row of the wrong length", () => {
  assertThrows(
    () => table(["a", "b"], [[1, 2], [1]]),
    RangeError,
    "Row 1 of the table has 1 cells, but its header has 2: a, b",
  );
});

Deno.test("numbers", () => {
  assertEquals(decimal(0.90937), "0.9094");
  assertEquals(decimal(1, 2), "1.00");
  assertEquals(decimal(-0.00001), "0.0000");
  assertEquals(decimal(-0.5, 1), "-0.5");
  assertEquals(signed(0.01092), "+0.0109");
  assertEquals(signed(-0.01092), "-0.0109");
  assertEquals([signed(0), signed(-0), signed(0.00004), signed(-0.00004)], Array(4).fill("0.0000"));
  assertEquals(count(58331648), "58,331,648");
  assertEquals(count(0), "0");
});

Deno.test("withInterval", () => {
  assertEquals(withInterval(0.9094, [0.90362, 0.91487]), "0.9094 [0.9036, 0.9149]");
  assertEquals(withInterval(0.9094, null), "0.9094");
  assertEquals(withInterval(null, null), "–");
  assertEquals(withInterval(0.0109, [-0.002, 0.02], signed), "+0.0109 [-0.0020, +0.0200]");
  const short = (value: number) => decimal(value, 2);
  assertEquals(withInterval(0.9094, [0.9036, 0.9149], short), "0.91 [0.90, 0.91]");
});

Deno.test("duration", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [0.42, "420 ms"],
    [0.9994, "999 ms"],
    [0.9996, "1.0 s"],
    [42.13, "42.1 s"],
    [59.94, "59.9 s"],
    [59.96, "1 min 00 s"],
    [192, "3 min 12 s"],
    [3599.4, "59 min 59 s"],
    [3599.6, "1 h 00 min"],
    [3900, "1 h 05 min"],
    [90_000, "25 h 00 min"],
  ];
  for (const [seconds, text] of cases) assertEquals(duration(seconds), text);
  for (const wrong of [-1, NaN, Infinity]) {
    assertThrows(() => duration(wrong), RangeError, `${wrong}`);
  }
});

Deno.test("duration is within half a unit of what it shows", () => {
  const units: Record<string, number> = { ms: 0.001, s: 1, min: 60, h: 3600 };
  fc.assert(fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
    const parts = [...duration(seconds).matchAll(/([\d.]+) (ms|s|min|h)/g)];
    const shown = parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);
    const [, number, unit] = parts.at(-1)!;
    const step = units[unit] * (number.includes(".") ? 0.1 : 1);
    assertAlmostEquals(shown, seconds, step / 2 + 1e-6);
  }));
});

Deno.test("counted says one of one and several of all other numbers", () => {
  const cases: [number, string][] = [[0, "0 epochs"], [1, "1 epoch"], [1000, "1,000 epochs"]];
  for (const [n, text] of cases) assertEquals(counted(n, "epoch"), text);
  assertEquals(counted(1, "class", "classes"), "1 class");
  assertEquals(counted(2, "class", "classes"), "2 classes");
});

Deno.test("words of others are shown as they are, in a sentence and in a table", () => {
  const cases: [string, string][] = [
    ["T-shirt/top", "T-shirt/top"],
    ["golden_retriever", "golden_retriever"],
    ["a|b", "a&#124;b"],
    ["<b>", "\\<b\\>"],
    ["*x* _y_ `z`", "\\*x\\* \\_y\\_ \\`z\\`"],
    ["[a](b) ~c~ $d$ & \\", "\\[a\\](b) \\~c\\~ \\$d\\$ \\& \\\\"],
    ["Käse_Brot", "Käse_Brot"],
  ];
  for (const [words, text] of cases) assertEquals(plain(words), text);

  const char = fc.constantFrom(..."aZ0ß \\`*_<>[]&~$|#-");
  fc.assert(fc.property(fc.array(char).map((all) => all.join("")), (words) => {
    const text = plain(words);
    // What CommonMark makes of it: an escaped character or a reference is that character.
    const shown = text.replaceAll(
      /\\([!-/:-@[-`{-~])|&#(\d+);/g,
      (_, escaped, code) => escaped ?? String.fromCharCode(Number(code)),
    );
    assertEquals(shown, words);
    const bare = text.replaceAll(/\\[!-/:-@[-`{-~]|&#\d+;/g, "");
    assertEquals(
      /[\\`*<>[\]&~$|]|(?<![a-zA-Z0-9ß])_|_(?![a-zA-Z0-9ß])/.exec(
        bare.replaceAll(/(?<=\w|ß)_(?=\w|ß)/g, ""),
      ),
      null,
    );
    // A table changes nothing but white space at line ends.
    assertEquals(
      table([text.trim() || "x"], []).split("\n")[0].slice(2, -2).trim(),
      text.trim() || "x",
    );
  }));
});

Deno.test("a link to a heading ends in the name that GitHub gives the heading", () => {
  const cases = [
    ["The networks", "the-networks"],
    ["Baseline: LeNet-5", "baseline-lenet-5"],
    ["Why LeNet-5 does better, if it does", "why-lenet-5-does-better-if-it-does"],
    ["Käse_Brot & *Butter*", "käse_brot--butter"],
  ];
  for (const [heading, anchor] of cases) assertEquals(anchorOf(heading), anchor);
});

Deno.test("figures that belong together stand in one paragraph, sentences before them", () => {
  assertEquals(sideBySide(["![a](a.svg)", "![b](b.svg)"]), ["![a](a.svg)\n![b](b.svg)"]);
  assertEquals(sideBySide(["![a](a.svg)", "One epoch."]), ["One epoch.", "![a](a.svg)"]);
  assertEquals(sideBySide([]), []);
});

Deno.test("a table that is too wide to be read as it stands is not padded", () => {
  const [wide, short] = ["w".repeat(92), "s"];
  assertEquals(
    table(["name", "n"], [[wide, 1], [short, 22]]),
    `| name | n |\n| --- | --: |\n| ${wide} | 1 |\n| s | 22 |\n`,
  );
});
