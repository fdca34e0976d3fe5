/** What the page says of jobs that ran on several machines. */
import { assertEquals } from "@std/assert";
import type { Manifest } from "../../../src/pipeline/manifest.ts";
import { provenancePart } from "../../../src/stages/report/provenance.ts";
import { mini } from "../../support/mini.ts";
import { manifest } from "../../support/manifest.ts";

/** A stage whose jobs ran on processors of these families; on this machine, where one is omitted. */
function ranOn(...families: readonly (string | undefined)[]): Manifest {
  const jobs = families.map((processor, i) => [
    `job${i}`,
    {
      ...manifest.provenance.jobs.one,
      facts: processor === undefined ? {} : { machine: { host: `host${i}`, processor } },
    },
  ]);
  const provenance = { ...manifest.provenance, jobs: Object.fromEntries(jobs) };
  return { ...manifest, format: 2, provenance };
}

/** The paragraphs that name families of processors. */
const mixed = (...manifests: readonly Manifest[]) =>
  provenancePart(mini.data, manifests, "").filter((part) => part.includes("families"));

Deno.test("the page says where jobs of one stage ran on several families of processors", () => {
  assertEquals(mixed(ranOn("a", "b", "a"), ranOn("c")), [
    "The jobs of one stage ran on several families of processors, whose last bits may differ: " +
    "sums (a; b).",
  ]);
});

Deno.test("it says nothing of it where they are the same, or were not recorded", () => {
  assertEquals(mixed(ranOn("a", "a"), ranOn("b"), ranOn(undefined, undefined), ranOn()), []);
});
