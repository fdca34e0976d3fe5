/** An empty project and an environment for tests of set-up. @module */
import type { Variables } from "../../src/files/programs.ts";

/** An environment that has these variables alone. */
export const variablesOf =
  (values: Readonly<Record<string, string | undefined>>): Variables => (name) => values[name];

/** One that has none, so that nothing of the person who runs the tests takes part. */
export const noVariables: Variables = variablesOf({});

/** Runs `test` with an empty folder in the place of a project, and removes the folder. */
export async function withProject(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
