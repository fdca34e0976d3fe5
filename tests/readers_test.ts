/** Every reader against some damaged inputs; `tests/long/readers_test.ts` has thousands. */
import { survives } from "./support/damaged_inputs.ts";
import { allReaders } from "./support/readers.ts";

const folder = await Deno.makeTempDir({ prefix: "atelier-readers-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

for (const reader of await allReaders(folder)) survives(reader, 100);
