/** Where a study's files are: the real one's in the project, the demonstration's in `demo/`. @module */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { locator } from "../src/files/locate.ts";
import { weightsFolder } from "../src/models/imagenet_source.ts";
import type { Workspace } from "../src/pipeline/store.ts";
import { stages } from "../src/stages/stages.ts";
import { demo as demoStudy, study } from "../study.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The study, its stages and its workspace; the synthetic one where `demo` is true. */
export function project(demo: boolean) {
  const chosen = demo ? demoStudy : study;
  const workspace: Workspace = demo
    ? { root, home: join(root, "demo"), cache: join(root, ".cache", "demo") }
    : { root, home: root, cache: join(root, ".cache") };
  return { study: chosen, stages: stages(chosen), workspace };
}

/** The folders that the user named in the environment. */
export const userFolders = () => ({
  dataDirectory: Deno.env.get("FASHION_MNIST_DIR") || undefined,
  weightsDirectory: Deno.env.get("IMAGENET_WEIGHTS_DIR") || undefined,
});

/** Says whether a weight file is on this machine. */
export function weightFinder({ cache }: Workspace): (name: string) => Promise<boolean> {
  const files = locator({ weights: weightsFolder(cache, userFolders().weightsDirectory) });
  return (name) => files.isThere({ kind: "weights", name });
}
