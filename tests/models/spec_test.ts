import { assertEquals } from "@std/assert";
import { lenet5 } from "../../src/models/lenet5.ts";
import { resnetV2 } from "../../src/models/resnet_v2.ts";
import { modelSpec } from "../../src/models/spec.ts";
import { headModel } from "../../src/models/transfer.ts";
import { enlarged, everything } from "../support/models.ts";

Deno.test("the schema takes every layer, in every form, that the type has", () => {
  const models = [
    everything,
    enlarged,
    { ...everything, frozen: ["conv1"] },
    lenet5([32, 32, 1], 10),
    headModel("dense", [2, 2, 8], 10),
    resnetV2(101, [64, 64, 3]),
  ];
  for (const model of models) assertEquals(modelSpec.parse(model), model);
});
