/** A store in a folder, as tests and benches use it: anybody's jobs are believed. @module */
import { openStore } from "../../src/machines/open.ts";
import type { OpenStore } from "../../src/machines/store.ts";

/** Opens the store of an address, `file:///folder`. */
export const folderStore = (address: string): Promise<OpenStore> =>
  openStore(address, { variable: () => undefined, trusts: undefined, tell() {} });
