/** Where a study keeps its files. @module */
import { join } from "node:path";

/** Where one study keeps its files. Paths are absolute. */
export interface Workspace {
  /** The project: where source, `deno.json` and `deno.lock` are. */
  readonly root: string;
  /** The study: where `results/`, published files such as `report.md` and local artifacts are. */
  readonly home: string;
  /** Where finished jobs are, which studies share. */
  readonly cache: string;
}

/** The folder of a stage's committed artifacts and manifest. */
export const resultsDirectory = (workspace: Workspace, stage: string): string =>
  join(workspace.home, "results", stage);

/** The folder of a stage's local artifacts. */
export const localDirectory = (workspace: Workspace, stage: string): string =>
  join(workspace.home, ".cache", "artifacts", stage);

/** The folder of a study's runs with other settings, each in a folder that is its home. */
export const runsDirectory = ({ home }: Pick<Workspace, "home">): string =>
  join(home, ".cache", "runs");
