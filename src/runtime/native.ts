/** Native files, which run with all rights of this machine: measured once, and verified before they are run. @module */
import { resolve } from "node:path";
import { sha256File } from "../files/digest.ts";
import { type Choice, type NativeFile, PROJECT } from "./choice.ts";

/**
 * A file's size and digest, beside its path as given.
 *
 * @throws {Error} where it cannot be read
 */
export async function measure(path: string): Promise<NativeFile> {
  return { path, bytes: (await Deno.stat(path)).size, sha256: await sha256File(path) };
}

/**
 * What is wrong with the first file that is not as it was measured: missing, of another size, or with
 * other bytes; undefined where all are. Paths are absolute or relative to `base`. Takes about a
 * second for libtensorflow.
 */
export async function alteration(
  base: string,
  files: readonly NativeFile[],
): Promise<string | undefined> {
  for (const { path, bytes, sha256 } of files) {
    const place = resolve(base, path);
    const size = await Deno.stat(place).then((info) => info.size, () => undefined);
    if (size === undefined) return `${place} is missing`;
    if (size !== bytes) return `${place} has been altered: it has ${size} bytes, not ${bytes}`;
    const found = await sha256File(place).catch(() => "not to be read");
    if (found !== sha256) {
      return `${place} has been altered: its SHA-256 is ${found}, and was ${sha256}`;
    }
  }
}

/**
 * Sees to it that what a choice's jobs load are the bytes that set-up has tried.
 *
 * @throws {Error} where a file is not as set-up measured it, with what to do
 */
export async function requireUnaltered(choice: Choice, root: string = PROJECT): Promise<void> {
  const wrong = choice.tensorflow && await alteration(root, choice.tensorflow.files);
  if (wrong) {
    throw new Error(
      `${wrong}. It is not loaded: \`deno task setup --force\` puts another in its place.`,
    );
  }
}
