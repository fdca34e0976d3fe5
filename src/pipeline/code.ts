/**
 * The digest of a module's code: what it and everything it imports come to once comments,
 * formatting, types and unused code are gone, and the locked versions of the packages it uses.
 * It is part of a stage's key, so that a changed line of training code makes the stage stale and a
 * changed comment does not.
 *
 * @module
 */
import * as esbuild from "esbuild";
import { join } from "node:path";
import { sha256 } from "../files/digest.ts";

/** What a module's code comes to. Two digests are equal when all their values are. */
export interface CodeDigest {
  /** SHA-256 of what each source file contributes, by path from the project's root. */
  readonly files: { readonly [path: string]: string };
  /** Version of each package imported, by the name it is imported by. */
  readonly packages: { readonly [name: string]: string };
}

/**
 * Digests modules, each by its path from `root`.
 *
 * esbuild bundles each with packages left outside, which drops types and unused code, and marks
 * where every file's part begins; each part is then minified, which drops comments and formatting.
 * Throws an Error that names the file and place when a module cannot be bundled.
 */
export async function digestCode(
  root: string,
  modules: readonly string[],
): Promise<Map<string, CodeDigest>> {
  const versions = await packageVersions(root);
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [...modules],
    bundle: true,
    packages: "external",
    format: "esm",
    target: "esnext",
    minifySyntax: true,
    legalComments: "none",
    write: false,
    metafile: true,
    outdir: "out",
    outbase: ".",
    logLevel: "silent",
  }).catch((error: esbuild.BuildFailure) => {
    const first = error.errors?.[0];
    const place = first?.location ? `${first.location.file}:${first.location.line}: ` : "";
    throw new Error(`The code of a stage cannot be digested: ${place}${first?.text ?? error}`);
  });
  const parts = new Map<string, Promise<string>>();
  const minified = (part: string) => {
    if (!parts.has(part)) {
      parts.set(
        part,
        esbuild.transform(part, { minify: true, target: "esnext" }).then((out) => sha256(out.code)),
      );
    }
    return parts.get(part)!;
  };
  const digests = new Map<string, CodeDigest>();
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    const { text } = result.outputFiles.find((file) => file.path === join(root, path))!;
    const files: Record<string, string> = {};
    // esbuild writes each file's part after a line `// <path>`.
    const pieces = text.split(/^\/\/ (.+)$/m);
    for (let i = 1; i < pieces.length; i += 2) {
      if (pieces[i] in output.inputs) files[pieces[i]] = await minified(pieces[i + 1]);
    }
    const packages: Record<string, string> = {};
    for (const { path } of output.imports) {
      if (path.startsWith("node:")) continue;
      const name = path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
      packages[name] = versions.get(name) ?? "unknown";
    }
    digests.set(output.entryPoint!, { files, packages });
  }
  await esbuild.stop();
  return digests;
}

/** The locked version of every package in the import map; a linked one's own version. */
async function packageVersions(root: string): Promise<Map<string, string>> {
  const read = async (file: string) => JSON.parse(await Deno.readTextFile(join(root, file)));
  const config = await read("deno.json") as { imports: Record<string, string> };
  const lock = await read("deno.lock") as { specifiers: Record<string, string> };
  return new Map(
    Object.entries(config.imports).map(([name, specifier]) => [
      name,
      // npm versions carry their peers after an underscore. Linked packages are not locked: the
      // import map pins them.
      lock.specifiers[specifier]?.split("_")[0] ?? specifier.slice(specifier.lastIndexOf("@") + 1),
    ]),
  );
}
