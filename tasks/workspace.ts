/** A study with everything that its tasks need. @module */
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dataFolder, rememberedData } from "../src/data/places.ts";
import { type FileStore, type Locator, locator } from "../src/files/locate.ts";
import { variable } from "../src/files/programs.ts";
import { weightsFolder } from "../src/models/imagenet_source.ts";
import { git } from "../src/pipeline/machine.ts";
import type { Planned } from "../src/pipeline/stage.ts";
import type { Workspace } from "../src/pipeline/workspace.ts";
import { unknownWord } from "../src/schema.ts";
import { type CheckedStudy, checkStudy, planOf, StudyError } from "../src/stages/plan.ts";
import {
  type Setting,
  SettingError,
  settingsOf,
  settingText,
  withSettings,
} from "../src/stages/set.ts";
import { refusalOf, Refused } from "./exits.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A study with everything that its tasks need. */
export interface Project extends CheckedStudy {
  /** Its folder as seen from the project, such as `studies/garments`; empty for the project's own. */
  readonly folder: string;
  readonly workspace: Workspace;
  readonly plan: readonly Planned[];
  readonly locator: Locator;
  /** What of it was set beside its `study.ts`; `workspace` is that of its own results all the same. */
  readonly settings: readonly Setting[];
  /** The same, that asks a store besides, where there is one. */
  locatorWith(store: FileStore | undefined): Locator;
  /** What else its `study.ts` exports. */
  readonly exported: Readonly<Record<string, unknown>>;
}

/**
 * The study of a folder: what its `study.ts` exports as `study`, its results and its report beside it.
 * The project's own if no folder is given.
 *
 * @param folder absolute, or from the project's root
 * @param set settings in place of its own, such as `baseline.epochs=12`; none if omitted
 * @throws {Refused} where there is no `study.ts` in it, with the study that was meant, if one is near
 * @throws {Refused} where the study has faults, with every one, before anything else happens; so it is
 * with what is set
 */
export async function project(
  folder = "",
  set: readonly string[] = [],
): Promise<Project> {
  const home = resolve(root, folder);
  const name = relative(root, home);
  const path = join(home, "study.ts");
  const isThere = await Deno.stat(path).then((info) => info.isFile, () => false);
  if (!isThere) throw new Refused(await noStudy(home, name));
  const exported = await exportsOf(path);
  if (!("study" in exported)) {
    throw new Refused(`${path} exports no \`study\`, which is what tasks look for.`);
  }
  const file = join(name, "study.ts");
  const declared = checkedStudy(exported.study, file);
  const { study, settings } = changed(declared.study, set);
  const flags = settings.map((setting) => ` --set=${settingText(setting)}`).join("");
  const checked = settings.length === 0 ? declared : checkedStudy(study, `${file} with${flags}`);
  const cache = join(root, ".cache");
  const remembered = await rememberedData(home);
  // Asked for only by tasks that may read the environment.
  const locatorWith = (store?: FileStore) =>
    locator({
      data: dataFolder(checked.study.data, {
        cache,
        home,
        remembered,
        named: {
          ATELIER_DATA_DIR: variable("ATELIER_DATA_DIR"),
          // The name that the project's own study had for it.
          ...(home === resolve(root) ? { FASHION_MNIST_DIR: variable("FASHION_MNIST_DIR") } : {}),
        },
      }),
      weights: weightsFolder(cache, variable("IMAGENET_WEIGHTS_DIR")),
    }, store);
  return {
    ...checked,
    folder: name,
    workspace: { root, home, cache },
    plan: planOf(checked),
    settings,
    exported,
    locatorWith,
    get locator() {
      return locatorWith();
    },
  };
}

/** What a module exports; an error in it is whoever's who wrote it. */
async function exportsOf(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refused(`${path} cannot be loaded: ${why}`, { cause: error });
  }
}

/** A study with what is set. */
function changed(study: unknown, set: readonly string[]) {
  try {
    const settings = settingsOf(study, set);
    return { settings, study: withSettings(study, settings) };
  } catch (error) {
    throw refusalOf(error, SettingError);
  }
}

function checkedStudy(value: unknown, file: string): CheckedStudy {
  try {
    return checkStudy(value, file);
  } catch (error) {
    throw refusalOf(error, StudyError);
  }
}

/** That there is no study in a folder, and which there are. */
async function noStudy(home: string, name: string): Promise<string> {
  const isFolder = await Deno.stat(home).then((info) => info.isDirectory, () => false);
  if (isFolder || name.startsWith("..")) {
    return `${home} is no study: there is no study.ts in it.`;
  }
  const there = (await studyFolders()).map((folder) => relative(root, folder)).filter(Boolean);
  return unknownWord("study", name, there.map((folder) => folder.replaceAll("\\", "/")).sort());
}

/** The folders of the studies that are in the project. */
export async function studyFolders(): Promise<string[]> {
  const folders = join(root, "studies");
  const found = await Array.fromAsync(Deno.readDir(folders)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  return [
    resolve(root),
    ...found.filter(({ isDirectory }) => isDirectory).map(({ name }) => join(folders, name)),
  ];
}

/**
 * Folders of the studies whose results are kept in git: the project's own, which is an empty name, and
 * those below `studies/`. Only the own one where git is not there or knows nothing of this folder.
 */
export async function keptStudies(): Promise<string[]> {
  const manifest = "/results/prepare/manifest.json";
  const listed = await git(root, "ls-files", "-z", "--", `studies/*${manifest}`).catch(() => "");
  return ["", ...listed.split("\0").filter(Boolean).map((path) => path.slice(0, -manifest.length))];
}
