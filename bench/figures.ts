/** How measured figures are written into `RESULTS.md` and `STAGES.md`. @module */
import os from "node:os";

/** Minimum, median and maximum. */
export function spread(values: readonly number[]): readonly [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  return [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted[sorted.length - 1]];
}

/** `**median** (minimum - maximum)`. */
export function show(values: readonly number[], format: (value: number) => string): string {
  const [min, median, max] = spread(values).map(format);
  return `**${median}** (${min} - ${max})`;
}

/** A Markdown table of texts, all columns but the first aligned right. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map((_, i) => i === 0 ? "---" : "---:"), ...rows]
    .map((row) => `| ${row.join(" | ")} |`).join("\n");

/** This machine: processor, cores, memory, system. */
export function machine(): string {
  const cpus = os.cpus();
  const gigabytes = Math.round(os.totalmem() / 2 ** 30);
  return `${cpus[0].model.trim()}, ${cpus.length} cores, ${gigabytes} GiB, ${Deno.build.os}`;
}
