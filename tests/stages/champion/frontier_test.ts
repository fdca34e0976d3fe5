import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { renderSvg, textWidth } from "../../../src/report/svg.ts";
import {
  type Cost,
  frontierChart,
  frontierOf,
  type Point,
} from "../../../src/stages/champion/frontier.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

const ours = (name: string, accuracy: number, parameters?: number, flop?: number): Point => ({
  kind: "study",
  name,
  accuracy,
  interval: [accuracy - 0.004, accuracy + 0.004],
  parameters,
  flop,
});

const theirs = (name: string, accuracy: number, parameters?: number, flop?: number): Point => ({
  kind: "published",
  source: "Somebody et al. (2017)",
  name,
  accuracy,
  parameters,
  flop,
});

/** Figures of about the size that the study's have. */
const points = [
  ours("LeNet-5", 0.912, 504_342, 1.1e13),
  ours("tuned LeNet", 0.9215, 1_200_000, 4.5e13),
  ours("perceptron", 0.889, 530_000, 1.7e12),
  ours("compact", 0.944, 465_514, 4e14),
  ours("residual", 0.949, 807_498, 1e15),
  ours("VGG16, fine-tuned", 0.927, 2_800_000, 8e14),
  ours("ResNet101V2 features", 0.905, 4_300_000, 3e13),
  theirs("two convolutions", 0.916, 3_300_000, 6e13),
  theirs("small network, published", 0.947, 300_000),
  theirs("ResNet-20", 0.956, 270_000, 4.4e15),
  theirs("WRN-40-4", 0.967, 8_900_000, 1e17),
  theirs("WRN-28-10, random erasing", 0.9635, 36_500_000, 3.8e17),
];

/** How far lines of names are from the points of their panel, in pixels: the least of all, by the chart's own data. */
function nearest(spec: unknown): number {
  const { vconcat } = JSON.parse(JSON.stringify(spec));
  let least = Infinity;
  for (const { width, height, layer } of vconcat) {
    const { x, y } = layer[0].encoding;
    const [left, right] = x.scale.domain.map(Math.log10);
    const [low, high] = y.scale.domain;
    const place = ({ cost, accuracy }: { cost: number; accuracy: number }) => ({
      x: (Math.log10(cost) - left) / (right - left) * width,
      y: (high - accuracy) / (high - low) * height,
    });
    const points = layer[2].data.values.map(place);
    for (const { data, mark } of layer.slice(3)) {
      for (const value of data.values) {
        const middle = place(value);
        const long = textWidth({ fontSize: mark.fontSize, limit: mark.limit }, value.text);
        const start = middle.x - long * { left: 0, center: 0.5, right: 1 }[mark.align as "left"];
        for (const point of points) {
          const across = Math.max(start - point.x, point.x - start - long, 0);
          const down = Math.max(Math.abs(point.y - middle.y) - mark.fontSize / 2, 0);
          least = Math.min(least, Math.hypot(across, down));
        }
      }
    }
  }
  return least;
}

Deno.test("the frontier has who is beaten by nobody with as little, and of equals the first", () => {
  const few = fc.integer({ min: 1, max: 6 });
  const some = fc.array(
    fc.record({ accuracy: few, flop: fc.option(few, { nil: undefined }), parameters: few }),
    { maxLength: 12 },
  );
  fc.assert(fc.property(some, fc.constantFrom<Cost>("flop", "parameters"), (drawn, by) => {
    const all = drawn.map(({ accuracy, parameters, flop }, i) =>
      theirs(String(i), accuracy / 10, parameters, flop)
    );
    const cost = (point: Point) => point[by] ?? Infinity;
    const beats = (a: Point, b: Point) =>
      cost(a) <= cost(b) && a.accuracy >= b.accuracy &&
      (cost(a) < cost(b) || a.accuracy > b.accuracy || all.indexOf(a) < all.indexOf(b));
    const expected = all.filter((point) =>
      point[by] !== undefined && !all.some((other) => beats(other, point))
    ).sort((a, b) => cost(a) - cost(b));
    assertEquals(frontierOf(all, by), expected);
  }));
});

Deno.test("the chart has a panel for each cost, a point for each network whose cost is known, and names of ours and on the frontier", async () => {
  const svg = await renderSvg(frontierChart("Frontier", points));
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 11 + 12);
  assertEquals(marks(svg, "rule"), 7 + 7);
  assertEquals(marks(svg, "line"), 2);
  const said = texts(svg);
  const written = said.filter((text) => !text.startsWith("Computation not known")).join(" ");
  const names = points.map(({ name }) => name).filter((name) => written.includes(name));
  assertEquals(
    names.sort(),
    points.filter((point) =>
      point.kind === "study" || frontierOf(points, "flop").includes(point) ||
      frontierOf(points, "parameters").includes(point)
    ).map(({ name }) => name).sort(),
  );
  assert(said.includes("Computation not known: small network, published"), String(said));
  assertEquals(said.filter((text) => text.startsWith("10")), [
    "10¹²",
    "10¹³",
    "10¹⁴",
    "10¹⁵",
    "10¹⁶",
    "10¹⁷",
    "10¹⁸",
    "10M",
  ]);
  // A published one says where it is from; one of this study has no more than its name.
  const tooltips = JSON.stringify(frontierChart("Frontier", points));
  assert(tooltips.includes('"said":"WRN-40-4 · Somebody et al. (2017)"'));
  assert(tooltips.includes('"said":"LeNet-5"'));
});

Deno.test("without anything published, or without any computation, there is one kind or one panel", async () => {
  const alone = points.filter(({ kind }) => kind === "study");
  assert(!texts(await renderSvg(frontierChart("Ours", alone))).includes("this study"));
  const svg = await renderSvg(
    frontierChart("Parameters", points.map(({ flop: _, ...point }) => point)),
  );
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 12);
  assert(!texts(svg).some((text) => text.includes("omputation")));
});

Deno.test("whatever the figures, the chart is legible: no name lies over another, or over a point", async () => {
  const names = ["net", "a network of a longer name", "one-with-a-name-that-is-one-very-long-word"];
  const network = fc.record({
    name: fc.constantFrom(...names),
    accuracy: fc.oneof(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.9, max: 0.92, noNaN: true }),
    ),
    parameters: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    // Of any size.
    flop: fc.double({ min: 3, max: 21, noNaN: true }).map((exponent) => 10 ** exponent),
    published: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(network, { minLength: 1, maxLength: 25 }), async (drawn) => {
      const all = drawn.map(({ published, name, accuracy, parameters, flop }) =>
        published ? theirs(name, accuracy, parameters, flop) : {
          ...ours(name, accuracy, parameters, flop),
          interval: [accuracy, Math.min(1, accuracy + 0.01)] as const,
        }
      );
      assertLegible(await renderSvg(frontierChart("Any", all)));
      assertGreater(nearest(frontierChart("Any", all)), 6);
    }),
    { numRuns: 40 },
  );
});

Deno.test("what cannot be drawn is refused by its name", () => {
  assertThrows(() => frontierChart("None", []), RangeError, "no network to draw");
  assertThrows(() => frontierChart("None", [ours("it", 0.9)]), RangeError, "no network to draw");
  assertThrows(
    () => frontierChart("Zero", [ours("it", 0.9, 0)]),
    RangeError,
    'Chart "Zero": parameters of it must be above 0; got 0.',
  );
  assertThrows(
    () => frontierChart("More", [theirs("it", 1.2, 5)]),
    RangeError,
    "the accuracy of it, 1.2",
  );
});
