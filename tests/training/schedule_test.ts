import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { rateShare, type Schedule, schedule } from "../../src/training/schedule.ts";

/** Keras 3's `CosineDecay.__call__` with `alpha`, without its own warm-up; `step` counts from 0. */
function kerasCosineDecay(step: number, decaySteps: number, alpha: number): number {
  const completed = Math.min(step, decaySteps) / decaySteps;
  return (1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * completed)) + alpha;
}

/** PyTorch's `LinearLR` in its closed form; `step` counts from 0. */
const torchLinear = (step: number, start: number, end: number, iterations: number) =>
  start + (end - start) * Math.min(step, iterations) / iterations;

Deno.test("cosine is Keras's CosineDecay after the warm-up, linear is PyTorch's LinearLR", () => {
  for (const [warmup, final] of [[0, 0], [0.2, 0], [0.1, 0.05]]) {
    const total = 50;
    const rising = total * warmup;
    for (let step = 1; step <= total; step++) {
      const after = step - 1 - rising;
      const expected = (decay: (step: number) => number) =>
        step <= rising ? torchLinear(step, 0, 1, rising) : decay(after);
      assertAlmostEquals(
        rateShare({ type: "cosine", warmup, final }, step, total),
        expected((at) => kerasCosineDecay(at, total - rising, final)),
        1e-12,
      );
      assertAlmostEquals(
        rateShare({ type: "linear", warmup, final }, step, total),
        expected((at) => torchLinear(at, 1, final, total - rising)),
        1e-12,
      );
    }
  }
});

Deno.test("cosine without a warm-up gives the numbers of Keras 3.15.1's CosineDecay(1, 40, alpha=0.05)", () => {
  const keras = [
    [0, 1],
    [1, 0.998535692691803],
    [13, 0.7731868624687195],
    [27, 0.2768131494522095],
    [39, 0.051464252173900604],
  ];
  for (const [step, rate] of keras) {
    // Keras counts steps from 0, and computes in float32.
    const share = rateShare({ type: "cosine", warmup: 0, final: 0.05 }, step + 1, 40);
    assertAlmostEquals(share, rate, 2e-7);
  }
});

const schedules = fc.oneof(
  fc.record({
    type: fc.constantFrom("linear" as const, "cosine" as const),
    warmup: fc.double({ min: 0, max: 0.99, noNaN: true }),
    final: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  fc.constant({ type: "constant" as const }),
);

Deno.test("a rate rises to its highest, never goes over it, and then falls to no less than its last share", () => {
  fc.assert(fc.property(schedules, fc.integer({ min: 1, max: 300 }), (given: Schedule, total) => {
    const shares = Array.from({ length: total }, (_, i) => rateShare(given, i + 1, total));
    const rising = given.type === "constant" ? 0 : Math.round(given.warmup * total);
    const final = given.type === "constant" ? 1 : given.final;
    shares.forEach((share, i) => {
      assert(share > 0 && share <= 1, `${share}`);
      if (i >= 1 && i < rising) assert(share > shares[i - 1]);
      if (i > rising) assert(share <= shares[i - 1] + 1e-12);
      if (i >= rising) assert(share >= final - 1e-12);
    });
  }));
});

Deno.test("a schedule that is none is refused with what there is", () => {
  const refused = (given: unknown) => schedule.safeParse(given).error?.issues[0].message;
  assertEquals(
    refused({ type: "step" }),
    'expected the type "constant", "linear" or "cosine"',
  );
  assertEquals(
    refused({ type: "cosine", warmup: 0.1, finale: 0, final: 0 })?.includes("final"),
    true,
  );
  assertEquals(refused({ type: "constant" }), undefined);
});
