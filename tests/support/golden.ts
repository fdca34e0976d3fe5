/** Numbers that the scripts in `tests/golden/` wrote into files there. @module */

/** What a JSON file there holds. */
export const readGolden = async <T>(file: string): Promise<T> =>
  JSON.parse(await Deno.readTextFile(new URL(`../golden/${file}`, import.meta.url)));

/** Bytes from base64. */
export const decodeBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
