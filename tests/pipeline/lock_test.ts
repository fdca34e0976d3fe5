import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { ALIVE, untilNobodyWorks } from "../../src/pipeline/lock.ts";
import { inFolder } from "../support/data_files.ts";

Deno.test("a run waits until the processes of a killed one have ended", () =>
  inFolder(async (folder) => {
    await untilNobodyWorks(folder, () => {});
    const [first, second] = [1, 2].map(() => Deno.openSync(join(folder, ALIVE)));
    await first.lock(false);
    await second.lock(false);
    let waited = true;
    const waiting = untilNobodyWorks(folder, () => {}).then(() => waited = false);
    first.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertEquals(waited, true);
    second.close();
    await waiting;
    assertEquals(waited, false);
  }));

Deno.test("waiting for the processes of a killed run ends when the run is told to", () =>
  inFolder(async (folder) => {
    await untilNobodyWorks(folder, () => {});
    using held = await Deno.open(join(folder, ALIVE));
    await held.lock(false);
    const aborter = new AbortController();
    const waiting = untilNobodyWorks(folder, () => {}, aborter.signal);
    aborter.abort(new Error("that is enough"));
    await assertRejects(() => waiting, Error, "that is enough");
  }));
