/** Every reader against 10,000 damaged inputs each; see `tests/support/readers.ts`. */
import { survives } from "../support/damaged_inputs.ts";
import { allReaders } from "../support/readers.ts";

const folder = await Deno.makeTempDir({ prefix: "atelier-readers-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const cases = Number(Deno.env.get("READER_CASES") ?? 10_000);
for (const reader of await allReaders(folder)) survives(reader, cases, true);
