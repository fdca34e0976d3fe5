/** A job that sleeps, for `queue.ts`. @module */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { json } from "../src/pipeline/artifacts.ts";
import type { SharedStore } from "../src/pipeline/shared.ts";
import { defineJob, defineStage, type Planned } from "../src/pipeline/stage.ts";

/** The project's root. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Sleeps, and writes how long. */
export const job = defineJob({
  name: "sleep",
  declaration: import.meta.url,
  module: import.meta.url,
  parameters: z.strictObject({ number: z.int(), seconds: z.number() }),
  reads: {},
  writes: { slept: json(z.number()) },
});

/** A plan with that job. */
export const plan: Planned[] = [{
  stage: defineStage({
    name: "sleeps",
    about: "Sleeps",
    module: import.meta.url,
    writes: {},
    jobs: { job },
    keyed: () => null,
  }),
  parameters: null,
}];

/** What the jobs compute with. */
export const equipment = { variant: "plain", facts: { backend: "none", version: "0" } };

/** The same store, which says whenever it is asked for something. */
export const counted = (store: SharedStore, asked: () => void): SharedStore => ({
  name: store.name,
  fetch: (...args) => (asked(), store.fetch(...args)),
  keep: (...args) => (asked(), store.keep(...args)),
  fetchJob: (...args) => (asked(), store.fetchJob(...args)),
  keepJob: (...args) => (asked(), store.keepJob(...args)),
});
