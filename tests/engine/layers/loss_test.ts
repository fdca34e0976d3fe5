import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { softmaxCrossEntropy } from "../../../src/engine/layers/loss.ts";
import { lossOf, slope } from "../../support/reference.ts";
import type { Batch } from "../../support/reference.ts";
import { small } from "../../support/models.ts";

// Keras 3.15.1: categorical_crossentropy(..., from_logits=True, label_smoothing=...), averaged.
const logits = Float32Array.of(1, 2, -1, 0.5, 0.5, 0.25, -3, 4, 100);
const labels = Uint8Array.of(1, 2, 0);
const keras: [number, number, number[]][] = [
  [0, 34.87367630004883, [
    0.08649882674217224,
    -0.09820514917373657,
    0.011706343851983547,
    0.11995583027601242,
    0.11995583027601242,
    -0.23991164565086365,
    -0.3333333432674408,
    0,
    0.3333333432674408,
  ]],
  [0.1, 33.69034194946289, [
    0.07538771629333496,
    -0.07598292827606201,
    0.0005952318897470832,
    0.10884471982717514,
    0.10884471982717514,
    -0.21768943965435028,
    -0.31111112236976624,
    -0.01111111231148243,
    0.3222222328186035,
  ]],
];

for (const [smoothing, loss, gradient] of keras) {
  Deno.test(`loss and gradient are Keras's with a label smoothing of ${smoothing}`, () => {
    const actual = softmaxCrossEntropy(logits, labels, smoothing);
    assertAlmostEquals(actual.loss, loss, 1e-6 * loss);
    gradient.forEach((value, i) => assertAlmostEquals(actual.gradient[i], value, 1e-7));
  });
}

Deno.test("the gradient is the central difference of the loss by definition", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 4 }).chain((classes) =>
      fc.array(
        fc.record({
          logits: fc.array(fc.double({ min: -8, max: 8, noNaN: true }), {
            minLength: classes,
            maxLength: classes,
          }),
          label: fc.integer({ min: 0, max: classes - 1 }),
        }),
        { minLength: 1, maxLength: 4 },
      )
    ),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (rows, labelSmoothing) => {
      const data = Float64Array.from(Float32Array.from(rows.flatMap((row) => row.logits)));
      const labels = Uint8Array.from(rows, (row) => row.label);
      const batch: Batch = { shape: [rows.length, data.length / rows.length], data };
      const spec = { labelSmoothing, l2: 0 };
      const expected = () => lossOf(small, new Map(), batch, labels, spec);
      const actual = softmaxCrossEntropy(Float32Array.from(data), labels, labelSmoothing);
      assertAlmostEquals(actual.loss, expected(), 1e-9);
      data.forEach((_, i) =>
        assertAlmostEquals(actual.gradient[i], slope(expected, data, i), 1e-6)
      );
    },
  ));
});

Deno.test("logits beyond what an exponential can hold cost what they should", () => {
  const { loss, gradient } = softmaxCrossEntropy(
    Float32Array.of(1e4, -1e4, 1e30, -1e30),
    Uint8Array.of(1, 0),
    0,
  );
  assertAlmostEquals(loss, 1e4, 1e-3);
  assertEquals([...gradient], [0.5, -0.5, 0, 0]);
});

Deno.test("the right answers are counted, the first of several largest being the answer", () => {
  const logits = Float32Array.of(1, 1, 0, 0, 2, 2, 3, 3, 3);
  assertEquals(softmaxCrossEntropy(logits, Uint8Array.of(0, 1, 0), 0).correct, 3);
  assertEquals(softmaxCrossEntropy(logits, Uint8Array.of(1, 2, 2), 0).correct, 0);
});

Deno.test("what is not a number shows in the loss", () => {
  assert(Number.isNaN(softmaxCrossEntropy(Float32Array.of(NaN, 0), Uint8Array.of(1), 0).loss));
  assert(Number.isNaN(softmaxCrossEntropy(Float32Array.of(Infinity, 0), Uint8Array.of(0), 0).loss));
  const impossible = softmaxCrossEntropy(Float32Array.of(-Infinity, 0), Uint8Array.of(0), 0).loss;
  assertEquals(impossible, Infinity);
  assertLess(softmaxCrossEntropy(Float32Array.of(-Infinity, 0), Uint8Array.of(1), 0).loss, 1e-9);
});
