/** Opens a store by its address, with what the environment and the study say of it. @module */
import { z } from "zod";
import { addressOf, type Variable } from "./address.ts";
import { folderPlace } from "./folder.ts";
import { PATIENCE, type Patience, type Place } from "./place.ts";
import { isKey, signerOf } from "./signatures.ts";
import { type OpenStore, sharedStore, type StoreOptions } from "./store.ts";

/** What a store is opened with. */
export interface Opening {
  /** The environment. */
  readonly variable: Variable;
  /** What the study exports as `trusts`: public keys of those whose finished jobs are believed. */
  readonly trusts?: unknown;
  readonly tell: StoreOptions["tell"];
  readonly patience?: Partial<Patience>;
}

/**
 * The store at an address.
 *
 * @throws {Error} where the address is none, its folder is not there, credentials are missing, or a key
 * is none; no server is asked yet
 */
export async function openStore(
  text: string,
  { variable, trusts = [], tell, patience: given }: Opening,
): Promise<OpenStore> {
  const address = addressOf(text, variable);
  const patience = { ...PATIENCE, ...given };
  const options: StoreOptions = {
    trusted: [...ofStudy(trusts), ...ofEnvironment(variable("ATELIER_TRUSTED_KEYS") ?? "")],
    signer: await signerNamed(variable("ATELIER_SIGNING_KEY")),
    tell,
    patience,
  };
  let place: Place;
  if (address.kind === "folder") {
    const info = await Deno.stat(address.path).catch(() => undefined);
    if (!info?.isDirectory) {
      throw new Error(
        `The store ${address.name} is not there: make its folder, or see that its disk is mounted.`,
      );
    }
    place = folderPlace(address.name, address.path, patience);
  } else {
    // What signs requests is loaded for buckets alone.
    const { credentialsOf, s3Place } = await import("./s3.ts");
    place = s3Place(address, credentialsOf(address.name, variable), patience);
  }
  return sharedStore(place, options);
}

const signerNamed = async (key: string | undefined) =>
  key === undefined ? undefined : await signerOf(key);

function ofStudy(trusts: unknown): readonly string[] {
  const checked = z.array(z.string().refine(isKey)).safeParse(trusts);
  if (checked.success) return checked.data;
  throw new Error(
    "study.ts is refused:\n  trusts: expected a list of trusted keys, each of 43 letters, as " +
      "`deno task keys` prints them",
  );
}

function ofEnvironment(text: string): readonly string[] {
  const keys = text.split(",").map((key) => key.trim()).filter(Boolean);
  // Somebody may have taken the other half of the pair, which is told to nobody.
  if (keys.every(isKey)) return keys;
  throw new Error(
    "ATELIER_TRUSTED_KEYS has something in it that is no trusted key: those have 43 letters, and " +
      "commas between them.",
  );
}
