/** The reader of weight files (HDF5) against 10,000 damaged ones, and one that is refused 1,000 times. */
import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";

Deno.test("HDF5: a damaged weight file is refused in a sentence, or read; one that has no end is refused in time", async () => {
  const attack = fileURLToPath(new URL("../support/hdf5_attack.ts", import.meta.url));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      "--allow-read",
      attack,
      Deno.env.get("READER_CASES") ?? "10000",
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  assert(success);
});
