/** A stage that reads what another one has written. @module */
import { type ContextOf, defineStage, published, text } from "@atelier/atelier/pipeline";
import { primes } from "./primes.ts";

/** Shows the counts. */
export const page = defineStage({
  name: "page",
  about: "Writes the page",
  module: import.meta.url,
  reads: { counts: primes.writes.counts },
  writes: { page: published("page.md", text(".md")) },
  keyed: (parameters: { title: string }) => parameters,
});

/** Writes `page.md`. */
export async function run({ parameters, inputs, outputs }: ContextOf<typeof page>): Promise<void> {
  const rows = (await inputs.counts.read()).map(({ limit, count }) => `- below ${limit}: ${count}`);
  await outputs.page.write(`# ${parameters.title}\n\n${rows.join("\n")}\n`);
}
