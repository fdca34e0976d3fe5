/** Where a study's files are: the real one's in the project, the demonstration's in `demo/`. @module */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dataFolder } from "../src/data/source.ts";
import { type Locator, locator } from "../src/files/locate.ts";
import { weightsFolder } from "../src/models/imagenet_source.ts";
import type { Planned } from "../src/pipeline/stage.ts";
import type { Workspace } from "../src/pipeline/workspace.ts";
import { type CheckedStudy, checkStudy, planOf } from "../src/stages/plan.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A study with everything that its tasks need. */
export interface Project extends CheckedStudy {
  readonly workspace: Workspace;
  readonly plan: readonly Planned[];
  readonly locator: Locator;
}

/**
 * The study of `study.ts`, or the synthetic one where `demo` is true.
 *
 * @throws {StudyError} where the study has faults, with every one, before anything else happens
 */
export async function project(demo: boolean): Promise<Project> {
  const exported = await import("../study.ts");
  const checked = checkStudy(demo ? exported.demo : exported.study);
  const workspace: Workspace = demo
    ? { root, home: join(root, "demo"), cache: join(root, ".cache", "demo") }
    : { root, home: root, cache: join(root, ".cache") };
  const { cache } = workspace;
  return {
    ...checked,
    workspace,
    plan: planOf(checked),
    // Asked for only by tasks that may read the environment.
    get locator() {
      return locator({
        data: dataFolder(checked.study.data, cache, folder("FASHION_MNIST_DIR")),
        weights: weightsFolder(cache, folder("IMAGENET_WEIGHTS_DIR")),
      });
    },
  };
}

/** A folder that the user named in the environment; an empty name is none. */
const folder = (variable: string) => Deno.env.get(variable) || undefined;
