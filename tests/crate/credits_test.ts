import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { checkCredits } from "../../src/crate/credits.ts";
import { dataFiles } from "../../src/data/description.ts";
import { credits, study, transfer } from "../../study.ts";

Deno.test("every file of other people's that the study reads is credited, and nothing else is", () => {
  const read = [
    ...dataFiles(study.data).map(({ file }) => file),
    ...transfer.bases.map(({ weights }) => weights.name),
  ];
  assertEquals(checkCredits(credits).flatMap(({ files }) => files).sort(), read.sort());
});

Deno.test("credits with faults are refused with their places", () => {
  const [first] = credits;
  const refused = (value: unknown) => assertThrows(() => checkCredits(value), Error).message;
  assertMatch(
    refused([{ ...first, licence: "MIT License" }]),
    /credits\.0\.licence: expected the SPDX/,
  );
  assertMatch(refused([{ ...first, license: "MIT" }]), /credits\.0: .*did you mean licence\?/);
  assertMatch(refused([first, { ...first, files: [] }]), /credits\.1\.files: /);
  assertMatch(refused(undefined), /credits/);
});
