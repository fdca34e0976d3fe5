import { assertEquals, assertThrows } from "@std/assert";
import { parseJson } from "../../src/files/json.ts";

Deno.test("JSON is read; what is none, or too deep, is refused in words", () => {
  assertEquals(parseJson('{"a": [1, "]", "\\"["]}'), { a: [1, "]", '"['] });
  assertThrows(() => parseJson("{"), Error, "it is no JSON: ");
  assertThrows(() => parseJson(""), Error, "it is no JSON: ");
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  assertEquals(JSON.stringify(parseJson(nested(200))), nested(200));
  for (const depth of [201, 1_000_000]) {
    assertThrows(() => parseJson(nested(depth)), Error, "it is nested more than 200 deep");
  }
  assertEquals(parseJson('{"constructor": "__proto__"}'), { constructor: "__proto__" });
  assertThrows(() => parseJson('{"__proto__": {}}'), Error, "it has a key __proto__");
  for (const text of ['["\\ud83d"]', '{"\\ud83d": 1}']) {
    assertThrows(() => parseJson(text), Error, "half of a character");
  }
  assertEquals(parseJson('"\\ud83d\\ude00"'), "😀");
  // A text that never ends is one token, however long.
  assertThrows(() => parseJson('"'.padEnd(5_000_000, "x")), Error, "it is no JSON: ");
});
