/** Words as a shell reads them, for what is said of programs in one line, which no shell is run for. @module */

/** What stands for itself behind a backslash between double quotes. */
const ESCAPED = ['"', "\\", "$", "`"];

/**
 * The words of a line, as a POSIX shell splits it by spaces, quotes and backslashes. Nothing else that a
 * shell does is done: `$NAME`, `*`, `~` and `|` are letters as others.
 *
 * @throws {Error} where a quote is not closed, or a backslash stands at the end
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const letter = line[at];
    if (letter === "\\" && quote !== "'") {
      const next = line[++at];
      if (next === undefined) throw new Error("a backslash stands at its end");
      // Of a line that goes on in the next one, nothing is left.
      if (next === "\n") continue;
      word = (word ?? "") + (quote === "" || ESCAPED.includes(next) ? next : letter + next);
    } else if (letter === quote) {
      quote = "";
    } else if (quote === "" && (letter === "'" || letter === '"')) {
      quote = letter;
      word ??= "";
    } else if (quote === "" && /[ \t\n]/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (quote !== "") throw new Error(`a quote (${quote}) is not closed`);
  return word === undefined ? words : [...words, word];
}

/** A word as one has to write it for a shell, which then reads that word and nothing else. */
export const quoted = (word: string): string =>
  /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
