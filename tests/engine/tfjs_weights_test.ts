import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { encodeTfjsModel } from "../../src/engine/layers/tfjs_model.ts";
import { decodeTfjsWeights } from "../../src/engine/tfjs_weights.ts";
import { everything, small, weightsFor } from "../support/models.ts";

Deno.test("weights come back as they were, in their order; what stands beside them is left", () => {
  for (const spec of [small, everything]) {
    const weights = weightsFor(spec);
    const { json, weights: bytes } = encodeTfjsModel(spec, weights, "weights.bin");
    const read = decodeTfjsWeights(JSON.parse(json), bytes, spec);
    assertEquals([...read.keys()], [...weights.keys()]);
    assertEquals(new Map(read), weights);
  }
});

Deno.test("in half precision kernels are halved, and nothing else: a variance may be larger than it knows", () => {
  const weights = weightsFor(everything);
  weights.get("norm1/moving_variance")!.data.fill(1e6);
  const whole = encodeTfjsModel(everything, weights, "");
  const half = encodeTfjsModel(everything, weights, "", { precision: "float16" });
  const kernels = [...weights].filter(([name]) => name.endsWith("/kernel"))
    .reduce((sum, [, { data }]) => sum + data.length, 0);
  assertEquals(half.weights.length, whole.weights.length - 2 * kernels);
  const read = decodeTfjsWeights(JSON.parse(half.json), half.weights, everything);
  for (const [name, { data }] of weights) {
    const found = read.get(name)!.data;
    if (!name.endsWith("/kernel")) assertEquals(found, data, name);
    // Half precision has 11 bits.
    else {data.forEach((value, i) =>
        assertLess(Math.abs(found[i] - value), 2 ** -11 * Math.abs(value) + 1e-7)
      );}
  }
  assert(
    read.get("conv1/kernel")!.data.some((value, i) =>
      value !== weights.get("conv1/kernel")!.data[i]
    ),
  );
});

Deno.test("a kernel that half precision does not reach stays as it is", () => {
  const weights = weightsFor(small);
  weights.get("dense1/kernel")!.data[0] = 1e5;
  const { json, weights: bytes } = encodeTfjsModel(small, weights, "", { precision: "float16" });
  assertEquals(
    decodeTfjsWeights(JSON.parse(json), bytes, small).get("dense1/kernel")!.data[0],
    1e5,
  );
});

Deno.test("what is missing, cut off, of another shape or superfluous is refused", () => {
  const { json, weights: bytes } = encodeTfjsModel(small, weightsFor(small), "");
  const model = JSON.parse(json);
  const refused = (value: unknown, bytes: Uint8Array, message: string, spec = small) =>
    assertThrows(() => decodeTfjsWeights(value, bytes, spec), Error, message);
  refused({}, bytes, "does not say what its weight file holds");
  refused(model, bytes.subarray(4), "ends within logits/bias");
  refused(model, new Uint8Array(bytes.length + 1), "model.json tells of");
  const renamed = {
    ...small,
    layers: small.layers.map((layer) =>
      layer.name === "conv2" ? { ...layer, name: "conv3" } : layer
    ),
  };
  refused(model, bytes, "the weights have no conv3/kernel", renamed);
  const wider = {
    ...small,
    layers: small.layers.map((layer) =>
      layer.name === "dense1" && layer.type === "dense" ? { ...layer, units: 13 } : layer
    ),
  };
  refused(model, bytes, "dense1/kernel has the shape", wider);
});
