import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { dataFolder, rememberData, rememberedData } from "../../src/data/places.ts";
import { locator } from "../../src/files/locate.ts";
import { inFolder } from "../support/data_files.ts";

const bytes = new TextEncoder().encode("digits");

Deno.test("data are found where a variable says, in a folder of their name there, beside the study, or where they lay", () =>
  inFolder(async (folder) => {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const file = { kind: "data", name: "digits.bin", digest: hash.toHex(), addresses: [] };
    const [home, shown] = [join(folder, "study"), join(folder, "elsewhere")];
    const named = { ATELIER_DATA_DIR: join(folder, "all"), OLD_DIR: join(folder, "old") };
    const { find, isThere } = locator({
      data: dataFolder({ name: "MNIST 10k" }, {
        cache: join(folder, "cache"),
        home,
        named,
        remembered: shown,
      }),
    });
    // From the last place to the first: each goes before those that have it already.
    const places = [
      join(folder, "cache", "data", "mnist-10k"),
      shown,
      join(home, "data"),
      named.OLD_DIR,
      join(named.OLD_DIR, "mnist-10k"),
      named.ATELIER_DATA_DIR,
      join(named.ATELIER_DATA_DIR, "mnist-10k"),
    ];
    assertEquals(await isThere(file), false);
    for (const place of places) {
      await Deno.mkdir(place, { recursive: true });
      await Deno.writeFile(join(place, file.name), bytes);
      assertEquals(await find(file, () => {}), join(place, file.name));
      assertEquals(await isThere(file), true);
    }
  }));

Deno.test("where data lay is remembered, and forgotten where the memory cannot be read", () =>
  inFolder(async (folder) => {
    assertEquals(await rememberedData(folder), undefined);
    await rememberData(folder, "/somewhere else");
    assertEquals(await rememberedData(folder), "/somewhere else");
    for (const text of ["", "[]", '{"folder": 3}', '{"folder": "a", "more": 1}']) {
      await Deno.writeTextFile(join(folder, ".cache", "data.json"), text);
      assertEquals(await rememberedData(folder), undefined, text);
    }
  }));
