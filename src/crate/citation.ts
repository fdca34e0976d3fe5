/** `CITATION.cff`: how the project wants to be cited, in the Citation File Format 1.2.0. @module */
import { parse } from "yaml";
import { z } from "zod";

/** A person, or anybody else by one name. */
const author = z.union([
  z.object({
    "given-names": z.string(),
    "family-names": z.string(),
    orcid: z.url().optional(),
  }),
  z.object({ name: z.string() }),
]);

/** What of the format is used here; the rest may be there. */
const citation = z.looseObject({
  "cff-version": z.literal("1.2.0"),
  message: z.string(),
  title: z.string(),
  abstract: z.string(),
  version: z.string(),
  license: z.string(),
  authors: z.array(author).min(1),
});

/** See `citation`. */
export type Citation = z.infer<typeof citation>;

/**
 * Reads the text of a `CITATION.cff`.
 *
 * @throws {Error} that says what is wrong with it
 */
export function parseCitation(text: string): Citation {
  const refused = (why: string, cause?: unknown) =>
    new Error(`CITATION.cff cannot be used: ${why}.`, { cause });
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw refused(error instanceof Error ? error.message.split("\n")[0] : String(error), error);
  }
  const parsed = citation.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw refused(
    parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
  );
}
