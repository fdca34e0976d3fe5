/**
 * What this project relies on in `@std/assert`; holds on the stand-in and on the real package. Tests
 * whose names begin with "stand-in alone" are skipped on the real one.
 *
 * @module
 */
import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";

/** Whether `fn` throws an AssertionError, told without the functions under test. */
function refuses(fn: () => void): boolean {
  try {
    fn();
  } catch (error) {
    if (error instanceof AssertionError && error.name === "AssertionError") {
      return true;
    }
    throw error;
  }
  return false;
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

class Point {
  constructor(readonly x: number) {}
  get double(): number {
    return 2 * this.x;
  }
}

const shared = { x: 1 };
const cycle: Record<string, unknown> = { x: 1 };
cycle.self = cycle;
const otherCycle: Record<string, unknown> = { x: 1 };
otherCycle.self = otherCycle;

const equalPairs: [string, unknown, unknown][] = [
  ["zeros of either sign", [0, { a: -0 }], [-0, { a: 0 }]],
  ["NaN", [NaN], [NaN]],
  [
    "typed arrays of equal elements",
    Float32Array.of(0, NaN, 1.5),
    Float32Array.of(-0, NaN, 1.5),
  ],
  [
    "sets in another order",
    new Set([1, new Set([2, 3])]),
    new Set([new Set([3, 2]), 1]),
  ],
  [
    "maps in another order",
    new Map([["a", [1]], ["b", [2]]]),
    new Map([["b", [2]], ["a", [1]]]),
  ],
  [
    "maps with objects as keys",
    new Map([[{ x: 1 }, 1]]),
    new Map([[{ x: 1 }, 1]]),
  ],
  ["an object without prototype and a plain one", Object.create(null), {}],
  ["dates", [new Date(5)], [new Date(5)]],
  ["invalid dates", new Date(NaN), new Date(NaN)],
  ["patterns", /a/g, /a/g],
  [
    "addresses",
    new URL("https://example.test/a"),
    new URL("https://example.test/a"),
  ],
  ["instances of one class", new Point(1), new Point(1)],
  ["cycles", cycle, otherCycle],
  ["symbols as keys", { [Symbol.for("k")]: 1 }, { [Symbol.for("k")]: 1 }],
  ["one object met twice", [shared, shared], [{ x: 1 }, { x: 1 }]],
  ["nested lists", [[1, [2]], []], [[1, [2]], []]],
  ["big integers", 3n, 3n],
];

const unequalPairs: [string, unknown, unknown][] = [
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["an undefined and a missing property", { a: undefined }, {}],
  ["other keys of undefined", { a: undefined }, { b: undefined }],
  ["a hole and undefined", [, 1], [undefined, 1]],
  ["lists of other length", [1, 2], [1, 2, 3]],
  ["typed arrays of other elements", Uint8Array.of(1, 2), Uint8Array.of(2, 1)],
  ["typed arrays of other length", Uint8Array.of(1), Uint8Array.of(1, 0)],
  ["typed arrays of other types", Uint8Array.of(1), Int8Array.of(1)],
  ["a typed array and a list", Uint8Array.of(1), [1]],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  [
    "sets of objects",
    new Set([{ x: 1 }, { x: 2 }]),
    new Set([{ x: 1 }, { x: 3 }]),
  ],
  ["maps of other values", new Map([["a", 1]]), new Map([["a", 2]])],
  [
    "maps with an undefined value",
    new Map([["a", undefined]]),
    new Map([["b", undefined]]),
  ],
  ["dates", new Date(5), new Date(6)],
  ["patterns with other flags", /a/, /a/g],
  ["instances of other classes", new Point(1), { x: 1 }],
  ["instances with other values", new Point(1), new Point(2)],
  ["cycles with other values", cycle, { x: 2, self: cycle }],
  ["a list and an object", [1], { 0: 1 }],
  ["functions", () => 1, () => 1],
];

Deno.test("assertEquals and assertNotEquals agree on what is deeply equal", () => {
  for (const [what, a, b] of equalPairs) {
    check(!refuses(() => assertEquals(a, b)), `${what} should be equal`);
    check(
      !refuses(() => assertEquals(b, a)),
      `${what} should be equal (turned)`,
    );
    check(
      refuses(() => assertNotEquals(a, b)),
      `${what} should not pass as different`,
    );
  }
  for (const [what, a, b] of unequalPairs) {
    check(refuses(() => assertEquals(a, b)), `${what} should differ`);
    check(refuses(() => assertEquals(b, a)), `${what} should differ (turned)`);
    check(
      !refuses(() => assertNotEquals(a, b)),
      `${what} should pass as different`,
    );
  }
});

Deno.test("assertEquals says what differs, after the caller's words", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1 }, { a: 2 }, "weights"),
    AssertionError,
  );
  check(
    error.message.startsWith("Values are not equal: weights"),
    error.message,
  );
  check(
    error.message.includes("a: 1") && error.message.includes("a: 2"),
    error.message,
  );
});

/** Whether the assertions are those of `compat/jsr/`. */
const standIn = import.meta.resolve("@std/assert").endsWith("/compat/jsr/assert/mod.ts");

Deno.test({
  name: "stand-in alone: assertEquals takes large lists, typed arrays and sets",
  ignore: !standIn, // the real package (1.0.13) runs out of memory here
  fn() {
    const size = 200_000;
    const list = Array.from({ length: size }, (_, i) => i);
    assertEquals(list, list.slice());
    assertEquals(Float32Array.from(list), Float32Array.from(list));
    assertEquals(new Set(list), new Set(list.toReversed()));
    check(
      refuses(() => assertEquals(new Set(list), new Set(list.with(7, -1)))),
      "one differs",
    );
  },
});

Deno.test("assertStrictEquals is Object.is", () => {
  const object = {};
  assertStrictEquals(object, object);
  assertStrictEquals(NaN, NaN);
  check(refuses(() => assertStrictEquals({}, {})), "two objects");
  check(refuses(() => assertStrictEquals(0, -0)), "zeros of either sign");
});

Deno.test("assertAlmostEquals allows a ten-millionth of the expected value, or the tolerance", () => {
  assertAlmostEquals(1e6 + 0.09, 1e6);
  check(
    refuses(() => assertAlmostEquals(1e6 + 0.11, 1e6)),
    "beyond the default",
  );
  assertAlmostEquals(-1e6 - 0.09, -1e6);
  assertAlmostEquals(0, -0);
  check(
    refuses(() => assertAlmostEquals(1e-300, 0)),
    "nothing is close to zero by default",
  );
  assertAlmostEquals(0.01, 0.02, 0.1);
  assertAlmostEquals(0.25, 0.5, 0.25);
  check(
    refuses(() => assertAlmostEquals(0.25, 0.5, 0.2)),
    "beyond the tolerance",
  );
  assertAlmostEquals(NaN, NaN);
  check(
    refuses(() => assertAlmostEquals(NaN, 1, 10)),
    "NaN is close to no number",
  );
  assertAlmostEquals(Infinity, Infinity);
  check(
    refuses(() => assertAlmostEquals(1e308, Infinity)),
    "no number is close to infinity",
  );
});

Deno.test("comparisons refuse at and beyond their bound, and NaN", () => {
  assertGreater(2, 1);
  assertGreaterOrEqual(1, 1);
  assertLess(1, 2);
  assertLessOrEqual("a", "a");
  check(refuses(() => assertGreater(1, 1)), "1 > 1");
  check(refuses(() => assertGreaterOrEqual(0, 1)), "0 >= 1");
  check(refuses(() => assertLess(1, 1)), "1 < 1");
  check(refuses(() => assertLessOrEqual(2, 1)), "2 <= 1");
  check(refuses(() => assertGreaterOrEqual(NaN, 0)), "NaN >= 0");
});

Deno.test("truth, presence, text, patterns, classes", () => {
  assert(1);
  assertFalse("");
  assertExists(0);
  assertStringIncludes("abc", "bc");
  assertMatch("abc", /^a/);
  assertInstanceOf(new TypeError("x"), Error);
  assertArrayIncludes([{ a: 1 }, { b: 2 }], [{ b: 2 }]);
  assertArrayIncludes(Uint8Array.of(1, 2), Uint8Array.of(2));
  check(refuses(() => assert(0)), "assert");
  check(refuses(() => assertFalse(1)), "assertFalse");
  check(refuses(() => assertExists(null)), "assertExists");
  check(refuses(() => assertExists(undefined)), "assertExists");
  check(
    refuses(() => assertStringIncludes("abc", "x")),
    "assertStringIncludes",
  );
  check(refuses(() => assertMatch("abc", /x/)), "assertMatch");
  check(
    refuses(() => assertInstanceOf(new Error("x"), TypeError)),
    "assertInstanceOf",
  );
  check(refuses(() => assertInstanceOf(null, Error)), "assertInstanceOf");
  check(refuses(() => assertArrayIncludes([1, 2], [3])), "assertArrayIncludes");
  check(refuses(() => fail("on purpose")), "fail");
});

Deno.test("types narrow after an assertion", () => {
  const value: unknown = new RangeError("x");
  assertInstanceOf(value, RangeError);
  value.message satisfies string;
  const text = "a" as string | undefined;
  assertExists(text);
  text satisfies string;
  const number = 1 as number | string;
  assert(typeof number === "number");
  number satisfies number;
});

Deno.test("assertObjectMatch asks for a part, at every depth", () => {
  assertObjectMatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } });
  assertObjectMatch({ list: [{ a: 1, b: 2 }, 3] }, { list: [{ a: 1 }] });
  assertObjectMatch({
    map: new Map([["a", { x: 1, y: 2 }], ["b", { x: 3, y: 4 }]]),
  }, {
    map: new Map([["a", { x: 1 }]]),
  });
  assertObjectMatch({ set: new Set([1, 2]) }, { set: new Set([2]) });
  assertObjectMatch({ point: new Point(1) }, { point: { x: 1 } });
  check(refuses(() => assertObjectMatch({ a: 1 }, { b: 1 })), "missing key");
  check(
    refuses(() => assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } })),
    "nested value",
  );
  check(
    refuses(() => assertObjectMatch({ a: { b: 1 } }, { a: { b: 1, c: 2 } })),
    "nested key",
  );
  check(
    refuses(() => assertObjectMatch({ a: [1] }, { a: [1, 2] })),
    "longer list",
  );
  check(refuses(() => assertObjectMatch({ a: 1 }, { a: "1" })), "type");
  check(refuses(() => assertObjectMatch({ a: null }, { a: {} })), "null");
  check(refuses(() => assertObjectMatch({ a: /x/ }, { a: /y/ })), "pattern");
});

Deno.test("assertThrows gives the error, and checks class and message", () => {
  const thrown = new RangeError("3 is out of range");
  const throwing = () => {
    throw thrown;
  };
  assertStrictEquals(assertThrows(throwing), thrown);
  assertThrows(throwing, "said when nothing is thrown");
  assertThrows(throwing, Error);
  const error: RangeError = assertThrows(throwing, RangeError, "out of range");
  assertStrictEquals(error, thrown);
  assertThrows(
    () => {
      throw new Error("a \u001b[31mred\u001b[39m word");
    },
    Error,
    "a red word",
  );
  check(refuses(() => void assertThrows(() => 1)), "nothing thrown");
  check(refuses(() => void assertThrows(throwing, TypeError)), "another class");
  check(
    refuses(() => void assertThrows(throwing, RangeError, "4 is")),
    "another message",
  );
  check(
    refuses(() =>
      void assertThrows(() => {
        throw "text";
      }, Error)
    ),
    "not an Error",
  );
  assertEquals(
    assertThrows(() => {
      throw "text";
    }),
    "text",
  );
});

Deno.test("assertRejects gives the reason, and checks class and message", async () => {
  const thrown = new RangeError("3 is out of range");
  const rejecting = () => Promise.reject(thrown);
  assertStrictEquals(await assertRejects(rejecting), thrown);
  const error: RangeError = await assertRejects(
    rejecting,
    RangeError,
    "out of range",
  );
  assertStrictEquals(error, thrown);
  for (
    const wrong of [
      assertRejects(() => Promise.resolve(1)),
      assertRejects(rejecting, TypeError),
      assertRejects(rejecting, RangeError, "4 is"),
      assertRejects(() => Promise.reject("text"), Error),
      assertRejects(() => {
        throw thrown; // before there is a promise
      }),
    ]
  ) {
    const reason = await wrong.then(() => undefined, (reason) => reason);
    assertInstanceOf(reason, AssertionError);
  }
});

Deno.test("AssertionError takes a cause", () => {
  const cause = new Error("why");
  const error = new AssertionError("what", { cause });
  assertEquals([error.message, error.name, error.cause], [
    "what",
    "AssertionError",
    cause,
  ]);
});
