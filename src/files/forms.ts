/** What comes in the place of a file that was asked for, by content. @module */

/** How it begins, a character a byte; what it is; and what to do about it. */
export type Form = readonly [begins: RegExp, what: string, remedy: string];

/** So much of a file is enough to tell. */
export const FORM_BYTES = 512;

const FORMS: readonly Form[] = [
  [/^$/, "empty", "Fetch it again."],
  [
    /^version https:\/\/git-lfs/,
    "a pointer of Git LFS, which stands for the file",
    'Fetch the file itself with "git lfs pull".',
  ],
  [
    /^(\xef\xbb\xbf)?\s*<(!doctype|!--|html|\?xml|error)/i,
    "a web page, or what a server answered instead of the file",
    "Open its address in a browser to see what is wrong there, and fetch it again.",
  ],
];

/** Bytes as text, a character each. */
export const asText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

/**
 * What a file is that is none of what was asked for, and what to do about it: the rest of a sentence
 * that begins with "is", and a sentence; undefined where nothing is known of it.
 *
 * @param head its first bytes
 * @param more forms that are foreign in this place, too
 */
export function foreignForm(head: Uint8Array, more: readonly Form[] = []): string | undefined {
  const text = asText(head);
  const form = [...FORMS, ...more].find(([begins]) => begins.test(text));
  return form && `${form[1]}. ${form[2]}`;
}
