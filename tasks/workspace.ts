/** A study with everything that its tasks need. @module */
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dataFolder, rememberedData } from "../src/data/places.ts";
import { type Locator, locator } from "../src/files/locate.ts";
import { variable } from "../src/files/programs.ts";
import { weightsFolder } from "../src/models/imagenet_source.ts";
import { git } from "../src/pipeline/machine.ts";
import type { Planned } from "../src/pipeline/stage.ts";
import type { Workspace } from "../src/pipeline/workspace.ts";
import { type CheckedStudy, checkStudy, planOf } from "../src/stages/plan.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A study with everything that its tasks need. */
export interface Project extends CheckedStudy {
  /** Its folder as seen from the project, such as `studies/garments`; empty for the project's own. */
  readonly folder: string;
  readonly workspace: Workspace;
  readonly plan: readonly Planned[];
  readonly locator: Locator;
  /** What else its `study.ts` exports. */
  readonly exported: Readonly<Record<string, unknown>>;
}

/**
 * The study of a folder: what its `study.ts` exports as `study`, its results and its report beside it.
 * The project's own if no folder is given.
 *
 * @param folder absolute, or from the project's root
 * @throws {Error} where there is no `study.ts` in it
 * @throws {StudyError} where the study has faults, with every one, before anything else happens
 */
export async function project(folder = ""): Promise<Project> {
  const home = resolve(root, folder);
  const name = relative(root, home);
  const path = join(home, "study.ts");
  const isThere = await Deno.stat(path).then((info) => info.isFile, () => false);
  if (!isThere) throw new Error(`${home} is no study: there is no study.ts in it.`);
  const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
  if (!("study" in exported)) {
    throw new Error(`${path} exports no \`study\`, which is what tasks look for.`);
  }
  const checked = checkStudy(exported.study, join(name, "study.ts"));
  const cache = join(root, ".cache");
  const remembered = await rememberedData(home);
  return {
    ...checked,
    folder: name,
    workspace: { root, home, cache },
    plan: planOf(checked),
    exported,
    // Asked for only by tasks that may read the environment.
    get locator() {
      return locator({
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
      });
    },
  };
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
