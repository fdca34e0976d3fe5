/** Addresses of stores: what `--store` and `ATELIER_STORE` may say, with what the environment says besides. @module */
import { fileURLToPath } from "node:url";

/** Where a store is, without anything secret. */
export type Address =
  | { readonly kind: "folder"; readonly name: string; readonly path: string }
  | {
    readonly kind: "bucket";
    /** For messages. */
    readonly name: string;
    /** The bucket's own address, without `/` at its end. */
    readonly bucket: string;
    /** What all names in it begin with: nothing, or something that ends in `/`. */
    readonly prefix: string;
    readonly region: string;
  };

/** A variable of the environment; undefined where it is not set or empty. */
export type Variable = (name: string) => string | undefined;

/** As the rules for names of buckets have it. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** What may stand in a prefix without being written in another way in an address. */
const PREFIX = /^[A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*$/;

/**
 * Where a store is.
 *
 * @throws {Error} that says what the address should be like, and does not repeat it where something
 * secret may stand in it
 */
export function addressOf(text: string, variable: Variable): Address {
  if (NAMES_USER.test(text)) throw new Error(SECRET);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "file:") return folderOf(text, url);
  const [, bucket = "", rest = ""] = /^s3:\/\/([^/?#]*)\/?([^?#]*)$/.exec(text) ?? [];
  const inner = rest.replace(/\/$/, "");
  const isPlain = inner === "" ||
    PREFIX.test(inner) && !inner.split("/").some((part) => /^\.+$/.test(part));
  if (!BUCKET.test(bucket) || !isPlain) {
    throw new Error(
      `${JSON.stringify(text)} is no address of a store; expected s3://bucket, ` +
        "s3://bucket/prefix or file:///shared/folder.",
    );
  }
  const prefix = inner === "" ? "" : `${inner}/`;
  const endpoint = variable("AWS_ENDPOINT_URL_S3") ?? variable("AWS_ENDPOINT_URL");
  const region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION");
  const name = `s3://${bucket}${prefix && `/${inner}`}`;
  if (endpoint === undefined) {
    if (region === undefined) {
      throw new Error(
        `Where ${name} is, is not known: set AWS_REGION to its region or, where it is not with ` +
          "Amazon, AWS_ENDPOINT_URL to the address of the server.",
      );
    }
    const host = `s3.${region}.amazonaws.com`;
    // A name with a dot fits no certificate.
    const at = bucket.includes(".") ? `${host}/${bucket}` : `${bucket}.${host}`;
    return { kind: "bucket", name, bucket: `https://${at}`, prefix, region };
  }
  if (NAMES_USER.test(endpoint)) throw new Error(SECRET);
  const server = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!server || !/^https?:$/.test(server.protocol) || server.search || server.hash) {
    throw new Error("AWS_ENDPOINT_URL should be the address of a server: https://host[:port].");
  }
  const at = `${server.href.replace(/\/$/, "")}/${bucket}`;
  return {
    kind: "bucket",
    name: `${name} (${server.host})`,
    bucket: at,
    prefix,
    region: region ?? "us-east-1",
  };
}

/** A user, and perhaps a password, before a host. */
const NAMES_USER = /^[^/]*\/\/[^/]*@/;

const SECRET = "The address of a store has no user and no password: those of a bucket are " +
  "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment.";

function folderOf(text: string, url: URL): Address {
  if (url.host || url.search || url.hash || url.pathname.length < 2) {
    throw new Error(`${text} is no address of a folder; expected file:///shared/folder.`);
  }
  const path = fileURLToPath(url);
  return { kind: "folder", name: `file://${url.pathname}`, path };
}

/** The host, with its port if it has one of its own, that is asked for a bucket; undefined for a folder. */
export const hostOf = (address: Address): string | undefined =>
  address.kind === "bucket" ? new URL(address.bucket).host : undefined;
