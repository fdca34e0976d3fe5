/** Text that fits a number of columns. @module */

/** A text in lines of at most so many columns, broken between words; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const [first, ...words] = text.split(" ");
  const lines = [first];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last.trim() !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A text's beginning, where it takes more columns than there are. */
export function cut(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text : letters.slice(0, Math.max(0, width - 1)).join("") + "…";
}
