/**
 * Downloads one file whose content is known by its digest: from the first address that has it,
 * resumed where an earlier attempt broke off, bounded in time and size.
 *
 * @module
 */
import { createHash, type Hash } from "node:crypto";
import { dirname } from "node:path";

/** Bounds of one download. */
export interface DownloadLimits {
  /** Longest wait for the next bytes, in milliseconds. */
  readonly silence: number;
  /** Longest time for the file in all, in milliseconds. What has arrived by then is kept for the next attempt. */
  readonly total: number;
  /** Most bytes that a server may send. */
  readonly bytes: number;
}

const defaultLimits: DownloadLimits = { silence: 20_000, total: 30 * 60_000, bytes: 2 ** 30 };

/**
 * The digest that `like` is one of: MD5 (32 hexadecimal digits) where that is all that is published,
 * SHA-256 (64) otherwise.
 */
const hashLike = (like: string): Hash => createHash(like.length === 32 ? "md5" : "sha256");

/** The digest of a file, of the kind of `like`, in hexadecimal; undefined where there is no such file. */
export async function digestOf(path: string, like: string): Promise<string | undefined> {
  try {
    using file = await Deno.open(path);
    const hash = hashLike(like);
    const buffer = new Uint8Array(1 << 18);
    for (let count; (count = await file.read(buffer)) !== null;) {
      hash.update(buffer.subarray(0, count));
    }
    return hash.digest("hex");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** No address gave the file; `reasons` says for each why. */
export class DownloadError extends Error {
  override name = "DownloadError";
  /** @param reasons one line an address: `<address>: <why>` */
  constructor(path: string, readonly reasons: readonly string[]) {
    super(`${path} could not be downloaded.\n${reasons.map((line) => `  ${line}`).join("\n")}`);
  }
}

/**
 * Writes the file of this digest to `path`. The bytes go to `<path>.part` first, which is renamed
 * once the digest is right and continued by the next call otherwise (HTTP `Range`); addresses may
 * take turns, since they hold the same bytes.
 *
 * @param digest SHA-256 or MD5 of its bytes, in hexadecimal
 * @param progress told the bytes there so far and in all, where the server says how many there are
 * @throws DownloadError when no address gives these bytes
 */
export async function download(
  addresses: readonly string[],
  path: string,
  digest: string,
  progress?: (done: number, total: number) => void,
  limits: DownloadLimits = defaultLimits,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const reasons: string[] = [];
  const deadline = AbortSignal.timeout(limits.total);
  let complete = false;
  let length = 0;
  {
    using file = await Deno.open(part, { read: true, write: true, create: true });
    if (!await file.tryLock(true)) {
      throw new Error(
        `${path} is being downloaded by another process; wait until it has finished.`,
      );
    }
    next: for (const address of addresses) {
      // An address is asked again as long as that changes something: bytes arrived, or a useless
      // beginning was thrown away. A hundred times is for lines that break every few seconds.
      for (let attempt = 0; attempt < 100; attempt++) {
        const before = (await file.stat()).size;
        let reason = "";
        try {
          complete = await receive(address, file, digest, progress, deadline, limits);
          if (complete) break next;
          reason = "it sends other bytes than expected (their digest differs)";
        } catch (error) {
          reason = reasonOf(error);
        }
        const after = (await file.stat()).size;
        if (after === before || deadline.aborted) {
          reasons.push(`${address}: ${reason}`);
          break;
        }
      }
    }
    length = (await file.stat()).size;
    await file.syncData();
  }
  if (complete) return await Deno.rename(part, path);
  if (length === 0) await Deno.remove(part);
  throw new DownloadError(path, reasons);
}

/** What an error says; of "fetch failed" what lies behind it, such as a name that cannot be looked up. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const behind = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  return behind.message.replace(/^error sending request for url \(.*?\): /, "");
}

/**
 * One request for what is missing of `file`. Returns whether the file is complete and right; empties
 * it where it is not. Throws where the transfer fails, leaving what has arrived.
 */
async function receive(
  address: string,
  file: Deno.FsFile,
  digest: string,
  progress: ((done: number, total: number) => void) | undefined,
  deadline: AbortSignal,
  limits: DownloadLimits,
): Promise<boolean> {
  let hash = hashLike(digest);
  let length = 0;
  const buffer = new Uint8Array(1 << 16);
  await file.seek(0, Deno.SeekMode.Start);
  for (let count; (count = await file.read(buffer)) !== null; length += count) {
    hash.update(buffer.subarray(0, count));
  }
  // An earlier attempt may have ended between the last byte and the renaming.
  if (length > 0 && hash.copy().digest("hex") === digest) return true;

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
      // The digest is of the file as stored, so no compression on the way.
      headers: {
        "accept-encoding": "identity",
        ...(length > 0 ? { range: `bytes=${length}-` } : {}),
      },
      signal: AbortSignal.any([deadline, silent.signal]),
    });
    const from = response.headers.get("content-range")?.match(/^bytes (\d+)-/)?.[1];
    if (response.status === 416 || (response.status === 206 && from !== String(length))) {
      await response.body?.cancel();
      await restart();
      throw new Error("what was there already is no beginning of what it holds");
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    }
    if (response.status !== 206) await restart();

    const total = length + Number(response.headers.get("content-length") ?? NaN);
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, limits.silence);
      length += bytes.length;
      if (length > limits.bytes) {
        await restart();
        throw new Error(`it sends more than ${limits.bytes} bytes`);
      }
      hash.update(bytes);
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      if (total > 0) progress?.(length, total);
    }
    if (length < total) throw new Error(`the transfer broke off after ${length} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
  }
  if (hash.digest("hex") === digest) return true;
  await restart();
  return false;
}
