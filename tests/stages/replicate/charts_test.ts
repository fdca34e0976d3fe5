import { assert, assertEquals, assertThrows } from "@std/assert";
import { renderSvg } from "../../../src/report/svg.ts";
import { seedAccuracies } from "../../../src/stages/replicate/charts.ts";
import { assertLegible } from "../../support/legible.ts";
import { texts } from "../../support/svg_text.ts";

const rows = (networks: readonly string[], accuracies: readonly number[]) =>
  networks.flatMap((network) =>
    (["validation", "test"] as const).map((part) => ({
      network,
      part,
      accuracies,
      mean: accuracies[0],
    }))
  );

/** How many dots, ringed ones included, and how many ticks. */
const drawn = (svg: string) =>
  ["mark-symbol role-mark", "mark-rect role-mark"].map((of) =>
    svg.split(`class="${of}`).slice(1)
      .reduce((sum, group) => sum + group.split("</g>")[0].split("<path").length - 1, 0)
  );

Deno.test("trainings: a dot each, a ring around the first, a tick a mean", async () => {
  const networks = ["LeNet-5", "Winner of the search", "Original study's winner"];
  const svg = await renderSvg(seedAccuracies("Runs", rows(networks, [0.91, 0.92, 0.905, 0.91])));
  assertEquals(drawn(svg), [6 * 4 + 6, 6]);
  const said = texts(svg);
  const names = ["LeNet-5", "Winner of the", "search", "Original study's", "winner"];
  for (const text of [...names, "validation", "test", "Runs"]) {
    assert(said.includes(text), `${text} is not among ${said.join(", ")}`);
  }
  assertLegible(svg);
});

Deno.test("trainings that are all alike, or right in nothing or everything, lie within the chart", async () => {
  for (const accuracies of [[0, 0], [1, 1, 1], [0.5, 0.5], [0, 1]]) {
    const svg = await renderSvg(seedAccuracies("Runs", rows(["LeNet-5"], accuracies)));
    assertLegible(svg);
    assertEquals(drawn(svg), [2 * accuracies.length + 2, 2]);
    const shown = texts(svg).filter((text) => /^\d\.\d{3}$/.test(text)).map(Number);
    assert(shown.length > 1 && Math.min(...shown) >= 0 && Math.max(...shown) <= 1);
  }
});

Deno.test("trainings: nothing to draw is refused", () => {
  assertThrows(() => seedAccuracies("Runs", []), RangeError, 'Chart "Runs": there is no network');
});
