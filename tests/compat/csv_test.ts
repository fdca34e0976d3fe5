/** What this project may rely on in `@std/csv`; holds on the stand-in and on the real package. @module */
import { assertEquals, assertThrows } from "@std/assert";
import { parse, stringify } from "@std/csv";
import fc from "fast-check";

Deno.test("parse reads rows", () => {
  const cases: [string, string[][]][] = [
    ["", []],
    ["a,b,c", [["a", "b", "c"]]],
    ["a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]],
    ["\n\na,b\n\nc,d\n\n", [["a", "b"], ["c", "d"]]],
    ["a,,\n,,\n", [["a", "", ""], ["", "", ""]]],
    ["a,b\nc\n", [["a", "b"], ["c"]]],
    [" a, b \n \n", [[" a", " b "], [" "]]],
    ['"a,a","b ""b""","c\nc\r\nc"\n', [["a,a", 'b "b"', "c\nc\nc"]]],
    ['""\n"a"', [[""], ["a"]]],
    ['""""', [['"']]],
    ["a\rb,c\r\n", [["a\rb", "c"]]],
    ["a,b\r", [["a", "b"]]],
    ["\ufeffa,b", [["a", "b"]]],
    ['\ufeff"a",b', [["a", "b"]]],
    ["é,日本,🐱\n", [["é", "日本", "🐱"]]],
    ["#1,2\n", [["#1", "2"]]],
    [`${"x".repeat(300_000)},y`, [["x".repeat(300_000), "y"]]],
  ];
  for (const [text, rows] of cases) assertEquals(parse(text), rows, JSON.stringify(text));
});

Deno.test("parse takes another separator, comments, and spaces to trim", () => {
  assertEquals(parse("a;b,c", { separator: ";" }), [["a", "b,c"]]);
  assertEquals(parse("a\tb\n", { separator: "\t" }), [["a", "b"]]);
  assertEquals(parse("# x\na,#b\n#\n", { comment: "#" }), [["a", "#b"]]);
  assertEquals(parse('  a,  "b",\t" c"', { trimLeadingSpace: true }), [["a", "b", " c"]]);
  assertEquals(parse(" a,  b,\tc \n", { trimLeadingSpace: true }), [["a", "b", "c "]]);
  for (
    const options of [{ separator: "\n" }, { separator: '"' }, { separator: "#", comment: "#" }]
  ) {
    assertThrows(() => parse("a", options), Error, "Cannot parse input: invalid delimiter");
  }
});

Deno.test("parse names fields", () => {
  const text = "a,b\n1,2\n\n3,4\n";
  assertEquals(parse(text, { skipFirstRow: true }), [{ a: "1", b: "2" }, { a: "3", b: "4" }]);
  assertEquals(parse(text, { columns: ["x", "y"] })[0], { x: "a", y: "b" });
  assertEquals(parse(text, { columns: ["x", "y"], skipFirstRow: true })[1], { x: "3", y: "4" });
  assertEquals(parse("a,b\n", { skipFirstRow: true }), []);
  assertThrows(
    () => parse("", { skipFirstRow: true }),
    TypeError,
    "Cannot parse input: headers must be defined",
  );
  assertThrows(
    () => parse("a,b\n1,2\n3\n", { skipFirstRow: true }),
    Error,
    "Syntax error on line 3: The record has 1 fields, but the header has 2 fields",
  );
});

Deno.test("parse's type follows its options", () => {
  parse("a") satisfies string[][];
  parse("a", { separator: ";" }) satisfies string[][];
  parse("a\n1", { skipFirstRow: true }) satisfies Record<string, string>[];
  parse("a,b", { columns: ["x", "y"] }) satisfies Record<"x" | "y", string>[];
});

Deno.test("parse counts fields where asked to", () => {
  const uneven = "a,b\nc,d,e\n";
  assertEquals(parse(uneven, { fieldsPerRecord: -1 }).length, 2);
  assertEquals(parse("a,b\n\nc,d\n", { fieldsPerRecord: 0 }).length, 2);
  assertEquals(parse("", { fieldsPerRecord: 0 }), []);
  for (const fieldsPerRecord of [0, 2]) {
    assertThrows(
      () => parse(uneven, { fieldsPerRecord }),
      SyntaxError,
      "Syntax error on line 2: expected 2 fields but got 3",
    );
  }
});

Deno.test("parse refuses misplaced quotes", () => {
  const bare = 'bare " in non-quoted-field';
  const extraneous = 'extraneous or missing " in quoted-field';
  const cases: [string, string][] = [
    ['a "word",b', bare],
    ['"a word",b"', bare],
    ['"a "word",b', extraneous],
    ['"a"b', extraneous],
    ['"a', extraneous],
    ['a,"b\n\n,c', extraneous],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parse(text), SyntaxError, message);
  }
  assertThrows(() => parse('a,b\nc,"d"e\n'), SyntaxError, "Syntax error on line 2");
});

Deno.test("stringify writes rows", () => {
  assertEquals(stringify([]), "");
  assertEquals(stringify([["a", 1], ["b", 2]]), "a,1\r\nb,2\r\n");
  assertEquals(stringify([[]]), "\r\n");
  assertEquals(stringify([["", " ", "#"]]), ", ,#\r\n");
  assertEquals(
    stringify([[null, undefined, true, false, 0, -0, 1n, NaN]]),
    ",,true,false,0,0,1,NaN\r\n",
  );
  assertEquals(stringify([[{ a: 1 }, [2]]]), '"{""a"":1}",[2]\r\n');
  assertEquals(
    stringify([['a"b', "c,d", "e\nf", "g\rh", "i;j"]]),
    '"a""b","c,d","e\nf",g\rh,i;j\r\n',
  );
  assertEquals(stringify([["a", "b\tc"]], { separator: "\t" }), 'a\t"b\tc"\r\n');
  assertEquals(stringify([["a"]], { bom: true }), "\ufeffa\r\n");
});

Deno.test("stringify picks and names columns", () => {
  const data = [{ name: "a", size: { w: 1, h: [2, 3] } }];
  assertEquals(stringify(data, { columns: ["name"] }), "name\r\na\r\n");
  assertEquals(stringify(data, { columns: ["name"], headers: false }), "a\r\n");
  assertEquals(
    stringify(data, {
      columns: [["size", "w"], { prop: ["size", "h", 1], header: "second, h" }, "missing"],
    }),
    'w,"second, h",missing\r\n1,3,\r\n',
  );
  assertEquals(stringify([["a", "b"]], { columns: [1] }), "1\r\nb\r\n");
  assertEquals(stringify([], { columns: ["a"] }), "a\r\n");
});

Deno.test("stringify refuses what it cannot write", () => {
  assertThrows(
    () => stringify([{ a: 1 }]),
    TypeError,
    "No property accessor function was provided for object",
  );
  assertThrows(
    () => stringify([["a"]], { columns: ["name"] }),
    TypeError,
    'Property accessor is not of type "number"',
  );
  for (const separator of ['"', "\r\n"]) {
    assertThrows(() => stringify([], { separator }), TypeError, "Separator cannot include");
  }
});

Deno.test("parse reads back what stringify wrote", () => {
  // A row of one empty field is an empty line, which does not count. CRLF inside a field becomes LF.
  const field = fc.string({ unit: fc.constantFrom(...'ab ,;"\n\r#é🐱') })
    .map((text) => text.replaceAll(/\r+\n/g, "\n"));
  const row = fc.array(field, { minLength: 2, maxLength: 5 })
    // A bare CR before the end of a line would be taken for a part of it.
    .map((fields) => [...fields, "end"]);
  fc.assert(fc.property(fc.array(row), fc.constantFrom(",", ";"), (rows, separator) => {
    // A mark at the very start is dropped, so start without one.
    assertEquals(parse(stringify(rows, { separator }), { separator }), rows);
  }));
});
