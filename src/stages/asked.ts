/** How stages refuse what a setting asks for and the data do not allow. @module */

/**
 * Does what a setting asks for.
 *
 * @param setting its path in `study.ts`, with which an error then begins
 * @throws {Error} where `does` throws
 */
export function asked<T>(setting: string, does: () => T): T {
  try {
    return does();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${setting}: ${message}`, { cause });
  }
}
