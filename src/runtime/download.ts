/** Downloads a file, continuing what an earlier try has left. @module */
import { createHash } from "node:crypto";
import { dirname } from "node:path";

/** What is downloaded, and how. */
export interface DownloadOptions {
  readonly url: string;
  /** Where the file goes. Until it is whole it is called `<path>.part`. */
  readonly path: string;
  /** What the file's SHA-256 must be, in hex; not looked at where left out. */
  readonly sha256?: string;
  readonly signal: AbortSignal;
  /** Bytes so far and in all; 0 in all where the server does not say. */
  progress(done: number, total: number): void;
  /** How long no byte may come before the connection counts as lost; 30 s where left out. */
  readonly stallMilliseconds?: number;
}

/** How often a lost connection is taken up again before giving up. */
const TRIES = 4;

/**
 * Downloads a file. A connection that is lost or stalls is taken up where it broke off, three times;
 * what came so far stays for the next call. Throws an Error that names the address's host.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const part = `${options.path}.part`;
  await Deno.mkdir(dirname(options.path), { recursive: true });
  for (let attempt = 1;; attempt++) {
    const before = await sizeOf(part);
    try {
      await fetchInto(part, options);
      break;
    } catch (error) {
      options.signal.throwIfAborted();
      // Without a byte more than before, another try is not likely to bring one.
      const advanced = await sizeOf(part) > before;
      if (attempt === TRIES || !advanced || error instanceof Refusal) throw error;
    }
  }
  if (options.sha256 !== undefined) {
    const hash = createHash("sha256");
    const file = await Deno.open(part);
    for await (const chunk of file.readable) hash.update(chunk);
    const found = hash.digest("hex");
    if (found !== options.sha256) {
      await Deno.remove(part);
      throw new Error(
        `what ${new URL(options.url).host} sent has SHA-256 ${found}, not ${options.sha256}`,
      );
    }
  }
  await Deno.rename(part, options.path);
}

/** An answer that another try will not change. */
class Refusal extends Error {}

async function fetchInto(part: string, options: DownloadOptions): Promise<void> {
  const { host } = new URL(options.url);
  const limit = options.stallMilliseconds ?? 30_000;
  const stalled = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => stalled.abort(new Error(`${host} sent nothing for ${limit / 1000} s`)),
      limit,
    );
  };
  alive();
  const have = await sizeOf(part);
  try {
    const response = await fetch(options.url, {
      headers: {
        // The file as it is stored, so that its bytes can be counted.
        "accept-encoding": "identity",
        ...(have > 0 ? { range: `bytes=${have}-` } : {}),
      },
      signal: AbortSignal.any([options.signal, stalled.signal]),
    });
    const range = response.headers.get("content-range")?.match(/^bytes (?:(\d+)-\d+|\*)\/(\d+)$/);
    const resumes = response.status === 206;
    if (!response.ok || response.body === null || (resumes && Number(range?.[1]) !== have)) {
      await response.body?.cancel();
      // 416: nothing comes after what is there. It is all of the file, or no part of it.
      if (response.status === 416 && Number(range?.[2]) === have) return;
      if (response.status === 416) await Deno.remove(part);
      throw new Refusal(`${host} answers ${response.status} ${response.statusText}`.trimEnd());
    }
    let done = resumes ? have : 0;
    const total = Number(range?.[2] ?? response.headers.get("content-length") ?? 0);
    const file = await Deno.open(part, {
      create: true,
      write: true,
      append: resumes,
      truncate: !resumes,
    });
    try {
      for await (const chunk of response.body) {
        alive();
        let rest = chunk;
        while (rest.length > 0) rest = rest.subarray(await file.write(rest));
        done += chunk.length;
        options.progress(done, total);
      }
    } finally {
      file.close();
    }
    if (total > 0 && done !== total) throw new Error(`${host} sent ${done} bytes of ${total}`);
  } catch (error) {
    options.signal.throwIfAborted();
    if (stalled.signal.aborted) throw stalled.signal.reason;
    // Deno's own message for a host that cannot be reached is "fetch failed" alone.
    if (error instanceof TypeError) throw new Error(`${host} cannot be reached`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
