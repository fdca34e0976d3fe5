/**
 * Downloads one file: from the first address that has it, resumed where an earlier attempt broke
 * off, bounded in time and size, and under its name only once it is whole.
 *
 * @module
 */
import { basename, dirname } from "node:path";
import { hashLike, hashName } from "./digest.ts";
import { explained } from "./explain.ts";
import { moveWhole } from "./whole.ts";

/**
 * Called as work goes on: so many of so many units done, and a few words on what is done. Of a total
 * that is not known, 0 is told.
 */
export type Progress = (done: number, total: number, note?: string) => void;

/** Bounds of one download. */
export interface DownloadLimits {
  /** Longest wait for the next bytes, in milliseconds. */
  readonly silence: number;
  /** Longest time for the file in all, in milliseconds. What has arrived by then is kept for the next attempt. */
  readonly total: number;
  /** Most bytes that a server may send. */
  readonly bytes: number;
}

const defaultLimits: DownloadLimits = { silence: 30_000, total: 40 * 60_000, bytes: 2 ** 30 };

/** How a file is downloaded. */
export interface DownloadOptions {
  /** SHA-256 (64) or MD5 (32 hexadecimal digits) of the file's bytes; not looked at if omitted. */
  readonly digest?: string;
  /** Told bytes. */
  readonly progress?: Progress;
  /** Ends the download when aborted; what has arrived is kept for the next attempt. */
  readonly signal?: AbortSignal;
  /** 30 s of silence, 40 minutes and 1 GiB if omitted. */
  readonly limits?: Partial<DownloadLimits>;
}

/** An address that did not give the file, and why. */
export interface Failure {
  readonly address: string;
  readonly why: string;
}

/** No address gave the file. */
export class DownloadError extends Error {
  override name = "DownloadError";
  /** @param failures of each address that was asked, in their order */
  constructor(path: string, readonly failures: readonly Failure[]) {
    super(
      `${path} could not be downloaded.` +
        failures.map(({ address, why }) => `\n  ${address}: ${why}`).join(""),
    );
  }
}

/** How often an address is asked, each time bringing something new: for lines that break every few seconds. */
const ATTEMPTS = 100;

/**
 * Writes a file to `path`. The bytes go to `<path>.part` first, which is renamed once it is whole
 * and of the right digest, and continued by the next call otherwise (HTTP `Range`); addresses may
 * take turns, since they hold the same bytes.
 *
 * @throws {DownloadError} where no address gives the file
 * @throws {Error} where `path` cannot be written, or another process is downloading it
 * @throws the signal's reason where that is aborted
 */
export async function download(
  addresses: readonly string[],
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  options.signal?.throwIfAborted();
  const part = `${path}.part`;
  let failures: Failure[] | undefined;
  let empty = false;
  try {
    using file = await openPart(path, part);
    try {
      failures = await receiveFrom(addresses, file, path, options);
    } finally {
      empty = (await file.stat()).size === 0;
      // Closed alone, it would stay locked as long as a process that is being started has it open, too.
      await file.unlock();
    }
    if (failures) throw new DownloadError(path, failures);
  } catch (error) {
    if (empty) await Deno.remove(part);
    throw error;
  }
  await moveWhole(part, path);
}

async function openPart(path: string, part: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile | undefined;
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    file = await Deno.open(part, { read: true, write: true, create: true });
    if (await file.tryLock(true)) return file;
  } catch (error) {
    file?.close();
    throw unwritable(part, error);
  }
  file.close();
  throw new Error(`${path} is being downloaded by another process; wait until it has finished.`);
}

/** What stands in the way of a download on this machine: no other address would change it. */
class Unwritable extends Error {}

function unwritable(path: string, error: unknown): Unwritable {
  const told = explained(error, path);
  const message = told instanceof Error && told !== error
    ? told.message
    : `${path} cannot be written: ${reasonOf(error)}\n` +
      "See that its folder is one, may be written to and has room.";
  return new Unwritable(message, { cause: error });
}

/** Fills `file` from the addresses in turn. Returns undefined once it is whole, why not otherwise. */
async function receiveFrom(
  addresses: readonly string[],
  file: Deno.FsFile,
  path: string,
  options: DownloadOptions,
): Promise<Failure[] | undefined> {
  const limits = { ...defaultLimits, ...options.limits };
  const deadline = AbortSignal.timeout(limits.total);
  const note = `downloading ${basename(path)}`;
  const transfer: Transfer = {
    file,
    path,
    digest: options.digest,
    limits,
    signal: AbortSignal.any([deadline, ...(options.signal ? [options.signal] : [])]),
    progress: (done, total) => options.progress?.(done, total, note),
  };
  const failures: Failure[] = [];
  for (const address of addresses) {
    // Whether all that is there comes from this address.
    let own = false;
    for (let attempt = 1;; attempt++) {
      const before = (await file.stat()).size;
      own ||= before === 0;
      let why: string;
      let useless = false;
      try {
        const other = await receive(address, transfer);
        if (other === undefined) return undefined;
        why = other;
        useless = own;
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof Unwritable) throw error;
        why = deadline.aborted
          ? `the file has not come within ${limits.total / 1000} s`
          : reasonOf(error);
      }
      // It is asked again as long as that changes something: bytes arrived, or a beginning that was
      // another file's was thrown away.
      const changed = (await file.stat()).size !== before;
      if (useless || !changed || deadline.aborted || attempt === ATTEMPTS) {
        failures.push({ address, why });
        break;
      }
    }
    if (deadline.aborted) break;
  }
  return failures;
}

/** What an error says; of "fetch failed" what lies behind it, such as a name that cannot be looked up. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const behind = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  return behind.message.replace(/^error sending request for url \(.*?\): /, "");
}

/** What the requests for one file have in common. */
interface Transfer {
  readonly file: Deno.FsFile;
  readonly path: string;
  readonly digest: string | undefined;
  readonly limits: DownloadLimits;
  readonly signal: AbortSignal;
  progress(done: number, total: number): void;
}

/**
 * One request for what is missing of the file. Returns undefined once the file is whole; empties it
 * and returns what is wrong where other bytes came.
 *
 * @throws {Error} where the transfer fails; what has arrived stays
 */
async function receive(
  address: string,
  { file, path, digest, limits, signal, progress }: Transfer,
): Promise<string | undefined> {
  let hash = hashLike(digest);
  let length = 0;
  const buffer = new Uint8Array(1 << 16);
  await file.seek(0, Deno.SeekMode.Start);
  for (let count; (count = await file.read(buffer)) !== null; length += count) {
    hash.update(buffer.subarray(0, count));
  }
  // An earlier attempt may have ended between the last byte and the renaming.
  if (length > 0 && hash.copy().digest("hex") === digest) return undefined;

  const restart = async () => {
    await file.truncate(0);
    await file.seek(0, Deno.SeekMode.Start);
    hash = hashLike(digest);
    length = 0;
  };

  const silent = new AbortController();
  const giveUp = () => silent.abort(new Error(`nothing came for ${limits.silence / 1000} s`));
  let timer = setTimeout(giveUp, limits.silence);
  try {
    const response = await fetch(address, {
      // The file as it is stored, so that its bytes can be counted: no compression on the way.
      headers: {
        "accept-encoding": "identity",
        ...(length > 0 ? { range: `bytes=${length}-` } : {}),
      },
      signal: AbortSignal.any([signal, silent.signal]),
    }).catch((error) => {
      if (!(error instanceof TypeError)) throw error;
      throw new Error(`it cannot be reached: ${reasonOf(error)}`, { cause: error });
    });
    const range = response.headers.get("content-range")?.match(/^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)/);
    if (response.status === 416 || (response.status === 206 && range?.[1] !== String(length))) {
      await response.body?.cancel();
      // Without a digest, the length says whether what is there is all.
      const all = response.status === 416 && range?.[2] === String(length);
      if (all && digest === undefined) return undefined;
      await restart();
      throw new Error("what was there already is no beginning of what it holds");
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    }
    if (response.status !== 206) await restart();

    // NaN where the server does not say.
    const total = length + Number(response.headers.get("content-length") ?? NaN);
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, limits.silence);
      length += bytes.length;
      if (length > limits.bytes) {
        await restart();
        return `it sends more than ${limits.bytes} bytes`;
      }
      hash.update(bytes);
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (error) {
        throw unwritable(path, error);
      }
      progress(length, total || 0);
    }
    if (length < total) throw new Error(`the transfer broke off after ${length} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
  }
  if (digest === undefined) return undefined;
  const found = hash.digest("hex");
  if (found === digest) return undefined;
  await restart();
  return `it sends other bytes than expected: their ${hashName(digest)} is ${found}, not ${digest}`;
}
