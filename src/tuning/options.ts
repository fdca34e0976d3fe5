/** Checks of what an oracle is told. @module */

/**
 * Checks options that are counts: whole numbers of at least `least[name]`. Those omitted pass.
 *
 * @throws {Error} where one is not; it names the oracle, the option and its value
 */
export function checkCounts<T extends string>(
  oracle: string,
  options: { readonly [name in T]?: number },
  least: { readonly [name in T]: number },
): void {
  for (const name of Object.keys(least) as T[]) {
    const value = options[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least[name])) {
      throw new Error(
        `${oracle}: ${name} is a whole number of ${least[name]} or more; got ${value}.`,
      );
    }
  }
}
