/** What machines share: files by digest, and finished jobs by key. See `src/machines/`, where it lies. @module */
import type { StoredFile } from "./stage.ts";

/** A store that machines share. Asked for what it does not have, it says so; what it has is verified. */
export interface SharedStore {
  /** Its address, for messages, without anything secret. */
  readonly name: string;
  /**
   * Writes the file of a digest (SHA-256 or MD5, in hexadecimal digits) to `path`, whole or not at all.
   *
   * @returns whether the store has it
   * @throws {Error} where the store cannot be reached, or gives other bytes
   */
  fetch(digest: string, path: string): Promise<boolean>;
  /**
   * Keeps a file, unless the store has it.
   *
   * @param digest what it is kept under; its SHA-256 if omitted
   * @throws {Error} where the store cannot be reached, or may not be written
   */
  keep(file: StoredFile, digest?: string): Promise<void>;
  /**
   * Writes what a finished job left, its record included, to `folder`, which is empty.
   *
   * @returns whether the store has it, from somebody who is trusted
   * @throws {Error} as `fetch`
   */
  fetchJob(key: string, folder: string): Promise<boolean>;
  /**
   * Keeps what a finished job left, unless the store has it.
   *
   * @param folder as `finished.ts` keeps it: its files and its record
   * @throws {Error} as `keep`
   */
  keepJob(key: string, folder: string): Promise<void>;
}
