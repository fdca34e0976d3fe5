/**
 * What software the project is made of, as a CycloneDX 1.6 document: every package that `deno.lock`
 * pins, with those that packages need, and what computed the results.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../files/digest.ts";

/** What of `deno.lock` is used here. */
const lock = z.looseObject({
  version: z.literal("5"),
  /** Version by what is asked for: `npm:zod@4.6.7`. */
  specifiers: z.record(z.string(), z.string()),
  /** By name and version, such as `vega-lite@6.5.0_vega@6.4.0`. */
  npm: z.record(
    z.string(),
    z.looseObject({
      integrity: z.string().regex(/^sha512-[A-Za-z0-9+/]+=*$/),
      dependencies: z.array(z.string()).default([]),
      optionalDependencies: z.array(z.string()).default([]),
      os: z.array(z.string()).optional(),
      cpu: z.array(z.string()).optional(),
    }),
  ),
  /** Empty where stand-ins are linked. */
  jsr: z.record(z.string(), z.looseObject({ integrity: z.string().regex(/^[0-9a-f]{64}$/) }))
    .default({}),
  workspace: z.looseObject({ dependencies: z.array(z.string()) }),
});

/** What of a package's `package.json` is used here; its older forms too. */
const licence = z.union([z.string(), z.looseObject({ type: z.string() })]);
const manifest = z.looseObject({
  license: licence.optional(),
  licenses: z.array(licence).optional(),
});

/** Software that is described. */
export interface Software {
  readonly name: string;
  readonly version: string;
  /** Its licence as an SPDX expression. */
  readonly licence: string;
  readonly description?: string;
}

/** A list of software, and how many packages are without a licence in it: they are not installed here. */
export interface Bom {
  readonly document: Json;
  readonly packages: number;
  readonly unlicensed: number;
}

/**
 * Makes the list from `deno.lock`; licences are those of the packages that are installed.
 *
 * @param root the project's folder
 * @param project the project itself
 * @param platforms what it runs on, besides packages
 * @param timestamp when the results were finished, as ISO 8601
 * @throws {Error} where `deno.lock` cannot be used, with the reason
 */
export async function bomOf(
  root: string,
  project: Software,
  platforms: readonly Software[],
  timestamp: string,
): Promise<Bom> {
  const parsed = lock.safeParse(JSON.parse(await Deno.readTextFile(join(root, "deno.lock"))));
  if (!parsed.success) {
    const faults = z.prettifyError(parsed.error).replaceAll("\n", " ");
    throw new Error(`deno.lock is not of a form that is known here: ${faults}`);
  }
  const { npm, jsr, specifiers, workspace } = parsed.data;
  const keys = Object.keys(npm);

  const packages = await Promise.all(keys.map(async (key) => {
    const { name, version } = nameAndVersion(key);
    const { integrity, os, cpu } = npm[key];
    const licence = await licenceOf(root, name, version);
    const [, scope, plain] = /^(?:@([^/]+)\/)?(.+)$/.exec(name)!;
    return {
      type: "library",
      "bom-ref": `npm:${key}`,
      ...(scope ? { group: `@${scope}` } : {}),
      name: plain,
      version,
      // Packages for one system or processor are there where they fit.
      scope: os || cpu ? "optional" : "required",
      hashes: [{ alg: "SHA-512", content: hexOf(integrity.slice("sha512-".length)) }],
      ...(licence === undefined ? {} : { licenses: [licence] }),
      purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    };
  }));

  const asked = workspace.dependencies.map((specifier) => {
    const [registry, rest] = specifier.split(/:(.*)/);
    const { name, version } = nameAndVersion(rest);
    // Stand-ins are not locked; they have the version that is asked for.
    return { ref: `${registry}:${name}@${specifiers[specifier] ?? version}`, name, version };
  });
  const fromJsr = asked.filter(({ ref }) => ref.startsWith("jsr:")).map(
    ({ ref, name, version }) => {
      const locked = jsr[ref.slice("jsr:".length)];
      return {
        type: "library",
        "bom-ref": ref,
        name,
        version,
        ...(locked ? { hashes: [{ alg: "SHA-256", content: locked.integrity }] } : {
          description: "A stand-in that is part of this project, in compat/jsr",
          licenses: [{ expression: project.licence }],
        }),
      };
    },
  );
  const below = platforms.map(({ name, version, licence, description }) => ({
    type: "platform",
    "bom-ref": `${name}@${version}`,
    name,
    version,
    ...(description ? { description } : {}),
    licenses: [{ expression: licence }],
  }));

  const itself = "project";
  return {
    document: {
      $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: {
        timestamp,
        component: {
          type: "application",
          "bom-ref": itself,
          name: project.name,
          version: project.version,
          licenses: [{ expression: project.licence }],
        },
      },
      components: [...below, ...fromJsr, ...packages],
      dependencies: [
        {
          ref: itself,
          dependsOn: [...below.map((it) => it["bom-ref"]), ...asked.map(({ ref }) => ref)],
        },
        ...keys.map((key) => ({
          ref: `npm:${key}`,
          dependsOn: [...npm[key].dependencies, ...npm[key].optionalDependencies]
            .map((needed) => `npm:${locked(needed, keys, key)}`),
        })),
      ],
    },
    packages: packages.length,
    unlicensed: packages.filter((it) => !("licenses" in it)).length,
  };
}

/** `@a/b@1.0.0_c@2.0.0`, where the package is resolved beside `c`, as name and version. */
function nameAndVersion(key: string): { name: string; version: string } {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(key)!;
  return { name, version };
}

/** The key of a package that another one needs: the lock tells its version only where there are several. */
function locked(needed: string, keys: readonly string[], by: string): string {
  const key = keys.find((key) =>
    key === needed || key.startsWith(`${needed}_`) || nameAndVersion(key).name === needed
  );
  if (key === undefined) throw new Error(`deno.lock lacks ${needed}, which ${by} needs.`);
  return key;
}

/** Base64 as hexadecimal digits. */
const hexOf = (base64: string) => Uint8Array.fromBase64(base64).toHex();

/** Licences by their SPDX identifiers, put together by AND, OR and WITH. */
const EXPRESSION = /^\(?[A-Za-z0-9.+-]+( (AND|OR|WITH) \(?[A-Za-z0-9.+-]+\)?)*\)?$/;

/** The licence of an installed package, as CycloneDX has it; undefined where it is not installed or has none. */
async function licenceOf(root: string, name: string, version: string) {
  const folder = `${name.replace("/", "+")}@${version}`;
  const path = join(root, "node_modules", ".deno", folder, "node_modules", name, "package.json");
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { license, licenses = [] } = manifest.parse(JSON.parse(text));
  const names = (license === undefined ? licenses : [license])
    .map((it) => typeof it === "string" ? it : it.type);
  if (names.length === 0) return undefined;
  // Of several, one may be chosen.
  const said = names.join(" OR ");
  return EXPRESSION.test(said) ? { expression: said } : { license: { name: said } };
}
