import { assertEquals, assertThrows } from "@std/assert";
import { enlarged, MOST_BYTES } from "../../src/data/grow.ts";

Deno.test("enlarged bytes begin with the same, and have twice the room needed, up to the most", () => {
  const bytes = enlarged(Uint8Array.of(1, 2, 3), 4, "a.csv");
  assertEquals([...bytes], [1, 2, 3, 0, 0, 0, 0, 0]);
  assertEquals([...enlarged(bytes, 9, "a.csv", 10)], [1, 2, 3, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("more than is read, or than the machine gives, is refused in a sentence", () => {
  assertEquals(
    assertThrows(() => enlarged(new Uint8Array(1), MOST_BYTES + 1, "a.csv"), Error).message,
    "a.csv: its images take more than 4294967296 bytes, which are not read.",
  );
  assertEquals(
    assertThrows(() => enlarged(new Uint8Array(1), 2 ** 52, "a.csv", 2 ** 53), Error).message,
    `a.csv: this machine cannot give the ${2 ** 53} bytes that its images take.`,
  );
});
