/** A gate lists every threshold that is missed, and passes nothing that is stale. */
import { assertEquals } from "@std/assert";
import { marked, missed } from "../../src/stages/gate.ts";

const figure = (
  name: string,
  value: number | null,
  interval: [number, number] | null = null,
  stage = name.split(".")[0],
) => ({ name, stage, value, interval, n: 100, threshold: null, published: null });

const lines = (
  metrics: ReturnType<typeof figure>[],
  thresholds: Record<string, number>,
  stale: string[] = [],
) => missed(marked(metrics, stale), thresholds).map(({ name, why }) => `${name} ${why}`);

Deno.test("every threshold missed is listed, by how much, and whether the interval holds it", () => {
  const metrics = [
    figure("baseline.test.accuracy", 0.9034, [0.8974, 0.909]),
    figure("cv.pooled.accuracy", 0.88, [0.87, 0.89]),
    figure("tune.winner.test.logLoss", 0.31),
    figure("baseline.test.recall.Bag", null),
    figure("tune.winner.test.accuracy", 0.89999, [0.88, 0.91]),
    figure("tune.study.test.accuracy", 0.95),
  ];
  assertEquals(
    lines(metrics, {
      "baseline.test.accuracy": 0.905,
      "cv.pooled.accuracy": 0.9,
      "tune.winner.test.logLoss": 0.3,
      "baseline.test.recall.Bag": 0.5,
      "tune.winner.test.accuracy": 0.9,
      "tune.study.test.accuracy": 0.95,
      "transfer.vgg16.linear.test.accuracy": 0.9,
    }),
    [
      "baseline.test.accuracy is 0.9034 [0.8974, 0.9090], 0.0016 below 0.9050: its interval holds the threshold",
      "cv.pooled.accuracy is 0.8800 [0.8700, 0.8900], 0.0200 below 0.9000: its interval does not hold the threshold",
      "tune.winner.test.logLoss is 0.3100, 0.0100 above 0.3000: it has no interval",
      "baseline.test.recall.Bag is undefined, and must be at least 0.5000",
      "tune.winner.test.accuracy is 0.9000 [0.8800, 0.9100], less than 0.0001 below 0.9000: its interval holds the threshold",
      "transfer.vgg16.linear.test.accuracy is not there, and must be at least 0.9000: no result holds it",
    ],
  );
});

Deno.test("what is stale passes no threshold, and is marked", () => {
  const metrics = [figure("baseline.test.accuracy", 0.92), figure("cv.pooled.accuracy", 0.92)];
  const thresholds = { "baseline.test.accuracy": 0.9, "cv.pooled.accuracy": 0.93 };
  assertEquals(lines(metrics, thresholds, ["baseline", "cv"]), [
    "baseline.test.accuracy is 0.9200, at least 0.9000, but its result is stale",
    "cv.pooled.accuracy is 0.9200, 0.0100 below 0.9300: it has no interval; its result is stale",
  ]);
  assertEquals(marked(metrics, ["cv"]).map(({ stale }) => stale), [false, true]);
  assertEquals(lines(metrics, { "baseline.test.accuracy": 0.9 }, ["cv"]), []);
});

Deno.test("a figure is as stale as the stage that made it, whatever network it is of", () => {
  const metrics = [
    figure("baseline.test.accuracy", 0.92),
    figure("baseline.test.ece", 0.01, null, "errors"),
  ];
  const thresholds = { "baseline.test.accuracy": 0.9, "baseline.test.ece": 0.05 };
  assertEquals(lines(metrics, thresholds, ["errors"]), [
    "baseline.test.ece is 0.0100, at most 0.0500, but its result is stale",
  ]);
  assertEquals(lines(metrics, thresholds, ["baseline"]), [
    "baseline.test.accuracy is 0.9200, at least 0.9000, but its result is stale",
  ]);
});
