/** JSON out of files that may hold anything. @module */

/** Deeper than anything here is nested; what walks through it might not come back from below. */
const DEEPEST = 200;

/**
 * What a JSON text says.
 *
 * @throws {Error} where it is none, is nested more than 200 deep, has a key `__proto__`, or half of a
 * character in a text
 */
export function parseJson(text: string): unknown {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (letter === "\\") i++;
    else if (letter === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (letter === "[" || letter === "{") depth++;
    else if (letter === "]" || letter === "}") depth--;
    if (depth > DEEPEST) throw new Error(`it is nested more than ${DEEPEST} deep`);
  }
  let odd = false;
  let half = false;
  let value: unknown;
  try {
    value = JSON.parse(text, (key, value) => {
      odd ||= key === "__proto__";
      half ||= !key.isWellFormed() || typeof value === "string" && !value.isWellFormed();
      return value;
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`it is no JSON: ${why}`, { cause });
  }
  // Schemas leave it out without a word.
  if (odd) throw new Error("it has a key __proto__, which no object can have");
  // No file in UTF-8 holds it, and nothing can be digested that does.
  if (half) throw new Error("half of a character (a lone surrogate) stands in it");
  return value;
}
