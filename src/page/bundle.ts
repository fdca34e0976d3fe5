/** The page's script: `client/` and the packages that it needs, as one text. @module */
import { build, stop } from "esbuild";
import { fileURLToPath } from "node:url";

/** The module that it begins with. */
export const CLIENT: string = import.meta.resolve("./client/main.ts");

/**
 * Bundles it. The same code and packages give the same text on every machine.
 *
 * @throws {Error} where a module is missing or is no code
 */
export async function clientScript(): Promise<string> {
  try {
    const { outputFiles: [{ text }] } = await build({
      absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
      entryPoints: [fileURLToPath(CLIENT)],
      bundle: true,
      minify: true,
      format: "iife",
      platform: "browser",
      target: "es2023",
      // Nothing may end the element that the script stands in.
      supported: { "inline-script": false },
      legalComments: "none",
      charset: "ascii",
      write: false,
      logLevel: "silent",
    });
    return text;
  } finally {
    await stop();
  }
}
