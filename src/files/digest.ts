/** Canonical JSON and SHA-256: how keys and contents are named. @module */
import canonicalize from "canonicalize";
import { createHash, type Hash } from "node:crypto";
import { plainSize } from "./plain.ts";

/** What JSON can hold; parameters, jobs and metrics are this and nothing else. What is undefined is left out. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** See `Json`. */
export interface JsonObject {
  /** A value, by its name. */
  readonly [key: string]: Json | undefined;
}

/** SHA-256 of bytes, or of the UTF-8 of a text, as 64 hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * SHA-256 of a file's bytes, read in parts.
 *
 * @throws {Error} where it is no plain file or cannot be read
 */
export const sha256File = (path: string): Promise<string> => hashFile(hashLike(), path);

/** The algorithm of a digest in hexadecimal: MD5 has 32 digits, SHA-256 has 64. */
export function hashName(digest: string): "MD5" | "SHA-256" {
  return digest.length === 32 ? "MD5" : "SHA-256";
}

/** What computes a digest of the same algorithm as another one; SHA-256 if omitted. */
export function hashLike(digest = ""): Hash {
  return createHash(hashName(digest) === "MD5" ? "md5" : "sha256");
}

/**
 * Digest of a file's bytes, read in parts, of the same algorithm as another one.
 *
 * @throws {Error} where it is no plain file or cannot be read
 */
export const digestLike = (digest: string, path: string): Promise<string> =>
  hashFile(hashLike(digest), path);

async function hashFile(hash: Hash, path: string): Promise<string> {
  await plainSize(path);
  using file = await Deno.open(path);
  const buffer = new Uint8Array(1 << 18);
  for (let count; (count = await file.read(buffer)) !== null;) {
    hash.update(buffer.subarray(0, count));
  }
  return hash.digest("hex");
}

/** Canonical JSON (RFC 8785): equal values give equal text, whatever the order of their keys. */
export function canonicalJson(value: Json): string {
  return canonicalize(value) as string;
}

/** SHA-256 of a value's canonical JSON. */
export function digest(value: Json): string {
  return sha256(canonicalJson(value));
}
