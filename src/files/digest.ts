/** Canonical JSON and SHA-256: how keys and contents are named. @module */
import canonicalize from "canonicalize";
import { createHash } from "node:crypto";

/** What JSON can hold; parameters, jobs and metrics are this and nothing else. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [key: string]: Json;
};

/** SHA-256 of bytes, or of the UTF-8 of a text, as 64 hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a file's bytes, read in parts. */
export async function sha256File(path: string): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
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
