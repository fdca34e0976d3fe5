import { assertEquals, assertStringIncludes } from "@std/assert";
import type { TopLevelSpec } from "vega-lite";
import { renderSvg } from "../../../src/report/svg.ts";
import { openingPart } from "../../../src/stages/report/opening.ts";
import { study } from "../../../study.ts";
import { assertLegible } from "../../support/legible.ts";

Deno.test("a study of one network has its sentence, its row and its chart, and compares it with nothing", async () => {
  const { title, data, classes } = study;
  const specs: TopLevelSpec[] = [];
  const parts = await openingPart(
    { title, data, classes, thresholds: {} },
    [{
      heading: "Baseline: LeNet-5",
      parts: [],
      explored: {},
      networks: [{
        id: "baseline",
        title: "LeNet-5",
        validation: { name: "", value: 0.75, interval: null, n: 4 },
        test: { name: "", value: 0.5, interval: [0.25, 0.75], n: 4 },
        final: true,
        predictions: [{ label: 0, predicted: 0 }, { label: 1, predicted: 0 }],
      }],
    }],
    [],
    (spec) => {
      specs.push(spec);
      return Promise.resolve("![chart](chart.svg)");
    },
  );
  const page = parts.join("\n\n");
  assertStringIncludes(
    page,
    "- **LeNet-5 gets 0.5000 [0.2500, 0.7500] of the test images right.** ([The networks](#the-networks))",
  );
  assertStringIncludes(page, "| LeNet-5 |     0.7500 | 0.5000\u00a0[0.2500,\u00a00.7500] |");
  assertEquals(/McNemar|gain and lose|original|networks does best/.exec(page)?.[0], undefined);
  assertEquals(specs.length, 1);
  assertLegible(await renderSvg(specs[0]));
});
