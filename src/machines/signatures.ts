/** Who says that a job has finished so: keys of Ed25519, by the Web Crypto API. @module */

/** A pair of keys as texts: one is told to everybody, the other to nobody. */
export interface KeyPair {
  /** 32 bytes, in 43 letters of base64url. */
  readonly trusted: string;
  /** 32 bytes, likewise. */
  readonly signing: string;
}

/** Signs texts for somebody. */
export interface Signer {
  /** The key that others trust. */
  readonly by: string;
  /** The signature of a text, in base64url. */
  sign(text: string): Promise<string>;
}

const ALGORITHM = "Ed25519";

/** A signature is of this and nothing else that somebody may have signed with the same key. */
const signed = (text: string) => new TextEncoder().encode(`atelier: a finished job\n${text}`);

/** What all private keys of this kind begin with (PKCS #8, RFC 8410); 32 bytes of the key follow. */
const PKCS8 = "302e020100300506032b657004220420";

const ofBytes = (bytes: Uint8Array): string =>
  bytes.toBase64({ alphabet: "base64url", omitPadding: true });

const toBytes = (text: string) => Uint8Array.fromBase64(text, { alphabet: "base64url" });

/** A new pair of keys. */
export async function newKeys(): Promise<KeyPair> {
  const signing = ofBytes(crypto.getRandomValues(new Uint8Array(32)));
  return { signing, trusted: (await signerOf(signing)).by };
}

/**
 * Who signs with a private key.
 *
 * @throws {Error} where it is none, which does not repeat it
 */
export async function signerOf(signing: string): Promise<Signer> {
  if (!isKey(signing)) {
    throw new Error(
      "ATELIER_SIGNING_KEY is no signing key: those have 43 letters; `deno task keys` makes one.",
    );
  }
  const pkcs8 = new Uint8Array([...Uint8Array.fromHex(PKCS8), ...toBytes(signing)]);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  return {
    by: x!,
    sign: async (text) =>
      ofBytes(new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, signed(text)))),
  };
}

/** Whether a signature of a text is by the owner of a public key. */
export async function isSigned(text: string, by: string, signature: string): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", toBytes(by), ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, toBytes(signature), signed(text));
  } catch {
    // Neither of them is what it should be.
    return false;
  }
}

/** Whether a text is like a key. */
export const isKey = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);
