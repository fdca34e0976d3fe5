import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { countBits, rightBits } from "../../src/evaluation/bits.ts";

Deno.test("right predictions are packed as NumPy packs bits, and can be counted", () => {
  // numpy.packbits([1, 0, 0, 0, 0, 0, 1, 1, 0, 1]): 0b10000011, 0b01000000.
  const truth = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
  assertEquals(rightBits([1, 0, 0, 0, 0, 0, 1, 1, 0, 1], truth), Uint8Array.of(131, 64));
  fc.assert(fc.property(fc.array(fc.nat(2)), (predicted) => {
    const bits = rightBits(predicted, predicted.map(() => 1));
    assertEquals(countBits(bits), predicted.filter((label) => label === 1).length);
    assertEquals(bits.length, Math.ceil(predicted.length / 8));
  }));
});
