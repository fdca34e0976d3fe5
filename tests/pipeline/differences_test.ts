import { assertEquals, assertLess } from "@std/assert";
import { changeText } from "../../src/pipeline/differences.ts";

Deno.test("a value that is long is cut off, a short one told whole", () => {
  const change = { of: "parameter", name: "recipe" } as const;
  assertEquals(changeText({ ...change, from: 10, to: [1, 2] }), "parameter recipe: 10 -> [1,2]");
  const text = changeText({ ...change, to: { networks: Array(1000).fill("compact") } });
  assertEquals(text.slice(0, 50), 'parameter recipe: none -> {"networks":["compact","');
  assertLess(text.length, 140);
});
