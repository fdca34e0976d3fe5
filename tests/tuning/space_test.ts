import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { randomState } from "../../src/random.ts";
import {
  checkSpace,
  fromUnit,
  isCategorical,
  names,
  sample,
  sampleNew,
  type Space,
  spaceSize,
  toUnit,
  valueOf,
  type Values,
  valuesKey,
} from "../../src/tuning/space.ts";
import { spaces, studySpace } from "../support/spaces.ts";

Deno.test("the study's space has the values that it lists", () => {
  const dropout: Space = { DROPOUT_1: studySpace.DROPOUT_1 };
  const values = Array.from(
    { length: 11 },
    (_, i) => fromUnit(dropout, [(i + 0.5) / 11]).DROPOUT_1,
  );
  assertEquals(values, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5]);
  const { learning_rate: _, ...discrete } = studySpace;
  assertEquals(spaceSize(discrete), 33 * 2 * 97 * 2 * 11);
  assertEquals(spaceSize(studySpace), Infinity);
});

Deno.test("the ends of the unit interval are the ends of the range", () => {
  const ends = (point: number) => fromUnit(studySpace, Array(6).fill(point));
  assertEquals(ends(0), {
    CONV_1_FILTER: 32,
    CONV_2_FILTER: 32,
    DROPOUT_1: 0,
    KERNEL_1_FILTER: 3,
    KERNEL_2_FILTER: 3,
    learning_rate: 1e-4,
  });
  const { learning_rate, ...rest } = ends(1);
  assertEquals(rest, {
    CONV_1_FILTER: 64,
    CONV_2_FILTER: 128,
    DROPOUT_1: 0.5,
    KERNEL_1_FILTER: 5,
    KERNEL_2_FILTER: 5,
  });
  assertAlmostEquals(learning_rate as number, 1e-2, 1e-15);
});

Deno.test("the last value of a range is the last step that fits", () => {
  const range = (parameter: Space[string]) => ({
    size: spaceSize({ parameter }),
    last: fromUnit({ parameter }, [1]).parameter,
  });
  assertEquals(range({ type: "int", minValue: 6, maxValue: 13, step: 3 }), { size: 3, last: 12 });
  assertEquals(range({ type: "int", minValue: 7, maxValue: 7 }), { size: 1, last: 7 });
  assertEquals(range({ type: "float", minValue: 0, maxValue: 1, step: 0.3 }), {
    size: 4,
    last: 0.9,
  });
  assertEquals(range({ type: "float", minValue: 0, maxValue: 0.3, step: 0.1 }), {
    size: 4,
    last: 0.3,
  });
  assertEquals(range({ type: "float", minValue: 2, maxValue: 2 }), { size: 1, last: 2 });
});

Deno.test("log sampling draws every factor as often", () => {
  const space: Space = { rate: studySpace.learning_rate };
  assertAlmostEquals(fromUnit(space, [0.5]).rate as number, 1e-3, 1e-18);
  const random = randomState(1);
  const below = Array.from({ length: 2000 }, () => sample(space, random).rate as number)
    .filter((rate) => rate < 1e-3).length;
  assert(Math.abs(below - 1000) < 100, `${below} of 2000 below the middle`); // 4.5 standard deviations
});

Deno.test("values and their places in the unit cube belong together", () => {
  fc.assert(fc.property(spaces, fc.nat({ max: 2 ** 32 - 1 }), (space, seed) => {
    checkSpace(space);
    const values = sample(space, randomState(seed));
    const point = toUnit(space, values);
    assert(point.every((place) => place >= 0 && place <= 1));
    const back = fromUnit(space, point);
    for (const name of names(space)) {
      const value = values[name];
      // Ranges without steps come back to the last bits, all others exactly.
      if (typeof value === "number" && value !== back[name]) {
        assertAlmostEquals(back[name] as number, value, 1e-9 * Math.abs(value) + 1e-9);
        assertEquals(spaceSize({ [name]: space[name] }), Infinity);
      } else {
        assertEquals(back[name], value);
      }
    }
  }));
});

Deno.test("all values of a hyperparameter are as likely", () => {
  const space: Space = { n: { type: "int", minValue: 1, maxValue: 5 } };
  const random = randomState(2);
  const counts = new Map<unknown, number>();
  for (let i = 0; i < 5000; i++) {
    const { n } = sample(space, random);
    counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  assertEquals([...counts.keys()].sort(), [1, 2, 3, 4, 5]);
  for (const count of counts.values()) assert(Math.abs(count - 1000) < 130, `${count} of 5000`);
});

Deno.test("the order in which a space is written down does not matter", () => {
  const turned = Object.fromEntries(Object.entries(studySpace).reverse());
  assertEquals(sample(turned, randomState(3)), sample(studySpace, randomState(3)));
  const values: Values = { b: "x", a: 1 };
  assertEquals(valuesKey(values), valuesKey({ a: 1, b: "x" }));
});

Deno.test("keys tell values apart", () => {
  const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string(), fc.boolean());
  const values = fc.dictionary(fc.string(), value, { noNullPrototype: true });
  fc.assert(fc.property(values, values, (a, b) => {
    const equal = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
    assertEquals(valuesKey(a) === valuesKey(b), equal);
  }));
  assert(valuesKey({ a: "1" }) !== valuesKey({ a: 1 }));
});

const sorted = (values: Values) =>
  Object.keys(values).sort().map((name) => ({ name, value: values[name] }));

Deno.test("new values are new, and a small space comes to an end", () => {
  const space: Space = {
    a: { type: "choice", values: ["x", "y"] },
    b: { type: "int", minValue: 1, maxValue: 3 },
  };
  const tried = new Set<string>();
  const random = randomState(4);
  const drawn = [...sampleNew(space, 4, random, tried), ...sampleNew(space, 99, random, tried)];
  assertEquals(new Set(drawn.map(valuesKey)).size, drawn.length);
  assertEquals(drawn.length, 6);
  assertEquals(tried.size, 6);
  assertEquals(sampleNew(space, 1, random, tried), []);
});

Deno.test("drawing gives up after 21 draws in a row that were tried", () => {
  const space: Space = { a: { type: "choice", values: [1, 2] } };
  let draws = 0;
  const random = { ...randomState(0), float64: () => (++draws, 0) };
  assertEquals(sampleNew(space, 2, random, new Set()), [{ a: 1 }]);
  assertEquals(draws, 1 + 21);
});

Deno.test("drawing counts anew after each success", () => {
  const space: Space = { n: { type: "int", minValue: 0, maxValue: 99 } };
  let draws = 0;
  const twice = { ...randomState(0), float64: () => (Math.floor(draws++ / 2) + 0.5) / 100 };
  assertEquals(sampleNew(space, 50, twice, new Set()).map(({ n }) => n), [...Array(50).keys()]);
});

Deno.test("a value outside its range is refused by name", () => {
  const refuse = (name: string, value: string | number | boolean) =>
    assertThrows(
      () => toUnit(studySpace, { ...fromUnit(studySpace, Array(6).fill(0)), [name]: value }),
      Error,
      `Hyperparameter ${name}: ${JSON.stringify(value)} is not one of its values`,
    );
  refuse("CONV_1_FILTER", 31);
  refuse("CONV_1_FILTER", 32.5);
  refuse("CONV_1_FILTER", "32");
  refuse("KERNEL_1_FILTER", 4);
  refuse("DROPOUT_1", 0.12);
  refuse("learning_rate", 0.1);
  refuse("learning_rate", NaN);
  assertThrows(() => toUnit(studySpace, {}), Error, "Hyperparameter CONV_1_FILTER: undefined");
});

Deno.test("a space that cannot be searched is refused with the reason", () => {
  const cases: [unknown, string][] = [
    [{ type: "int", minValue: 3, maxValue: 2 }, "minValue 3 is above maxValue 2"],
    [{ type: "int", minValue: 0.5, maxValue: 2 }, "minValue must be a whole number; got 0.5"],
    [{ type: "int", minValue: 0 }, "maxValue must be a whole number; got undefined"],
    [{ type: "int", minValue: 0, maxValue: 4, step: 0 }, "step must be above 0; got 0"],
    [{ type: "float", minValue: 0, maxValue: NaN }, "maxValue must be a finite number; got NaN"],
    [
      { type: "float", minValue: 0, maxValue: 1, sampling: "log" },
      "log sampling needs a minValue above 0; got 0",
    ],
    [
      { type: "float", minValue: 1, maxValue: 2, step: 0.5, sampling: "log" },
      "log sampling goes without a step",
    ],
    [
      { type: "float", minValue: 1, maxValue: 2, sampling: "reverse_log" },
      'sampling is "linear" or "log"; got "reverse_log"',
    ],
    [{ type: "choice", values: [] }, "a choice needs at least one value"],
    [{ type: "choice", values: [3, 5, 3] }, "3 is listed twice"],
    [{ type: "boolean" }, 'its type is "int", "float" or "choice"; got "boolean"'],
  ];
  for (const [parameter, message] of cases) {
    assertThrows(
      () => checkSpace({ ok: studySpace.DROPOUT_1, RATE: parameter } as Space),
      Error,
      `Hyperparameter RATE: ${message}`,
    );
  }
  assertThrows(() => checkSpace({}), Error, "The search space has no hyperparameters.");
});

Deno.test("values are read back from the text of a table, words and booleans too", () => {
  fc.assert(fc.property(spaces, fc.nat({ max: 1000 }), (space, seed) => {
    const values = sample(space, randomState(seed));
    for (const [name, value] of Object.entries(values)) {
      const found = valueOf(space[name], String(value));
      assertEquals(String(found), String(value)); // 1 and "1" in one choice look alike
    }
  }));
  const choice = { type: "choice", values: [3, "5", true, "no", false] } as const;
  assertEquals(choice.values.map((value) => valueOf(choice, String(value))), [...choice.values]);
  assertEquals(valueOf({ type: "int", minValue: 1, maxValue: 9 }, "7"), 7);
});

Deno.test("a choice is of categories where one of its values is no number", () => {
  assert(isCategorical({ type: "choice", values: [3, "5"] }));
  assert(isCategorical({ type: "choice", values: [true, false] }));
  assert(!isCategorical({ type: "choice", values: [3, 5] }));
  assert(!isCategorical({ type: "int", minValue: 1, maxValue: 2 }));
});
