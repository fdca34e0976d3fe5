/** JSON out of files that may hold anything. @module */

/** Deeper than anything here is nested; what walks through it might not come back from below. */
const DEEPEST = 200;

/**
 * What a JSON text says.
 *
 * @throws {Error} where it is none, or is nested more than 200 deep; it says where
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > DEEPEST) throw new Error(`it is nested more than ${DEEPEST} deep`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it is no JSON: ${why}`, { cause });
  }
}
