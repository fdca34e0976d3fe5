/**
 * An S3-compatible server for tests, in a process of its own: `deno run s3_server.ts <folder>` serves one
 * bucket out of a folder, at a free port of the loopback device, until it is killed.
 *
 * @module
 */
import { createHash, createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import { lines } from "../../src/pipeline/messages.ts";

/** The only bucket. */
export const BUCKET = "shared";

/** A server that runs. */
export interface S3Server {
  /** What the environment says of it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly origin: string;
  /** Where it keeps its files. */
  readonly folder: string;
}

/** Whose requests are answered. Somebody else's secret is looked for in all that is written. */
export const ACCESS = { id: "AKIDATELIERTESTS", secret: "s3cr3t/Of+The+Tests+0123456789abcdef" };

/** Starts a server, hands it to a test and ends it. */
export async function withS3<T>(test: (server: S3Server) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "atelier-s3-" });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", fileURLToPath(import.meta.url), folder],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const output = lines(child.stdout);
    const { value: origin } = await output.next();
    if (!origin) throw new Error("the server did not start");
    return await test({
      origin,
      folder,
      environment: {
        AWS_ENDPOINT_URL: origin,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: ACCESS.id,
        AWS_SECRET_ACCESS_KEY: ACCESS.secret,
      },
    });
  } finally {
    child.kill("SIGKILL");
    await child.stdout.cancel().catch(() => {});
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** A request as Koa has it, as much of it as is looked at. */
interface Context {
  readonly method: string;
  readonly req: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
  readonly path: string;
  query: Readonly<Record<string, string>>;
  status: number;
  body: unknown;
}

const hmac = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text).digest();

/** What a request's signature must be (AWS Signature Version 4), computed from its definition. */
function signatureOf({ method, req: { url, headers } }: Context, signed: string, scope: string) {
  const { pathname, searchParams } = new URL(url, "http://host");
  const encoded = (text: string) =>
    encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  const query = [...searchParams].map(([key, value]) => `${encoded(key)}=${encoded(value)}`).sort();
  const canonical = [
    ...[method, pathname, query.join("&")],
    // A server in between has the client's name for itself, and ours for us.
    ...signed.split(";").map((name) =>
      `${name}:${(name === "host" ? headers["x-host"] : undefined) ?? headers[name]?.trim()}`
    ),
    ...["", signed, headers["x-amz-content-sha256"]],
  ].join("\n");
  const text = [
    ...["AWS4-HMAC-SHA256", headers["x-amz-date"], scope],
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = scope.split("/").reduce<string | Uint8Array>(hmac, `AWS4${ACCESS.secret}`);
  return hmac(key, text).toString("hex");
}

/** Whether a request is signed by `ACCESS`, now, and all that matters of it with it. */
function isSigned(context: Context): boolean {
  const { headers } = context.req;
  const [, id, scope, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  const needed = Object.keys(headers).filter((name) => name.startsWith("x-amz-")).concat("host");
  return id === ACCESS.id &&
    scope === `${headers["x-amz-date"].slice(0, 8)}/us-east-1/s3/aws4_request` &&
    needed.every((name) => signed.split(";").includes(name)) &&
    signatureOf(context, signed, scope) === signature;
}

if (import.meta.main) {
  const { default: S3rver } = await import("s3rver");
  const { default: account } = await import("s3rver/lib/models/account.js");
  account.DUMMY_ACCOUNT.createKeyPair(ACCESS.id, ACCESS.secret);
  account.DUMMY_ACCOUNT.revokeAccessKey("S3RVER");
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory: Deno.args[0],
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const refuse = (context: Context, status: number, code: string) => {
    context.status = status;
    context.body = `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`;
  };
  /** However little there is, two names are told at a time; s3rver's own way of it does not work in Deno. */
  const listed = async (context: Context, next: () => Promise<void>) => {
    const { "continuation-token": token, ...query } = context.query;
    context.query = query;
    await next();
    const after = token === undefined ? "" : atob(token);
    const all = [...String(context.body).matchAll(/<Contents><Key>(.*?)<.*?<\/Contents>/gs)]
      .filter(([, key]) => key > after).sort(([, a], [, b]) => a < b ? -1 : 1);
    const told = all.slice(0, 2);
    const more = told.length < all.length;
    context.body = `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more}</IsTruncated>` +
      told.map(([whole]) => whole).join("") +
      (more ? `<NextContinuationToken>${btoa(told[1][1])}</NextContinuationToken>` : "") +
      "</ListBucketResult>";
  };
  const writing = new Set<string>();
  // s3rver checks neither signatures of version 4 nor conditions of what is put; servers in earnest do.
  server.middleware.unshift(async (context: Context, next: () => Promise<void>) => {
    if (!isSigned(context)) return refuse(context, 403, "SignatureDoesNotMatch");
    if ("list-type" in context.query) return await listed(context, next);
    if (context.method !== "PUT") return await next();
    const { path } = context;
    const conditional = context.req.headers["if-none-match"] === "*";
    const file = `${Deno.args[0]}${decodeURIComponent(path)}._S3rver_object`;
    const there = await Deno.stat(file).then(() => true, () => false);
    if (conditional && there) return refuse(context, 412, "PreconditionFailed");
    if (writing.has(path)) return refuse(context, 409, "ConditionalRequestConflict");
    writing.add(path);
    try {
      await next();
    } finally {
      writing.delete(path);
    }
  });
  const { port } = await server.run();
  console.log(`http://127.0.0.1:${port}`);
}
