/** A manifest, for tests. @module */
import { keyOf, type Manifest } from "../../src/pipeline/manifest.ts";

/** A digest of one digit. */
export const hash = (digit: string) => digit.repeat(64);
/** What the manifest says that its stage was made of. */
export const ingredients = {
  stage: "sums",
  parameters: { b: 1, a: [1, 2] },
  forms: { "sums.json": "made" },
  code: { "src/run.ts": { "src/a.ts": hash("a"), "src/b.ts": hash("b") } },
  packages: { zod: "4.6.7" },
  inputs: { "numbers/numbers.json": hash("c") },
  computed: {
    variant: "fast",
    code: { "src/fast.ts": { "src/fast.ts": hash("e") } },
    packages: {},
    compiled: hash("f"),
  },
};
/** A manifest of a stage with one job. */
export const manifest: Omit<Manifest, "format"> = {
  key: keyOf(ingredients),
  ingredients,
  compilers: { "src/compile.ts": { "src/compile.ts": hash("1") } },
  texts: { "src/run.ts": hash("2") },
  outputs: { "sums.json": { file: "sums-d.json", sha256: hash("d"), bytes: 4, kind: "committed" } },
  lacking: [{ kind: "notes", name: "note.txt" }],
  provenance: {
    finishedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1.5,
    revision: null,
    deno: "2.9.6",
    platform: "linux x86_64",
    processor: "unknown",
    cores: 2,
    memoryGiB: 24,
    jobs: { one: { label: "the first", key: hash("3"), seconds: 1, facts: { threads: 1 } } },
  },
};
