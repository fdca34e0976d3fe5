/** JSON out of files that may hold anything. @module */

/** Deeper than anything here is nested; what walks through it might not come back from below. */
const DEEPEST = 200;

/**
 * What a JSON text says.
 *
 * @throws {Error} where it is none, is nested more than 200 deep, or has a key `__proto__`
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === "[" || token === "{") depth++;
    else if (token === "]" || token === "}") depth--;
    if (depth > DEEPEST) throw new Error(`it is nested more than ${DEEPEST} deep`);
  }
  let odd = false;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, value) => {
      odd ||= key === "__proto__";
      return value;
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it is no JSON: ${why}`, { cause });
  }
  // Schemas leave it out without a word.
  if (odd) throw new Error("it has a key __proto__, which no object can have");
  return value;
}
