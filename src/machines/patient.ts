/** A shared store that is asked again where it fails for a while. @module */
import { removeIfThere } from "../files/whole.ts";
import type { SharedStore } from "../pipeline/shared.ts";

/** How long it is waited before it is asked again, in milliseconds: half a minute in all. */
const PAUSES = [500, 1000, 2000, 4000, 8000, 16_000];

/**
 * The same store, each request of which is made again where it fails, six times within about half a
 * minute; then the last error counts.
 *
 * @param pauses between two requests, in milliseconds
 */
export function patient(store: SharedStore, pauses: readonly number[] = PAUSES): SharedStore {
  const persist = async <T>(request: () => Promise<T>): Promise<T> => {
    for (const pause of pauses) {
      try {
        return await request();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    return await request();
  };
  return {
    name: store.name,
    fetch: (digest, path) => persist(() => store.fetch(digest, path)),
    keep: (file, digest) => persist(() => store.keep(file, digest)),
    fetchJob: (key, folder) =>
      persist(async () => {
        try {
          return await store.fetchJob(key, folder);
        } catch (error) {
          // What came of it before it failed must not stand beside what comes of it next.
          for await (const { name } of Deno.readDir(folder)) {
            await removeIfThere(`${folder}/${name}`);
          }
          throw error;
        }
      }),
    keepJob: (key, folder) => persist(() => store.keepJob(key, folder)),
  };
}
