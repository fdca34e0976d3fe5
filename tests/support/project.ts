/** An empty project and an environment for tests of set-up. @module */

/** Runs `test` with an empty folder in the place of a project, and removes the folder. */
export async function withProject(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    // Nothing of the person who runs the tests takes part.
    await withVariables(
      { LIBTENSORFLOW_DIR: undefined, XDG_CACHE_HOME: `${root}/cache` },
      () => test(root),
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Runs `test` with environment variables set, or taken away, and puts them back. */
export async function withVariables(
  variables: Readonly<Record<string, string | undefined>>,
  test: () => Promise<void>,
): Promise<void> {
  const put = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  const before = Object.keys(variables).map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name, value] of Object.entries(variables)) put(name, value);
    await test();
  } finally {
    for (const [name, value] of before) put(name, value);
  }
}
