/** What charts ask of the data they are given. @module */

/**
 * Checks names of classes.
 *
 * @throws {RangeError} where there is none, or a name comes twice
 */
export function checkClasses(title: string, classes: readonly string[]): void {
  if (classes.length === 0) throw new RangeError(`Chart "${title}": there is no class to draw.`);
  const twice = classes.find((name, k) => classes.indexOf(name) !== k);
  if (twice !== undefined) {
    throw new RangeError(
      `Chart "${title}": the name "${twice}" comes twice; a chart cannot tell the two apart.`,
    );
  }
}
