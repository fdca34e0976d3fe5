/** Reads `--launch`: words that a launcher is called with, before any work. @module */
import { fromUser, programPath } from "../src/files/programs.ts";
import { wordsOf } from "../src/files/words.ts";
import { PLACEHOLDERS } from "../src/pipeline/launch.ts";
import { PROJECT } from "../src/runtime/choice.ts";
import { shortly, unknownWord } from "../src/schema.ts";
import { Refused } from "./exits.ts";

/**
 * The words of a launcher, the first of which is the path of its program; undefined if omitted.
 *
 * @throws {Refused} where a quote is not closed, a placeholder is none, or the program is not there
 */
export async function launchFlag(value: string | undefined): Promise<string[] | undefined> {
  if (value === undefined) return undefined;
  if (Deno.build.os === "windows") {
    throw new Refused("--launch needs env and paths as Linux and macOS have them, not Windows.");
  }
  const [name, ...words] = read(value);
  if (!name) throw new Refused("--launch takes a program, as in --launch=srun.");
  const known = PLACEHOLDERS.map((name) => `{${name}}`);
  for (const word of [name, ...words]) {
    for (const [placeholder] of word.matchAll(/\{\w+\}/g)) {
      if (!known.includes(placeholder)) {
        throw new Refused(unknownWord("placeholder", placeholder, known));
      }
    }
  }
  return [await pathOf(name), ...words];
}

function read(value: string): string[] {
  try {
    return wordsOf(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Refused(`--launch cannot be read: ${why} in ${shortly(value)}.`);
  }
}

/** Where a program is: of this name on the `PATH`, or at this path as the user sees it. */
async function pathOf(name: string): Promise<string> {
  if (!name.includes("/")) {
    const path = await programPath(name);
    if (path !== undefined) return path;
    throw new Refused(`--launch names ${shortly(name)}, which is no program on the PATH.`);
  }
  const path = fromUser(PROJECT, name);
  if (await Deno.stat(path).then((info) => info.isFile, () => false)) return path;
  throw new Refused(`--launch names ${path}, where no program is.`);
}
