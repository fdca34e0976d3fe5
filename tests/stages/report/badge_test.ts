import { assertEquals } from "@std/assert";
import { badgeOf } from "../../../src/stages/report/badge.ts";
import type { Network } from "../../../src/stages/network.ts";
import { study } from "../../../study.ts";
import { study as garments } from "../../../studies/garments/study.ts";

const score = (name: string, value: number | null) => ({ name, value, interval: null, n: 4 });
const network: Network = {
  id: "baseline",
  title: "LeNet-5",
  validation: { name: "", value: 0.75, interval: null, n: 4 },
  test: { name: "", value: 0.5, interval: [0.25, 0.75], n: 4 },
  final: true,
};
const { title, data, classes } = study;
const basics = { title, data, classes, thresholds: {} };
const metrics = [score("baseline.test.accuracy", 0.5), score("baseline.test.logLoss", 0.3)];

Deno.test("a badge tells the best network's test accuracy and that all thresholds are met", () => {
  const thresholds = { "baseline.test.accuracy": 0.5, "baseline.test.logLoss": 0.3 };
  assertEquals(badgeOf({ ...basics, thresholds }, [network], metrics), {
    label: "test accuracy",
    message: "0.5000, 2 thresholds met",
    state: "good",
    title: "Test accuracy of LeNet-5: 0.5000 [0.2500, 0.7500]; 2 thresholds met.",
  });
});

Deno.test("a badge tells how many thresholds are missed: by a figure, or because there is none", () => {
  const thresholds = {
    "baseline.test.accuracy": 0.4,
    "baseline.test.logLoss": 0.2,
    "baseline.test.recall.Bag": 0.1,
    "cv.pooled.accuracy": 0.1,
  };
  const all = [...metrics, score("baseline.test.recall.Bag", null)];
  const { message, state } = badgeOf({ ...basics, thresholds }, [network], all);
  assertEquals([message, state], ["0.5000, 3 of 4 thresholds missed", "bad"]);
});

Deno.test("without thresholds, test images or networks a badge says so", () => {
  const untested = { ...network, test: undefined };
  assertEquals(
    [[network], [untested], []].map((networks) => {
      const { label, message, state } = badgeOf(basics, networks, metrics);
      return [label, message, state];
    }),
    [
      ["test accuracy", "0.5000, no thresholds", "neutral"],
      ["validation accuracy", "0.7500, no thresholds", "neutral"],
      ["accuracy", "none, no thresholds", "neutral"],
    ],
  );
});

Deno.test("a badge of drawn images says that they are, and is never green", () => {
  const { title, data, classes, thresholds } = garments;
  const { message, state, title: told } = badgeOf(
    { title, data, classes, thresholds },
    [network],
    metrics,
  );
  assertEquals([message, state], ["0.5000, synthetic data", "neutral"]);
  assertEquals(
    told,
    "Test accuracy of LeNet-5: 0.5000 [0.2500, 0.7500]. The images are drawn by a program: no result on real images.",
  );
});
