/**
 * The digest of a module's code: what it and everything it imports come to once comments,
 * formatting, types, unused code and the texts of errors are gone, and the locked versions of the
 * packages it uses. It is part of a stage's key, so that a changed line of training code makes the
 * stage stale and a changed comment does not.
 *
 * @module
 */
import { type AnyNode, parse } from "acorn";
import type * as esbuild from "esbuild";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { bundler, withBundler } from "../files/bundler.ts";
import { sha256 } from "../files/digest.ts";

/** What each source file contributes, by path from the project's root: SHA-256 of what is left of it. */
export type FileDigests = Readonly<Record<string, string>>;

/** What a module's code comes to. */
export interface CodeDigest {
  /** SHA-256 of what the bundler makes of it: where that is the same, so are `files`. */
  readonly text: string;
  readonly files: FileDigests;
  /** Version of each package imported, by the name it is imported by. */
  readonly packages: { readonly [name: string]: string };
}

/** Modules by address, and where their code ends. */
export interface Modules {
  /** Digested without all modules below. */
  readonly entries: Iterable<string>;
  /** Digested each on its own, and without what the compilers are made of; see `Variant`. */
  readonly variants: Iterable<string>;
  /** What they make counts in place of the code in their folders; digested on their own alone. */
  readonly compilers: Iterable<string>;
  /** Not digested at all. */
  readonly apart: Iterable<string>;
}

/** The path of a module from the root, with `/`: how it is called in digests. */
export const modulePath = (root: string, address: string): string =>
  relative(root, fileURLToPath(address)).replaceAll(sep, "/");

/**
 * Digests modules, each by its address. `known` holds the digests of texts that were met before, which
 * spares the second half of what follows.
 *
 * esbuild bundles each with packages left outside, which drops types and unused code, and marks
 * where every file's part begins; each part is then minified, which drops comments and formatting.
 *
 * @throws {Error} that names the file and place where a module cannot be bundled
 */
export async function digestCode(
  root: string,
  { entries, variants, compilers, apart }: Modules,
  known: ReadonlyMap<string, FileDigests>,
): Promise<Map<string, CodeDigest>> {
  const paths = (addresses: Iterable<string>) => [...addresses].map((url) => fileURLToPath(url));
  return await withBundler(async () => {
    const versions = await packageVersions(root);
    const making = await bundle(root, versions, paths(compilers), new Set(), known);
    const made = [...making].flatMap(([module, { files }]) =>
      Object.keys(files).map((file) => join(root, file))
        .filter((file) => dirname(file) === dirname(module))
    );
    const ends = new Set([...paths(variants), ...made, ...paths(apart)]);
    const all = paths([...entries, ...variants]);
    const found = new Map([...await bundle(root, versions, all, ends, known), ...making]);
    return new Map(
      [...entries, ...variants, ...compilers].map((url) => [url, found.get(fileURLToPath(url))!]),
    );
  });
}

/** What texts come to that this process has digested itself. */
const digested = new Map<string, FileDigests>();

/** Digests modules by path; imports of `ends` are not followed. */
async function bundle(
  root: string,
  versions: ReadonlyMap<string, string>,
  modules: readonly string[],
  ends: ReadonlySet<string>,
  known: ReadonlyMap<string, FileDigests>,
): Promise<Map<string, CodeDigest>> {
  if (modules.length === 0) return new Map();
  const { build, transform } = await bundler();
  const result = await build({
    absWorkingDir: root,
    entryPoints: [...new Set(modules)],
    bundle: true,
    packages: "external",
    plugins: ends.size > 0 ? [endsAt(ends)] : [],
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
  const digestAnew = async (part: string) => {
    // Texts go first: short names are given by how often letters occur.
    const { code } = await transform(withoutErrorTexts(await alone(part)), {
      minify: true,
      target: "esnext",
    });
    return sha256(code);
  };
  /** Of parts that are the same in several modules, which is most of them. */
  const found = new Map<string, Promise<string>>();
  const digestOf = (part: string) => {
    const digest = found.get(part) ?? digestAnew(part);
    found.set(part, digest);
    return digest;
  };
  const digests = new Map<string, CodeDigest>();
  for (const [path, output] of Object.entries(result.metafile.outputs)) {
    const { text } = result.outputFiles.find((file) => file.path === join(root, path))!;
    const hash = sha256(text);
    // esbuild writes what a file contributes after a line `// <path>`, in several pieces where others
    // stand between its imports; other such lines stand in texts.
    const parts = new Map<string, string>();
    let file: string | undefined;
    const pieces = text.split(/^\/\/ (.+)$/m);
    for (let i = 1; i < pieces.length; i += 2) {
      const [name, piece] = [pieces[i], pieces[i + 1]];
      const begins = name in output.inputs;
      if (begins) file = name;
      if (file === undefined) continue;
      parts.set(file, (parts.get(file) ?? "") + (begins ? piece : `// ${name}${piece}`));
    }
    const files = known.get(hash) ?? digested.get(hash) ?? Object.fromEntries(
      await Promise.all(
        [...parts].map(async (
          [file, part],
        ): Promise<[string, string]> => [file, await digestOf(part)]),
      ),
    );
    if (!known.has(hash)) digested.set(hash, files);
    const packages: Record<string, string> = {};
    for (const { path } of output.imports) {
      if (path.startsWith("node:") || path.startsWith(".")) continue;
      const name = path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/");
      // Schemas check values, and change none.
      if (name === "zod") continue;
      packages[name] = versions.get(name) ?? "unknown";
    }
    digests.set(join(root, output.entryPoint!), {
      text: hash,
      files,
      packages,
    });
  }
  return digests;
}

/** A file's part as a module of its own: what it exports of other files is declared in theirs. */
async function alone(part: string): Promise<string> {
  const esbuild = await bundler();
  const transform = (part: string) => esbuild.transform(part, { target: "esnext" });
  const { code } = await transform(part).catch((failure: esbuild.TransformFailure) => {
    const names = failure.errors
      .map(({ text }) => text.match(/^"(.+)" is not declared in this file$/)?.[1]);
    if (names.includes(undefined)) throw failure;
    return transform(`import { ${names.join(", ")} } from ".";\n${part}`);
  });
  return code;
}

/** Leaves modules outside of the bundle of those that import them. */
const endsAt = (ends: ReadonlySet<string>): esbuild.Plugin => ({
  name: "ends",
  setup(build) {
    // Asked only for names that occur, since every answer is a message between two processes.
    const names = [...new Set([...ends].map((path) => basename(path).replaceAll(".", "\\.")))];
    build.onResolve(
      { filter: new RegExp(`/(${names.join("|")})$`) },
      ({ path, resolveDir, kind }) =>
        kind !== "entry-point" && ends.has(join(resolveDir, path))
          ? { path, external: true }
          : undefined,
    );
  },
});

/** Names of what is thrown: every error's ends so. */
const ERROR = /(Error|Failure|Refusal|Format)$/;

/**
 * Code without the words that it throws: string literals and templates' texts inside `throw` and
 * inside `new ...Error(...)` are empty. What is put into them stays.
 */
export function withoutErrorTexts(code: string): string {
  const cuts: [start: number, end: number, left: string][] = [];
  const visit = (node: AnyNode, thrown: boolean) => {
    const inside = thrown || node.type === "ThrowStatement" ||
      (node.type === "NewExpression" && node.callee.type === "Identifier" &&
        ERROR.test(node.callee.name));
    if (inside && node.type === "TemplateElement") {
      cuts.push([node.start, node.end, ""]);
      return;
    }
    if (inside && node.type === "Literal" && typeof node.value === "string") {
      cuts.push([node.start, node.end, '""']);
      return;
    }
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isNode(child)) visit(child, inside);
      }
    }
  };
  visit(parse(code, { ecmaVersion: "latest", sourceType: "module" }), false);
  let [kept, at] = ["", 0];
  for (const [start, end, left] of cuts.sort(([a], [b]) => a - b)) {
    kept += code.slice(at, start) + left;
    at = end;
  }
  return kept + code.slice(at);
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

/** The locked version of every package in the import map; a linked one's own version, and the project's own. */
async function packageVersions(root: string): Promise<Map<string, string>> {
  const read = async <T>(file: string, schema: z.ZodType<T>) => {
    const text = await Deno.readTextFile(join(root, file)).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return "{}";
      throw error;
    });
    return schema.parse(JSON.parse(text));
  };
  const names = z.record(z.string(), z.string()).default({});
  const settings = z.looseObject({ name: z.string().optional(), imports: names });
  const { name, version, imports } = await read("deno.json", settings);
  const { specifiers } = await read("deno.lock", z.looseObject({ specifiers: names }));
  const found = Object.entries(imports).map(([name, specifier]): [string, string] => [
    name,
    // npm versions carry their peers after an underscore. Linked packages are not locked: the
    // import map pins them.
    specifiers[specifier]?.split("_")[0] ?? specifier.slice(specifier.lastIndexOf("@") + 1),
  ]);
  return new Map([...found, ...(name === undefined ? [] : [[name, String(version)] as const])]);
}
