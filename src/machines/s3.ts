/** A bucket of an S3-compatible server, as a place for a store. @module */
import { AwsV4Signer } from "aws4fetch";
import { sha256 } from "../files/digest.ts";
import type { Address, Variable } from "./address.ts";
import { type Entry, type Patience, persistently, type Place, Unreachable } from "./place.ts";

/** What requests are signed with. Never told to anybody. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** What of the environment says who asks. */
const CREDENTIAL_VARIABLES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
] as const;

/**
 * The credentials that the environment has.
 *
 * @param store the store's name
 * @throws {Error} that names what is missing
 */
export function credentialsOf(store: string, variable: Variable): Credentials {
  const [accessKeyId, secretAccessKey, sessionToken] = CREDENTIAL_VARIABLES.map(variable);
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = [
      ...(accessKeyId === undefined ? ["AWS_ACCESS_KEY_ID"] : []),
      ...(secretAccessKey === undefined ? ["AWS_SECRET_ACCESS_KEY"] : []),
    ].join(" and ");
    throw new Error(`The store ${store} asks who you are: set ${missing} in the environment.`);
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** What is asked of the server. */
interface Request {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Behind the bucket's address. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** The place that a bucket is. */
export function s3Place(
  { name, bucket, prefix, region }: Extract<Address, { readonly kind: "bucket" }>,
  credentials: Credentials,
  patience: Patience,
): Place {
  /**
   * One request.
   *
   * @throws {Unreachable} where the server cannot be reached or is not well
   * @throws {Error} where it refuses
   */
  const ask = async ({ method, path, query = {}, headers, body }: Request): Promise<Response> => {
    const url = new URL(bucket + path);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const signed = await new AwsV4Signer({
      ...credentials,
      ...{ service: "s3", region, method, url: url.href },
      headers: {
        // The file as it is stored: no compression on the way.
        "accept-encoding": "identity",
        // So the server refuses a body that was damaged on its way.
        "x-amz-content-sha256": sha256(body ?? new Uint8Array()),
        ...headers,
      },
    }).sign();
    const clock = new AbortController();
    const timer = setTimeout(
      () => clock.abort(new Unreachable(`nothing came for ${patience.silence / 1000} s`)),
      // What is sent takes its time: a megabyte in ten seconds at least.
      patience.silence + (body?.length ?? 0) / 100,
    );
    let response: Response;
    try {
      response = await fetch(signed.url, {
        method,
        headers: signed.headers,
        body,
        // Nobody else is given what is signed.
        redirect: "manual",
        signal: AbortSignal.any([clock.signal, ...(patience.signal ? [patience.signal] : [])]),
      });
    } catch (error) {
      patience.signal?.throwIfAborted();
      throw new Unreachable(reasonOf(error), { cause: error });
    } finally {
      clearTimeout(timer);
    }
    const { status } = response;
    if (response.ok || status === 404 || status === 412) return response;
    if (status === 501 && headers?.["if-none-match"]) return response;
    const code = await codeOf(response);
    const told = `HTTP status ${status}${code && ` ${code}`}`;
    if (status >= 500 || [408, 409, 429].includes(status)) {
      throw new Unreachable(`it answers with ${told}`);
    }
    const why = status === 401 || status === 403
      ? " See that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are right and may list, read and " +
        "write there, and that this machine's clock is right."
      : status >= 300 && status < 400
      ? " The bucket is somewhere else: see AWS_REGION and AWS_ENDPOINT_URL."
      : "";
    throw new Error(`The store ${name} refuses to ${DOES[method]}: ${told}.${why}`);
  };
  /** Asked again while the server is not well, for what it says in full. */
  const told = (request: Request) =>
    persistently(name, patience, async () => {
      const response = await ask(request);
      const text = await response.text().catch((error) => {
        patience.signal?.throwIfAborted();
        throw new Unreachable(reasonOf(error), { cause: error });
      });
      if (response.status === 404 && /<Code>NoSuchBucket</.test(text)) {
        throw new Error(`The store ${name} has no such bucket: make it first, or see its name.`);
      }
      return { status: response.status, text };
    });
  const pathOf = (of: string) => `/${prefix}${of}`;
  return {
    name,
    async read(of) {
      const response = await ask({ method: "GET", path: pathOf(of) });
      if (response.ok) return bytesOf(response, patience);
      const code = await codeOf(response);
      if (code !== "NoSuchBucket") return undefined;
      throw new Error(`The store ${name} has no such bucket: make it first, or see its name.`);
    },
    async put(of, content, replace = false) {
      const path = pathOf(of);
      if (!replace) {
        // Sent in vain, a large file costs more than a question.
        const { status } = await told({ method: "HEAD", path });
        if (status === 200) return false;
      }
      // One request needs the length, and the digest, before the first byte.
      const body = await whole(content());
      const send = (headers: Request["headers"]) => told({ method: "PUT", path, headers, body });
      let { status } = await send(replace ? {} : { "if-none-match": "*" });
      // A server that knows no conditions puts the same bytes in the place of the same.
      if (status === 501) ({ status } = await send({}));
      if (status === 404) throw new Error(`The store ${name} cannot be written: HTTP status 404.`);
      return status !== 412;
    },
    async *list(of) {
      for (let from: string | undefined = "";;) {
        const { text } = await told({
          method: "GET",
          path: "",
          query: {
            "list-type": "2",
            prefix: prefix + of,
            ...(from ? { "continuation-token": from } : {}),
          },
        });
        for (const [, one] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
          const key = tag(one, "Key") ?? "";
          if (!key.startsWith(prefix)) continue;
          yield {
            name: key.slice(prefix.length),
            bytes: Number(tag(one, "Size")),
            put: new Date(tag(one, "LastModified") ?? NaN),
          } satisfies Entry;
        }
        from = tag(text, "NextContinuationToken");
        if (tag(text, "IsTruncated") !== "true" || !from) return;
      }
    },
    async remove(of) {
      await told({ method: "DELETE", path: pathOf(of) });
    },
  };
}

const DOES = { GET: "be read", HEAD: "be read", PUT: "be written", DELETE: "be written" } as const;

/** What stands in the first element of a name, as it is meant. */
const tag = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(xml)?.[1]
    .replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'").replaceAll("&amp;", "&");

/** What the server calls what is wrong, and nothing else of what it says: that repeats who asked. */
async function codeOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  return /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1] ?? "";
}

/** Why a request failed, without its address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Unreachable) return error.message;
  const behind = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  return behind.message.replaceAll(/ ?(for )?\(?url \(?[^ )]*\)?:?/g, "");
}

/** What comes, part after part, each within its time. */
async function* bytesOf(
  { body }: Response,
  { silence, signal }: Patience,
): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { promise, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => reject(new Unreachable(`nothing came for ${silence / 1000} s`)),
        silence,
      );
      const { done, value } = await Promise.race([reader.read(), promise]).catch((error) => {
        signal?.throwIfAborted();
        throw new Unreachable(reasonOf(error), { cause: error });
      }).finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    // Of what nobody waits for any more.
    await reader.cancel().catch(() => {});
  }
}

/** All bytes at once. */
async function whole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts = await Array.fromAsync(content);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
