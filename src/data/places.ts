/** Where a study's data are on this machine. @module */
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../files/json.ts";
import type { Folder, Place } from "../files/locate.ts";
import { writeWhole } from "../files/whole.ts";

/** Where to look. */
export interface DataPlaces {
  /** The project's cache, where downloads go. */
  readonly cache: string;
  /** The study's folder, whose `data/` is looked into. */
  readonly home: string;
  /** What variables of the environment name, by their names; undefined where one is not set. */
  readonly named?: Readonly<Record<string, string | undefined>>;
  /** Where the data lay when the study was begun; see `rememberData`. */
  readonly remembered?: string;
}

/**
 * The folders that a study's data are looked for in: those that variables name, where they may have a
 * folder of the data's own name (`fashion-mnist`), the study's `data/`, where they lay when the study
 * was begun, and one below the cache.
 */
export function dataFolder(
  data: { readonly name: string },
  { cache, home, named = {}, remembered }: DataPlaces,
): Folder {
  const name = data.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const places = Object.entries(named).flatMap(([variable, path]): Place[] =>
    path === undefined ? [{ variable }] : [
      { variable, path: join(path, name) },
      { variable, path },
    ]
  );
  return {
    places: [
      ...places,
      { path: join(home, "data") },
      ...(remembered === undefined ? [] : [{ path: remembered }]),
    ],
    cache: join(cache, "data", name),
  };
}

/** In a study's folder, out of git: a path of this machine says nothing on another one. */
const remembering = (home: string) => join(home, ".cache", "data.json");

const memory = z.strictObject({ folder: z.string().min(1) });

/** Remembers for a study where its data lie, so that nobody needs to say it again on this machine. */
export async function rememberData(home: string, folder: string): Promise<void> {
  await writeWhole(remembering(home), JSON.stringify(memory.parse({ folder })));
}

/** What is remembered; undefined where nothing is, or nothing that can be read. */
export async function rememberedData(home: string): Promise<string | undefined> {
  const text = await Deno.readTextFile(remembering(home)).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return memory.safeParse(parseJson(text)).data?.folder;
  } catch {
    return undefined;
  }
}
