/** What results were made with, for people. @module */
import { z } from "zod";
import type { Manifest } from "../pipeline/manifest.ts";
import { counted } from "../report/markdown.ts";

/** What engines say of themselves; see `EngineDescription`. */
const facts = z.object({
  engine: z.string(),
  backend: z.string(),
  version: z.string(),
  threads: z.number(),
});

/** What computes, and its version. */
export type Backend = Pick<z.infer<typeof facts>, "backend" | "version">;

/** What the jobs of a stage ran on, each once: `{ backend: "tensorflow", version: "2.21.0" }`. */
export function backendsOf({ provenance: { jobs } }: Manifest): Backend[] {
  const found = new Map<string, Backend>();
  for (const job of Object.values(jobs)) {
    const { data } = facts.safeParse(job.facts);
    if (data) found.set(`${data.backend} ${data.version}`, data);
  }
  return [...found.values()];
}

/** A line for each way in which a stage's jobs were computed: `graph engine, tensorflow 2.21.0, 1 thread`. */
export const madeWith = ({ provenance: { jobs } }: Manifest): string[] => [
  ...new Set(
    Object.values(jobs).flatMap((job) => {
      const found = facts.safeParse(job.facts);
      if (!found.success) return [];
      const { engine, backend, version, threads } = found.data;
      return `${engine} engine, ${backend} ${version}, ${counted(threads, "thread")}`;
    }),
  ),
];
