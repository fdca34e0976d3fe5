/** Where a store keeps its bytes: what of a folder or a bucket the store needs, and nothing more. @module */

/** Bytes by name, such as `files/<digest>`; which names there are is the store's business. */
export interface Place {
  /** Its address, for messages, without anything secret. */
  readonly name: string;
  /**
   * The bytes under a name, part after part; undefined where there are none.
   *
   * @throws {Unreachable} where it cannot be reached, also while the bytes come
   * @throws {Error} where it may not be read
   */
  read(name: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Puts bytes under a name, whole or not at all, where there are none yet.
   *
   * @param content gives the bytes, each time that it is called
   * @param replace whether they take the place of what is there; that stays if omitted
   * @returns whether they are there now, and not what was there before
   * @throws {Error} where it cannot be reached, or may not be written
   */
  put(name: string, content: () => AsyncIterable<Uint8Array>, replace?: boolean): Promise<boolean>;
  /** All whose names begin so, in any order. */
  list(prefix: string): AsyncIterable<Entry>;
  /** Takes the bytes under a name away, where there are any. */
  remove(name: string): Promise<void>;
}

/** What a place has under a name. */
export interface Entry {
  readonly name: string;
  /** How many they are. */
  readonly bytes: number;
  /** When they were put there. */
  readonly put: Date;
}

/** How long a store is waited for. */
export interface Patience {
  /** For how long one that cannot be reached is asked again, in milliseconds. */
  readonly total: number;
  /** Longest wait for the next bytes, in milliseconds. */
  readonly silence: number;
  /** Ends all waiting. */
  readonly signal?: AbortSignal;
}

/** See `Patience`. */
export const PATIENCE: Patience = { total: 30_000, silence: 15_000 };

/** A store did not answer, or not as one that works: a moment later it may. */
export class Unreachable extends Error {
  override name = "Unreachable";
}

/** So often at least it is asked, also where a single try takes longer than the patience lasts. */
const LEAST = 3;

/** The longest wait between two tries, in milliseconds. */
const LONGEST = 5000;

/**
 * What `attempt` returns, tried again with growing waits while the store cannot be reached.
 *
 * @param store its name
 * @throws {Error} that names the store and says why, where it could not be reached for too long
 * @throws what else `attempt` throws, at once
 */
export async function persistently<T>(
  store: string,
  { total, signal }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  for (let tries = 1;; tries++) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      const gone = performance.now() - began;
      // Not all who wait come back at once.
      const wait = Math.min(100 * 2 ** tries, LONGEST) * (0.5 + Math.random() / 2);
      if (gone + wait > total && tries >= LEAST) {
        throw new Error(
          `The store ${store} cannot be used: ${error.message}. It was asked ${tries} times in ` +
            `${Math.round(gone / 1000)} s; run again when it works, or without it.`,
          { cause: error },
        );
      }
      await sleep(wait, signal);
    }
  }
}

/** Waits; a signal ends it early. */
function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", end);
  });
}
