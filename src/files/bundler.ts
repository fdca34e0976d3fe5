/** The bundler: one process of it serves all who use it at once, and ends with the last of them. @module */

/**
 * Loaded where it is needed: it reads the environment, which a job that declares itself with this package
 * may not.
 */
export const bundler = () => import("esbuild");

/** How many use it. */
let going = 0;

/** Does something with the bundler. Another one who ended it would leave this one waiting for ever. */
export async function withBundler<T>(
  act: (esbuild: Awaited<ReturnType<typeof bundler>>) => Promise<T>,
): Promise<T> {
  going++;
  const esbuild = await bundler();
  try {
    return await act(esbuild);
  } finally {
    going--;
    if (going === 0) await esbuild.stop();
  }
}
