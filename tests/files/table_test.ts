import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  boolean,
  type Cell,
  type Columns,
  decodeTable,
  encodeTable,
  int,
  number,
  numberOrNaN,
  optionalInt,
  type Row,
  spread,
  value,
  word,
} from "../../src/files/table.ts";

/** Writes rows and reads them back. */
const there = <C extends Columns>(columns: C, rows: readonly Row<C>[]): Row<C>[] =>
  decodeTable(columns, encodeTable(columns, rows));

/** Finite numbers of every size; CSV knows one zero. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const whole = fc.maxSafeInteger();
/** Text of any characters but the carriage return, with those of CSV among them. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...',"\n; #'),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
})
  .map((text) => text.replaceAll("\r", "\n"));
/** Words that read as nothing else. */
const plain = text.filter((text) => !/^(true|false|[-+.\d].*)$/s.test(text));

Deno.test("whatever the cells hold is read back as it was", () => {
  const columns = { number, int, optionalInt, word, boolean, value, score: numberOrNaN };
  const row = fc.record({
    number: finite,
    int: whole,
    optionalInt: fc.option(whole, { nil: undefined }),
    word: text,
    boolean: fc.boolean(),
    value: fc.oneof(finite, fc.boolean(), plain),
    score: fc.oneof(finite, fc.constant(NaN)),
  });
  fc.assert(fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
    assertEquals(there(columns, rows), rows);
  }));
});

Deno.test("a table of one column is read back, with empty cells among them", () => {
  const one = <T>(cell: Cell<T>, values: readonly T[]) => {
    const rows = values.map((cell) => ({ cell }));
    assertEquals(decodeTable({ cell }, encodeTable({ cell }, rows)), rows);
  };
  one(optionalInt, [undefined, 1, undefined]);
  one(word, ["", "\n", " ", "a\n\nb", '"', "", "#"]);
  one(numberOrNaN, [NaN, 0]);
});

Deno.test("the columns of a spread are those of the first row, in the place of the spread", () => {
  const columns = { trial: int, values: spread(value), score: number };
  const rows = [
    { trial: 1, values: { rate: 0.5, kind: "adam", deep: true }, score: 1 },
    { trial: 2, values: { rate: 1, kind: "sgd, slow", deep: false }, score: 2 },
  ];
  assertEquals(
    encodeTable(columns, rows),
    'trial,rate,kind,deep,score\n1,0.5,adam,true,1\n2,1,"sgd, slow",false,2\n',
  );
  assertEquals(there(columns, rows), rows);
  assertEquals(there(columns, []), []);
  const name = text.filter((name) => !(name in columns) && name !== "" && !/^\uFEFF/.test(name));
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(names, fc.array(finite, { maxLength: 3 }), (names, numbers) => {
    const rows = numbers.map((number, trial) => ({
      trial,
      values: Object.fromEntries(names.map((name) => [name, number])),
      score: 0,
    }));
    assertEquals(there(columns, rows), rows);
  }));
});

Deno.test("lines end with a line feed, header and last one too", () => {
  assertEquals(encodeTable({ a: int, b: word }, [{ a: 1, b: "x" }]), "a,b\n1,x\n");
  assertEquals(encodeTable({ a: int, b: word }, []), "a,b\n");
  assertEquals(encodeTable({ a: word }, [{ a: "x\ny" }]), 'a\n"x\ny"\n');
});

Deno.test("a value that is not its column's is refused by row and column", () => {
  // `Object`, since the compiler would refuse them.
  const refused = (columns: Columns, rows: readonly unknown[], message: string) =>
    assertThrows(() => encodeTable(columns, Object(rows)), Error, message);
  refused({ a: int }, [{ a: 1 }, { a: 1.5 }], "row 1, column a: ");
  refused({ a: int }, [{ a: "1" }], "row 0, column a: ");
  refused({ a: int }, [{}], "row 0, column a: ");
  refused({ a: number }, [{ a: NaN }], "row 0, column a: ");
  refused({ a: number }, [{ a: Infinity }], "row 0, column a: ");
  refused({ a: numberOrNaN }, [{ a: -Infinity }], "row 0, column a: ");
  refused({ a: boolean }, [{ a: "yes" }], "row 0, column a: ");
  refused({ a: optionalInt }, [{ a: null }], "row 0, column a: ");
  refused({ a: word }, [{ a: 1 }], "row 0, column a: ");
  refused({ a: spread(int) }, [{ a: { x: 1 } }, { a: { x: "y" } }], "row 1, column x: ");
  refused({ a: spread(int) }, [{ a: { x: 1 } }, { a: { y: 1 } }], "row 1, column x: ");
  refused(
    { a: spread(int) },
    [{ a: { x: 1 } }, { a: { x: 1, y: 1 } }],
    "row 1: it has 2 columns of a, expected 1",
  );
});

Deno.test("what would be read back as something else is refused", () => {
  const refused = (columns: Columns, row: unknown, message: string) =>
    assertThrows(() => encodeTable(columns, [Object(row)]), Error, message);
  // CSV readers take each kind of line end for the same.
  refused({ a: word }, { a: "x\r\ny" }, "row 0, column a: ");
  refused({ a: value }, { a: "x\ry" }, "row 0, column a: ");
  for (const word of ["true", "false", "1", "-1e9", ".5"]) {
    refused({ a: value }, { a: word }, "row 0, column a: ");
  }
});

Deno.test("text that is not a table of these columns is refused", () => {
  const columns = { a: int, b: numberOrNaN };
  const refused = (csv: string, message: string, given: Columns = columns) =>
    assertThrows(() => decodeTable(given, csv), Error, message);
  refused("", "it has no column a");
  refused("a\n1\n", "it has no column b");
  refused("a,b,c\n1,2,3\n", "it has a column c, which is none of a, b");
  refused("a,b\n1,2\n1.5,2\n", "row 1, column a: ");
  refused("a,b\n1,\n", "row 0, column b: it is no number");
  refused("a,b\n1,nan\n", "row 0, column b: ");
  refused("a,b\n0x10,1\n", "row 0, column a: it is no number");
  refused("a,b\n1\n", "row 0: it has 1 columns, the header has 2");
  refused("a,b\n1,2,3\n", "row 0: it has 3 columns, the header has 2");
  refused("a,b,a\n1,2,3\n", "it has two columns a");
  refused("a,b,toString\n1,2,3\n", "it has a column toString, which is none of a, b");
  refused("a,x\n1,y\n", "row 0, column x: it is no number", { a: int, rest: spread(number) });
  refused('a,b\n"1,2\n', "it is no CSV: ");
});

Deno.test("a spread has columns of any name, also of those that every object has", () => {
  const rows = [{ a: 1, rest: { constructor: 2, ["__proto__"]: 3 } }];
  assertEquals(
    decodeTable({ a: int, rest: spread(int) }, "a,constructor,__proto__\n1,2,3\n"),
    rows,
  );
});

Deno.test("columns are read by their names, in any order", () => {
  assertEquals(decodeTable({ a: int, b: word }, "b,a\nx,1\n"), [{ a: 1, b: "x" }]);
  assertEquals(decodeTable({ a: int }, "a\r\n1\r\n"), [{ a: 1 }]);
});
