/** Compares the predictions of three models for the same 500 images. @module */
import {
  accuracyMetric,
  classReport,
  confusionMatrix,
  difference,
  holm,
  mcnemar,
} from "@atelier/atelier/evaluation";

// True classes of 0 to 3, and models that take the next class for some of them.
const labels = Array.from({ length: 500 }, (_, i) => i % 4);
const wrongWhere = (wrong: (i: number) => boolean) =>
  labels.map((label, i) => wrong(i) ? (label + 1) % 4 : label);
const models = {
  first: wrongWhere((i) => i * i % 101 < 10),
  second: wrongWhere((i) => i * i % 101 < 20),
  third: wrongWhere((i) => i % 11 === 0),
};

const published = { value: 0.88, n: 1000 }; // somebody's accuracy on other images
for (const [name, predicted] of Object.entries(models)) {
  const { value, interval } = accuracyMetric(`${name}.accuracy`, predicted, labels);
  const { macro } = classReport(confusionMatrix(labels, predicted, 4));
  console.log(name, value, "95% interval:", interval, "macro F1:", macro.f1.toFixed(3));
  console.log("  more than published:", difference({ value, n: labels.length }, published));
}

// Both are right or wrong together on most images; McNemar's test looks at the others.
const pairs = [["first", "second"], ["first", "third"], ["second", "third"]] as const;
const tests = pairs.map(([a, b]) => mcnemar(labels, models[a], models[b]));
// Three tests at once: Holm's correction keeps the chance of one false alarm at 5%.
const adjusted = holm(tests.map(({ p }) => p));
pairs.forEach(([a, b], i) => {
  const { onlyFirst, onlySecond, p } = tests[i];
  console.log(`${a}: ${onlyFirst} that ${b} misses, ${b}: ${onlySecond} that ${a} misses`);
  console.log(`  p = ${p.toPrecision(2)}, ${adjusted[i].toPrecision(2)} after Holm`);
});
