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

/** What each job of a stage says of its engine; nothing of those that used none. */
const described = ({ provenance: { jobs } }: Manifest) =>
  Object.values(jobs).flatMap((job) => facts.safeParse(job.facts).data ?? []);

/** What the jobs of a stage ran on, each once: `{ backend: "tensorflow", version: "2.21.0" }`. */
export const backendsOf = (manifest: Manifest): Backend[] => [
  ...new Map(
    described(manifest).map((found) => [`${found.backend} ${found.version}`, found]),
  ).values(),
];

/** A line for each way in which a stage's jobs were computed: `graph engine, tensorflow 2.21.0, 1 thread`. */
export const madeWith = (manifest: Manifest): string[] => [
  ...new Set(
    described(manifest).map(({ engine, backend, version, threads }) =>
      `${engine} engine, ${backend} ${version}, ${counted(threads, "thread")}`
    ),
  ),
];
