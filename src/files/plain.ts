/** Reads plain files and nothing else: a pipe would never end, and neither would some devices. @module */

/**
 * The size in bytes of a plain file, which a path leads to by links or by itself.
 *
 * @throws {Deno.errors.NotFound} where nothing is there
 * @throws {Error} where it leads to anything else, such as a folder, or cannot be looked at
 */
export async function plainSize(path: string): Promise<number> {
  const { isFile, size } = await Deno.stat(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Deno.errors.NotFound(`${path} is not there`, { cause });
  });
  if (!isFile) throw new Error(`${path} is no file; move away what is in its place`);
  return size;
}

/**
 * The bytes of a plain file.
 *
 * @throws {Error} where `plainSize` does, or it cannot be read
 */
export async function readPlain(path: string): Promise<Uint8Array> {
  await plainSize(path);
  return await Deno.readFile(path);
}

/**
 * The text of a plain file.
 *
 * @throws {Error} where `plainSize` does, or it cannot be read
 */
export async function readPlainText(path: string): Promise<string> {
  await plainSize(path);
  return await Deno.readTextFile(path);
}
