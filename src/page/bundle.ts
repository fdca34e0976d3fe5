/** A page's script: what it begins with and the packages that it needs, as one text. @module */
import { fileURLToPath } from "node:url";
import { withBundler } from "../files/bundler.ts";

/**
 * Bundles a module by its address. The same code and packages give the same text on every machine.
 *
 * @throws {Error} where a module is missing or is no code
 */
export async function clientScript(entry: string): Promise<string> {
  return await withBundler(async ({ build }) => {
    const { outputFiles: [{ text }] } = await build({
      absWorkingDir: fileURLToPath(new URL("../..", import.meta.url)),
      entryPoints: [fileURLToPath(entry)],
      bundle: true,
      minify: true,
      format: "iife",
      platform: "browser",
      target: "es2023",
      // Of the same operations, without training's layers and other backends.
      alias: { "@tensorflow/tfjs": "@tensorflow/tfjs-core" },
      // Nothing may end the element that the script stands in.
      supported: { "inline-script": false },
      legalComments: "none",
      charset: "ascii",
      write: false,
      logLevel: "silent",
    });
    return text;
  });
}
