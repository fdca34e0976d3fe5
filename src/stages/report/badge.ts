/** What the badge of a study says: how good its best network is, and whether its thresholds are met. @module */
import { meets, type Score } from "../../evaluation/metrics.ts";
import type { Badge } from "../../report/badge.ts";
import { counted, decimal, sentence, withInterval } from "../../report/markdown.ts";
import { nameOf, type Network, testOf } from "../network.ts";
import type { Basics } from "../study.ts";

/**
 * The badge of a study. A report is written from results that are up to date, so that what it says is true
 * of the code and the results that it is committed with.
 *
 * @param networks The best first.
 * @param metrics Of all stages.
 */
export function badgeOf(
  { data, thresholds }: Basics,
  networks: readonly Network[],
  metrics: readonly Score[],
): Badge {
  const [best] = networks;
  const test = best && testOf(best);
  const shown = test ?? best?.validation;
  const part = test ? "test" : "validation";
  const accuracy = shown
    ? `${sentence(part)} accuracy of ${nameOf(best.id)}: ${
      withInterval(shown.value, shown.interval)
    }`
    : "No network has been trained";
  const label = shown ? `${part} accuracy` : "accuracy";
  const value = shown ? decimal(shown.value) : "none";
  if (data.format === "synthetic") {
    return {
      label,
      message: `${value}, synthetic data`,
      state: "neutral",
      title: `${accuracy}. The images are drawn by a program: no result on real images.`,
    };
  }
  const asked = Object.entries(thresholds);
  const met =
    asked.filter(([name, threshold]) =>
      meets(name, metrics.find((metric) => metric.name === name)?.value ?? null, threshold)
    ).length;
  const all = counted(asked.length, "threshold");
  const [words, state] = asked.length === 0
    ? ["no thresholds", "neutral"] as const
    : met === asked.length
    ? [`${all} met`, "good"] as const
    : [`${asked.length - met} of ${all} missed`, "bad"] as const;
  return { label, message: `${value}, ${words}`, state, title: `${accuracy}; ${words}.` };
}
