/**
 * A store that machines share: files under their digests, and finished jobs under their keys, of which
 * the record comes last. What comes out of it is believed for its digest and its signature alone.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { hashLike, hashName } from "../files/digest.ts";
import { parseJson } from "../files/json.ts";
import { readPlainText } from "../files/plain.ts";
import { writeWhole } from "../files/whole.ts";
import { readRecord, RECORD } from "../pipeline/finished.ts";
import type { SharedStore } from "../pipeline/shared.ts";
import { bytesOf } from "./folder.ts";
import { PATIENCE, type Patience, persistently, type Place } from "./place.ts";
import { isKey, isSigned, type Signer } from "./signatures.ts";

/** Who is believed, and how a store is asked. */
export interface StoreOptions {
  /** Public keys of those whose finished jobs are believed; anybody's if omitted or empty. */
  readonly trusted?: readonly string[];
  /** Signs what is kept; it is kept without a signature if omitted. */
  readonly signer?: Signer;
  /** Told, a sentence at a time, what is not believed, and where anybody is. */
  readonly tell?: (sentence: string) => void;
  /** See `PATIENCE`. */
  readonly patience?: Patience;
  /** More bytes than a file has: a server must not fill a disk with what never ends. 32 GiB if omitted. */
  readonly longest?: number;
}

/** What has gone over the line. */
export interface Traffic {
  files: number;
  bytes: number;
}

/** A store, and what has come from it and gone to it since it was opened. */
export interface OpenStore extends SharedStore {
  readonly place: Place;
  readonly fetched: Readonly<Traffic>;
  readonly kept: Readonly<Traffic>;
}

/** What lies under a job's key. */
const entry = z.strictObject({
  /** The text of its record. */
  job: z.string(),
  /** Public key of whoever kept it; null where nobody signed. */
  by: z.string().refine(isKey).nullable(),
  /** Of the record's text. */
  signature: z.string().max(100).nullable(),
});

/** More bytes than a record has. */
const LONGEST_ENTRY = 2 ** 24;

const fileNamed = (digest: string): string => {
  if (!/^([0-9a-f]{32}|[0-9a-f]{64})$/.test(digest)) throw new Error(`${digest} is no digest.`);
  return `files/${digest}`;
};

const jobNamed = (key: string): string => {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error(`${key} is no key of a job.`);
  return `jobs/${key}`;
};

/** A store in a place. */
export function sharedStore(
  place: Place,
  { trusted = [], signer, tell = () => {}, patience = PATIENCE, longest = 2 ** 35 }: StoreOptions,
): OpenStore {
  const [fetched, kept]: [Traffic, Traffic] = [{ files: 0, bytes: 0 }, { files: 0, bytes: 0 }];
  const said = new Set<string>();
  const tellOnce = (sentence: string) => {
    if (!said.has(sentence)) tell(sentence);
    said.add(sentence);
  };

  const fetch = (digest: string, path: string): Promise<boolean> =>
    persistently(place.name, patience, async () => {
      const name = fileNamed(digest);
      const bytes = await place.read(name);
      if (!bytes) return false;
      const count = { bytes: 0 };
      await writeWhole(
        path,
        verified(
          bytes,
          digest,
          longest,
          count,
          (found) =>
            `The store ${place.name} gives other bytes than it should: of ${name} the ` +
            `${
              hashName(digest)
            } is ${found}. Nothing of it was used; remove that file from the store.`,
        ),
      );
      fetched.files++;
      fetched.bytes += count.bytes;
      return true;
    });

  const keep: SharedStore["keep"] = async ({ path, sha256 }, digest = sha256) => {
    const count = { bytes: 0 };
    const content = () => {
      count.bytes = 0;
      return verified(
        bytesOf(path),
        digest,
        longest,
        count,
        (found) =>
          `${path} has been altered: its ${hashName(digest)} is ${found}, expected ${digest}.`,
      );
    };
    if (!await place.put(fileNamed(digest), content)) return;
    kept.files++;
    kept.bytes += count.bytes;
  };

  const textUnder = (key: string) => entryText(place, jobNamed(key), patience);

  /** The record of a job in what lies under its key, where that may be believed. */
  const believed = async (key: string, text: string): Promise<string | undefined> => {
    const read = entryOf(text);
    if (!read) throw new Error(`The store ${place.name} has no job under ${jobNamed(key)}.`);
    const { job, by, signature } = read;
    if (trusted.length === 0) {
      tellOnce(
        `Finished jobs of ${place.name} are believed whoever kept them there: no key is named that ` +
          "is trusted. `deno task keys` makes one.",
      );
      return job;
    }
    const signed = by !== null && signature !== null && await isSigned(job, by, signature);
    if (signed && trusted.includes(by)) return job;
    tellOnce(
      `Finished jobs of ${place.name} are passed over ` +
        (by === null || signature === null
          ? "which nobody signed."
          : signed
          ? `which ${by} signed, a key that is not among those that are trusted.`
          : `whose signature is not that of ${by}, who is said to have signed.`),
    );
    return undefined;
  };

  /**
   * Whether what lies under a job's key would make everybody run the job again: it is not believed while
   * who now keeps it would be, or it was made by code at another path.
   */
  const isUseless = async (key: string, made: string, by: string | null): Promise<boolean> => {
    if (trusted.length > 0 && (by === null || !trusted.includes(by))) return false;
    const text = await textUnder(key);
    if (text === undefined) return false;
    const there = await believed(key, text);
    return there === undefined || readRecord(there)?.made !== made;
  };

  return {
    name: place.name,
    place,
    fetched,
    kept,
    fetch,
    keep,
    async fetchJob(key, folder) {
      const there = await textUnder(key);
      const text = there === undefined ? undefined : await believed(key, there);
      if (text === undefined) return false;
      const record = readRecord(text);
      if (record?.key !== key) {
        throw new Error(
          `The store ${place.name} has something else in the place of job ${key}; remove ` +
            `${jobNamed(key)} from it.`,
        );
      }
      for (const [name, digest] of Object.entries(record.files)) {
        // Somebody has tidied up, or is at it: as good as none, and made whole again by whoever runs it.
        if (!await fetch(digest, join(folder, name))) return false;
      }
      await writeWhole(join(folder, RECORD), text);
      return true;
    },
    async keepJob(key, folder) {
      const text = await readPlainText(join(folder, RECORD));
      const record = readRecord(text);
      if (record?.key !== key) throw new Error(`${folder} holds no finished job ${key}.`);
      for (const [name, sha256] of Object.entries(record.files)) {
        await keep({ path: join(folder, name), sha256 });
      }
      const [by, signature] = signer ? [signer.by, await signer.sign(text)] : [null, null];
      const content = new TextEncoder().encode(JSON.stringify({ job: text, by, signature }));
      await place.put(jobNamed(key), () => parts(content), await isUseless(key, record.made, by));
    },
  };
}

async function* parts(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/**
 * Bytes as they are; fails at their end where their digest is another one, or where they do not end.
 *
 * @param count told how many there are
 * @param message what to say, given the digest that they have
 */
async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  digest: string,
  longest: number,
  count: { bytes: number },
  message: (found: string) => string,
): AsyncIterable<Uint8Array> {
  const hash = hashLike(digest);
  for await (const part of bytes) {
    hash.update(part);
    count.bytes += part.length;
    if (count.bytes > longest) throw new Error(message(`that of more than ${longest} bytes`));
    yield part;
  }
  const found = hash.digest("hex");
  if (found !== digest) throw new Error(message(found));
}

/**
 * What lies under a job's name, as text; undefined where nothing does.
 *
 * @throws {Error} where the place cannot be reached, or has more than any job there
 */
export const entryText = (
  place: Place,
  name: string,
  patience: Patience,
): Promise<string | undefined> =>
  persistently(place.name, patience, async () => {
    const bytes = await place.read(name);
    if (!bytes) return undefined;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for await (const part of bytes) {
      length += part.length;
      if (length > LONGEST_ENTRY) {
        throw new Error(`The store ${place.name} has no job under ${name}.`);
      }
      parts.push(part.slice());
    }
    return await new Blob(parts).text();
  });

/** What lies under a job's name, read; undefined where it is no finished job. */
export function entryOf(text: string): z.infer<typeof entry> | undefined {
  try {
    return entry.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}
