/** `docs/many-machines.md` shows what tasks print of a shared store. */
import { assert, assertEquals } from "@std/assert";
import { isReady } from "../../src/runtime/choice.ts";
import { withCopy } from "../support/copy.ts";
import { inFolder } from "../support/stores.ts";
import { STUDY, task } from "../support/small_study.ts";

const page = await Deno.readTextFile(new URL("../../docs/many-machines.md", import.meta.url));

/** What a task prints, with the address of the page, and no figures that differ from machine to machine. */
const shown = (text: string, address: string) =>
  text.replaceAll(address, "file:///shared/atelier")
    .replaceAll(/\b[\d.]+ [kM]?B\b/g, "N kB").split("\n").filter((line) =>
      !/^ +(Push|Pull)ing/.test(line)
    );

Deno.test({
  name: "the page on many machines shows what is printed of a store in a folder",
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    withCopy((copy) =>
      inFolder(async (folder) => {
        await copy.write("studies/small/study.ts", STUDY);
        const address = `file://${folder}`;
        const said = (...args: string[]) => task(copy, { ATELIER_STORE: address }, ...args);
        const transcript = (command: string) => {
          const [, text] = page.split(`$ deno task ${command}\n`);
          assert(text, command);
          return shown(text.split("```")[0], address).filter(Boolean);
        };
        const refused = await said("all", "--no-train");
        assertEquals(refused.code, 1, refused.stderr);
        assertEquals(
          shown(refused.stderr, address).filter(Boolean),
          transcript("all --store=file:///shared/atelier --no-train"),
        );
        const made = await task(copy, {}, "baseline");
        assertEquals([made.code, made.stderr], [0, ""]);
        const pushed = await said("push");
        assertEquals([pushed.code, pushed.stderr], [0, ""]);
        assertEquals(
          shown(pushed.stdout, address).filter(Boolean),
          transcript("push --store=file:///shared/atelier"),
        );
      })
    ),
});
