import { assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { digest, type Json } from "../../src/files/digest.ts";
import {
  formatManifest,
  keyOf,
  type Manifest,
  parseManifest,
} from "../../src/pipeline/manifest.ts";

const hash = (digit: string) => digit.repeat(64);
const ingredients = {
  stage: "sums",
  parameters: { b: 1, a: [1, 2] },
  code: { "src/a.ts": hash("a"), "src/b.ts": hash("b") },
  packages: { zod: "4.6.7" },
  inputs: { "numbers/numbers.json": hash("c") },
};
const manifest: Manifest = {
  key: keyOf(ingredients),
  ingredients,
  outputs: { "sums.json": { file: "sums-d.json", sha256: hash("d"), bytes: 4, kind: "committed" } },
  provenance: {
    finishedAt: "2026-01-01T00:00:00.000Z",
    seconds: 1.5,
    revision: null,
    deno: "2.9.6",
    platform: "linux x86_64",
    processor: "unknown",
    cores: 2,
    memoryGiB: 24,
    jobs: [{ label: "one", seconds: 1, facts: { threads: 1 } }],
  },
};

/** The text with something changed and the seal made anew, as a forger would. */
function resealed(change: (content: Record<string, unknown>) => void): string {
  const { seal: _, ...content } = JSON.parse(formatManifest(manifest));
  change(content);
  return JSON.stringify({ ...content, seal: digest(content as Json) });
}

Deno.test("a manifest is read back as it was written", () => {
  assertEquals(parseManifest(formatManifest(manifest), "sums"), manifest);
});

Deno.test("any edit of a manifest shows", () => {
  const text = formatManifest(manifest);
  for (const [from, to] of [['"seconds": 1.5', '"seconds": 1.4'], ["2026-01-01", "2026-01-02"]]) {
    const edited = text.replace(from, to);
    assertNotEquals(edited, text);
    assertThrows(() => parseManifest(edited, "sums"), Error, "has been edited");
  }
  assertThrows(() => parseManifest(text, "means"), Error, "belongs to stage sums");
});

Deno.test("a manifest reaches no file outside its place", () => {
  for (const file of ["../sums.json", "a/../../sums.json", "/sums.json", "a\\b", ""]) {
    const text = resealed((content) => {
      (content.outputs as Record<string, { file: string }>)["sums.json"].file = file;
    });
    const error = assertThrows(() => parseManifest(text, "sums"), Error);
    assertStringIncludes(error.message, "sums.json");
  }
});

Deno.test("the key depends on what is computed, not on where files lie or in which order", () => {
  const moved = {
    ...ingredients,
    parameters: { a: [1, 2], b: 1 },
    code: { "src/z.ts": hash("b"), "src/a.ts": hash("a") },
  };
  assertEquals(keyOf(moved), keyOf(ingredients));
  for (
    const other of [
      { ...ingredients, stage: "means" },
      { ...ingredients, parameters: { b: 1, a: [2, 1] } },
      { ...ingredients, code: { "src/a.ts": hash("a"), "src/b.ts": hash("c") } },
      { ...ingredients, packages: { zod: "4.6.8" } },
      { ...ingredients, inputs: { "numbers/numbers.json": hash("d") } },
    ]
  ) assertNotEquals(keyOf(other), keyOf(ingredients));
});
