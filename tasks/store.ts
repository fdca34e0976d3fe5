/** The store that a task is to use, if any: without one, nothing of it is loaded. @module */
import { variable } from "../src/files/programs.ts";
import type { Carried } from "../src/machines/carry.ts";
import type { OpenStore, Traffic } from "../src/machines/store.ts";
import { counted } from "../src/report/markdown.ts";
import { sizeText } from "../src/stages/graph.ts";
import { refusalOf, Refused } from "./exits.ts";
import { SECRETS } from "./rights.ts";

/** What `--store` says or, without it, the environment; undefined where neither does. */
export const storeAddress = (flag: string | undefined): string | undefined =>
  flag ?? variable("ATELIER_STORE");

/**
 * The store at an address; undefined where there is none.
 *
 * @param exported what the study exports: `trusts` says who is believed
 * @param tell told what is not believed
 * @throws {Refused} where the address or what belongs to it is wrong or missing
 */
export async function storeAt(
  address: string | undefined,
  exported: Readonly<Record<string, unknown>>,
  tell: (line: string) => void,
  signal?: AbortSignal,
): Promise<OpenStore | undefined> {
  if (address === undefined) return undefined;
  const { openStore } = await import("../src/machines/open.ts");
  try {
    return await openStore(address, {
      variable,
      trusts: exported.trusts,
      tell,
      patience: { signal },
    });
  } catch (error) {
    throw refusalOf(error);
  } finally {
    // No program that this one starts has them.
    for (const name of SECRETS) Deno.env.delete(name);
  }
}

/**
 * The store at an address that a task cannot do without.
 *
 * @throws {Refused} as `storeAt`, and where there is none
 */
export async function requireStore(
  flag: string | undefined,
  exported: Readonly<Record<string, unknown>>,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<OpenStore> {
  const store = await storeAt(storeAddress(flag), exported, tell, signal);
  if (store) return store;
  throw new Refused("Say which store: --store=ADDRESS, or ATELIER_STORE in the environment.");
}

/** `3 files, 1.2 MB`. */
export const trafficText = ({ files, bytes }: Traffic): string =>
  files === 0 ? "nothing" : `${counted(files, "file")}, ${sizeText(bytes) || "0 B"}`;

/** `12 finished jobs, 1 artifact, 4 files of data and weights`, as many as there are. */
export function carriedText({ jobs, artifacts, outside }: Carried): string {
  const parts = [
    ...(jobs > 0 ? [counted(jobs, "finished job")] : []),
    ...(artifacts > 0 ? [counted(artifacts, "artifact")] : []),
    ...(outside > 0
      ? [counted(outside, "file of data or weights", "files of data and weights")]
      : []),
  ];
  return parts.length === 0 ? "nothing" : parts.join(", ");
}

/** Which are missing, the first of them by name. */
export function missingText(missing: readonly string[], where: string): string[] {
  if (missing.length === 0) return [];
  const first = missing.slice(0, 3).join(", ");
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : "";
  return [`Not ${where}: ${first}${more}.`];
}
