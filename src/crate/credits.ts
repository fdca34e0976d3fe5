/** Whose files of other people's are, and what may be done with them, as `study.ts` tells. @module */
import { z } from "zod";
import { settings } from "../schema.ts";

/** A work of other people's, of which a study reads files. */
const credit = settings({
  name: z.string().min(1),
  /** Names of its files: any that a study may read. */
  files: z.array(z.string().min(1)).min(1).readonly(),
  /** Who made it. */
  by: z.string().min(1),
  /** The licence's SPDX identifier, such as `CC-BY-4.0`. */
  licence: z.string().regex(/^[A-Za-z0-9.+-]+$/, {
    error: "expected the SPDX identifier of a licence, such as CC-BY-4.0",
  }),
  /** A page about it. */
  page: z.url(),
  /** How its makers ask to be cited, where they do. */
  cite: z.string().min(1).optional(),
});

/** See `credit`. */
export type Credit = Readonly<z.infer<typeof credit>>;

/**
 * The works that `study.ts` credits, as it exports them.
 *
 * @throws {Error} that says where they have a fault
 */
export function checkCredits(value: unknown): readonly Credit[] {
  const checked = z.array(credit).safeParse(value);
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map(({ path, message }) =>
    `  credits.${path.join(".")}: ${message}`
  );
  throw new Error(`study.ts is refused:\n${faults.join("\n")}`);
}
