/** Stores for tests: in a folder, and on an S3-compatible server that may be made to lie. @module */
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { addressOf, type Variable } from "../../src/machines/address.ts";
import { folderPlace } from "../../src/machines/folder.ts";
import { PATIENCE, type Patience, type Place } from "../../src/machines/place.ts";
import { credentialsOf, s3Place } from "../../src/machines/s3.ts";
import { BUCKET, type S3Server, withS3 } from "./s3_server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Why there is no S3-compatible server on this machine; undefined where there is one. */
const missing = await Deno.stat(join(root, "node_modules", "s3rver")).then(
  () => undefined,
  () => "s3rver is not installed",
);

/**
 * Tests that take an S3-compatible server, which they share; left out, with the reason in their name, where
 * there is none.
 */
export function s3Tests(
  name: string,
  tests: Readonly<Record<string, (server: S3Server) => Promise<void>>>,
): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (left out: ${missing})`,
    ignore: missing !== undefined,
    fn: (context) =>
      withS3(async (server) => {
        for (const [name, test] of Object.entries(tests)) {
          await context.step(name, () => test(server));
        }
      }),
  });
}

/** The patience that tests have. */
export const SHORT: Patience = { ...PATIENCE, total: 400, silence: 300 };

/** A variable of an environment that is given. */
export const variableOf = (environment: Readonly<Record<string, string>>): Variable => (name) =>
  environment[name];

/** A place on a server. */
export function placeOn(
  { environment }: Pick<S3Server, "environment">,
  prefix = "",
  patience = PATIENCE,
): Place {
  const address = addressOf(`s3://${BUCKET}${prefix && `/${prefix}`}`, variableOf(environment));
  if (address.kind !== "bucket") throw new Error("no bucket");
  return s3Place(address, credentialsOf("it", variableOf(environment)), patience);
}

/** A place in a folder. */
export const placeIn = (folder: string, patience = PATIENCE): Place =>
  folderPlace(pathToFileURL(folder).href, folder, patience);

/** Hands a temporary folder to a test and removes it. */
export async function inFolder<T>(test: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-store-" }));
  try {
    return await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How a server lies, or does not: `flip` changes a byte, `cut` ends the line in the middle. */
export type Lie = "pass" | "flip" | "short" | "cut" | "hang" | "endless" | number;

/** A server between a store and its bucket, which lies as it is told. */
export interface Liar {
  readonly environment: Readonly<Record<string, string>>;
  /** What becomes of each request; it is passed on if omitted. */
  lie: (request: Request) => Lie;
  /** How many requests came. */
  readonly requests: () => number;
  /** Is out of reach for some milliseconds: nothing listens at its port. What it has begun to answer comes to its end. */
  away(time: number): Promise<void>;
}

/** Puts a server that may lie before another one, hands it to a test and ends it. */
export async function withLiar<T>(
  { origin, environment }: S3Server,
  test: (liar: Liar) => Promise<T>,
): Promise<T> {
  let requests = 0;
  const ended = new AbortController();
  const serve = (port: number) =>
    Deno.serve({
      port,
      hostname: "127.0.0.1",
      onListen() {},
      onError: () => new Response(null),
    }, answer);
  const answer = async (request: Request): Promise<Response> => {
    requests++;
    const how = liar.lie(request);
    if (typeof how === "number") {
      await request.body?.cancel();
      return new Response(`<Error><Code>Told</Code></Error>`, { status: how });
    }
    if (how === "hang") {
      return await new Promise<Response>((resolve) =>
        ended.signal.addEventListener("abort", () => resolve(new Response(null)))
      );
    }
    const { pathname, search, host } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set("x-host", host);
    const body = request.method === "PUT" ? await request.arrayBuffer() : undefined;
    const passed = await fetch(origin + pathname + search, {
      method: request.method,
      headers,
      body,
    });
    const bytes = new Uint8Array(await passed.arrayBuffer());
    const { status } = passed;
    if (how === "pass" || request.method !== "GET" || status !== 200) {
      const isEmpty = request.method === "HEAD" || status === 204 || status === 304;
      return new Response(isEmpty ? null : bytes, { status });
    }
    if (how === "flip") bytes[bytes.length >> 1] ^= 1;
    if (how === "short" || how === "flip") {
      return new Response(how === "short" ? bytes.subarray(0, bytes.length >> 1) : bytes);
    }
    const half = bytes.subarray(0, bytes.length >> 1);
    return new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(half.slice());
          if (how === "endless") return;
          // What was sent is to go out first.
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.error(new Error("cut"));
        },
      }),
    );
  };
  let server = serve(0);
  const { port } = server.addr;
  const liar: Liar = {
    environment: {
      ...environment,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    },
    lie: () => "pass",
    requests: () => requests,
    async away(time) {
      await server.shutdown();
      await new Promise((resolve) => setTimeout(resolve, time));
      server = serve(port);
    },
  };
  try {
    return await test(liar);
  } finally {
    ended.abort();
    await server.shutdown();
  }
}
