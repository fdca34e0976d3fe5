/** A store in a folder, as tests and benches use it: anybody's jobs are believed. @module */
import { fileURLToPath } from "node:url";
import { openStore } from "../../src/machines/open.ts";
import type { OpenStore } from "../../src/machines/store.ts";

/** Opens the store of an address, `file:///folder`, whose folder is made if need be. */
export async function folderStore(address: string): Promise<OpenStore> {
  await Deno.mkdir(fileURLToPath(address), { recursive: true });
  return await openStore(address, { variable: () => undefined, trusts: undefined, tell() {} });
}
