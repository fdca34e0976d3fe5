/** The store of an address. @module */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256File } from "../files/digest.ts";
import { makeFolder, wholeDirectory, writeWhole } from "../files/whole.ts";
import type { SharedStore } from "../pipeline/shared.ts";

/**
 * Opens the store of an address.
 *
 * @param address `file:///folder`
 * @throws {Error} where it is no such address
 */
export async function openStore(address: string): Promise<SharedStore> {
  if (!address.startsWith("file:///")) {
    throw new Error(`${address} is no address of a store: file:///folder.`);
  }
  const folder = fileURLToPath(address);
  const [files, jobs] = [join(folder, "files"), join(folder, "jobs")];
  await makeFolder(files);
  await makeFolder(jobs);
  const isThere = (path: string) =>
    Deno.stat(path).then(() => true, (error) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    });
  return {
    name: address,
    async fetch(digest, path) {
      if (!await isThere(join(files, digest))) return false;
      await writeWhole(path, await Deno.readFile(join(files, digest)));
      if (await sha256File(path) !== digest) throw new Error(`${address} gives other bytes.`);
      return true;
    },
    async keep(file, digest = file.sha256) {
      const path = join(files, digest);
      if (!await isThere(path)) await writeWhole(path, await Deno.readFile(file.path));
    },
    async fetchJob(key, into) {
      const from = join(jobs, key);
      if (!await isThere(from)) return false;
      for await (const { name } of Deno.readDir(from)) {
        await Deno.copyFile(join(from, name), join(into, name));
      }
      return true;
    },
    async keepJob(key, from) {
      if (await isThere(join(jobs, key))) return;
      await wholeDirectory(join(jobs, key), async (temporary) => {
        for await (const { name } of Deno.readDir(from)) {
          await Deno.copyFile(join(from, name), join(temporary, name));
        }
      });
    },
  };
}
