/** What results were made with, for people. @module */
import { z } from "zod";
import type { Manifest } from "../pipeline/manifest.ts";
import { count } from "../report/markdown.ts";

/** What engines say of themselves; see `EngineDescription`. */
const facts = z.object({
  engine: z.string(),
  backend: z.string(),
  version: z.string(),
  threads: z.number(),
});

/** A line for each way in which a stage's jobs were computed: `graph engine, tensorflow 2.21.0, 1 thread`. */
export const madeWith = ({ provenance: { jobs } }: Manifest): string[] => [
  ...new Set(
    Object.values(jobs).flatMap((job) => {
      const found = facts.safeParse(job.facts);
      if (!found.success) return [];
      const { engine, backend, version, threads } = found.data;
      return `${engine} engine, ${backend} ${version}, ${count(threads)} ${
        threads === 1 ? "thread" : "threads"
      }`;
    }),
  ),
];
