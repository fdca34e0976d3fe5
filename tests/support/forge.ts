/** Manifests as a forger would leave them. @module */
import { digest, type Json } from "../../src/files/digest.ts";
import { keyOf } from "../../src/pipeline/manifest.ts";

/** The text of a manifest, with its seal made anew, and its key unless `key` is false. */
export function forged(document: unknown, key = true): string {
  if (typeof document !== "object" || document === null) return JSON.stringify(document);
  const { seal: _, ...content }: { [name: string]: unknown } = { ...document };
  if (key) {
    try {
      // Of whatever form; what is no form of a manifest is refused before the key is looked at.
      content.key = keyOf(content.ingredients as Parameters<typeof keyOf>[0]);
    } catch {
      // Nothing has a key.
    }
  }
  const plain: Json = JSON.parse(JSON.stringify(content));
  return JSON.stringify({ ...content, seal: digest(plain) }, null, 2) + "\n";
}
