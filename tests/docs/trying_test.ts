/** The transcripts in `docs/trying.md` are what the commands print, one after another, and the results stay. */
import { assert, assertEquals } from "@std/assert";
import { isReady } from "../../src/runtime/choice.ts";
import { type Copy, replacing, withCopy } from "../support/copy.ts";
import { snapshot } from "../support/snapshot.ts";

/** What is small enough for a page: one network, a few drawn garments. */
const small = `
export const study: Study = {
  title: whole.title,
  classes: whole.classes,
  prepare: whole.prepare,
  data: { name: "Drawn garments", format: "synthetic", seed: 7, train: 400, test: 200 },
  baseline: { ...whole.baseline, epochs: 2 },
  thresholds: {},
};
`;

/** Times, days and sizes are others every time; how far a job is, is told by the tenth. */
const alike = (text: string) =>
  text.replaceAll(/^ {2}\w+: \d+%.*\n/gm, "")
    .replaceAll(/\d+ min \d\d s|\d+(\.\d+)? (s|ms)\b/g, "1 s")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, "2026-01-01 00:00")
    .replaceAll(/\d+(\.\d+)? ([kM]?B)\b/g, "1 MB")
    .replaceAll(/\s+/g, " ");

/** The results that are committed, and the reports. */
const results = async (copy: Copy) =>
  [...await snapshot(copy.path("."))].filter(([path]) => /^(results|report)/.test(path));

Deno.test({
  name: "the page on trying shows what the commands print, and the results stay as they are",
  // Elsewhere accuracies may differ in their last digits.
  ignore: !await isReady("tensorflow"),
  fn: () =>
    withCopy(async (copy) => {
      const page = await Deno.readTextFile(new URL("../../docs/trying.md", import.meta.url));
      await copy.write(
        "study.ts",
        (text) => replacing("export const study: Study =", "const whole: Study =")(text) + small,
      );
      const task = (...args: string[]) => copy.deno("task", "--quiet", ...args);
      const first = await task("baseline");
      assertEquals([first.code, first.stderr], [0, ""]);
      const before = await results(copy);
      assert(before.length > 10);
      const transcripts = [...page.matchAll(/^\$ deno task (.*)\n([^]*?)^```/gm)];
      assertEquals(transcripts.length, 6);
      for (const [, command, shown] of transcripts) {
        const { code, stdout, stderr } = await task(...command.split(" "));
        // What the page leaves out is `...`.
        const pieces = alike(shown).split(" ... ");
        const said = alike(stdout + stderr);
        let at = 0;
        for (const piece of pieces) {
          const found = said.indexOf(piece, at);
          assert(found >= 0, `${command}: ${piece} is not in\n${said}`);
          at = found + piece.length;
        }
        assert(pieces.length > 1 || said === alike(shown), `${command}: ${said}`);
        assertEquals(code, /^diff/.test(command) ? 3 : /^error/.test(shown) ? 2 : 0, command);
        assertEquals(await results(copy), before, command);
      }
    }),
});
