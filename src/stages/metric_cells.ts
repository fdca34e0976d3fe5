/** How tables show a metric: its name, and whether it passes its threshold. @module */
import { boundOf, isLoss, meets } from "../evaluation/metrics.ts";
import { decimal, NONE, plain } from "../report/markdown.ts";

/** The name as Markdown: as code, unless the class in it is called something that code cannot show. */
export const nameCell = (name: string): string =>
  /[`|\\\r\n]/.test(name) ? plain(name).replaceAll(/\s*[\r\n]+\s*/g, " ") : `\`${name}\``;

/** `at least 0.9000`, or `**below** 0.9000`; of what is undefined `**not** at least 0.9000`. */
export function thresholdCell(
  name: string,
  value: number | null,
  threshold: number | null,
): string {
  if (threshold === null) return NONE;
  const bound = boundOf(name);
  const said = meets(name, value, threshold)
    ? bound
    : value === null
    ? `**not** ${bound}`
    : isLoss(name)
    ? "**above**"
    : "**below**";
  return `${said} ${decimal(threshold)}`;
}
