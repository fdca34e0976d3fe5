import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { bomOf } from "../../src/crate/sbom.ts";
import { inFolder } from "../support/data_files.ts";

const project = { name: "toy", version: "1.0.0", licence: "MIT" };
const deno = { name: "Deno", version: "2.9.6", licence: "MIT" };

const integrity = (text: string) => `sha512-${createHash("sha512").update(text).digest("base64")}`;
const hex = (text: string) => createHash("sha512").update(text).digest("hex");

/** `vl` is resolved beside `@a/b`; there are two `c`, one of them for one system alone. */
const lock = {
  version: "5",
  specifiers: {
    "jsr:@std/csv@1.0.6": "1.0.6",
    "npm:vl@6.5.0": "6.5.0_@a+b@1.0.0-rc.1",
    "npm:@a/b@1.0.0-rc.1": "1.0.0-rc.1",
  },
  jsr: { "@std/csv@1.0.6": { integrity: "0".repeat(64) } },
  npm: {
    "@a/b@1.0.0-rc.1": { integrity: integrity("b"), dependencies: ["c@2.0.0"] },
    "c@1.0.0": { integrity: integrity("c1"), os: ["plan9"], cpu: ["mips"] },
    "c@2.0.0": { integrity: integrity("c2"), optionalDependencies: ["c@1.0.0"] },
    "vl@6.5.0_@a+b@1.0.0-rc.1": { integrity: integrity("vl"), dependencies: ["@a/b"] },
  },
  workspace: {
    dependencies: [
      "jsr:@std/assert@1.0.13",
      "jsr:@std/csv@1.0.6",
      "npm:@a/b@1.0.0-rc.1",
      "npm:vl@6.5.0",
    ],
  },
};

const installed = {
  "@a+b@1.0.0-rc.1/node_modules/@a/b": { license: "(MIT OR Apache-2.0)" },
  "c@2.0.0/node_modules/c": { license: "SEE LICENSE IN COPYING" },
  "vl@6.5.0/node_modules/vl": { licenses: [{ type: "BSD-3-Clause", url: "somewhere" }] },
};

const withLock = (content: unknown, test: (root: string) => Promise<void>) =>
  inFolder(async (root) => {
    await Deno.writeTextFile(join(root, "deno.lock"), JSON.stringify(content));
    for (const [folder, content] of Object.entries(installed)) {
      const path = join(root, "node_modules", ".deno", folder, "package.json");
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, JSON.stringify(content));
    }
    await test(root);
  });

Deno.test("the list of software has every package of the lock, with digest, licence and needs", () =>
  withLock(lock, async (root) => {
    const { document, packages, unlicensed } = await bomOf(root, project, [deno], "2026-01-01");
    assertEquals([packages, unlicensed], [4, 1]);
    const library = (ref: string, name: string, version: string) => ({
      type: "library",
      "bom-ref": ref,
      name,
      version,
    });
    const sha512 = (text: string) => [{ alg: "SHA-512", content: hex(text) }];
    assertEquals(document, {
      $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: {
        timestamp: "2026-01-01",
        component: {
          type: "application",
          "bom-ref": "project",
          name: "toy",
          version: "1.0.0",
          licenses: [{ expression: "MIT" }],
        },
      },
      components: [
        {
          type: "platform",
          "bom-ref": "Deno@2.9.6",
          name: "Deno",
          version: "2.9.6",
          licenses: [{ expression: "MIT" }],
        },
        {
          ...library("jsr:@std/assert@1.0.13", "@std/assert", "1.0.13"),
          description: "A stand-in that is part of this project, in compat/jsr",
          licenses: [{ expression: "MIT" }],
        },
        {
          ...library("jsr:@std/csv@1.0.6", "@std/csv", "1.0.6"),
          hashes: [{ alg: "SHA-256", content: "0".repeat(64) }],
        },
        {
          ...library("npm:@a/b@1.0.0-rc.1", "b", "1.0.0-rc.1"),
          group: "@a",
          scope: "required",
          hashes: sha512("b"),
          licenses: [{ expression: "(MIT OR Apache-2.0)" }],
          purl: "pkg:npm/%40a/b@1.0.0-rc.1",
        },
        {
          ...library("npm:c@1.0.0", "c", "1.0.0"),
          scope: "optional",
          hashes: sha512("c1"),
          purl: "pkg:npm/c@1.0.0",
        },
        {
          ...library("npm:c@2.0.0", "c", "2.0.0"),
          scope: "required",
          hashes: sha512("c2"),
          licenses: [{ license: { name: "SEE LICENSE IN COPYING" } }],
          purl: "pkg:npm/c@2.0.0",
        },
        {
          ...library("npm:vl@6.5.0_@a+b@1.0.0-rc.1", "vl", "6.5.0"),
          scope: "required",
          hashes: sha512("vl"),
          licenses: [{ expression: "BSD-3-Clause" }],
          purl: "pkg:npm/vl@6.5.0",
        },
      ],
      dependencies: [
        {
          ref: "project",
          dependsOn: [
            "Deno@2.9.6",
            "jsr:@std/assert@1.0.13",
            "jsr:@std/csv@1.0.6",
            "npm:@a/b@1.0.0-rc.1",
            "npm:vl@6.5.0_@a+b@1.0.0-rc.1",
          ],
        },
        { ref: "npm:@a/b@1.0.0-rc.1", dependsOn: ["npm:c@2.0.0"] },
        { ref: "npm:c@1.0.0", dependsOn: [] },
        { ref: "npm:c@2.0.0", dependsOn: ["npm:c@1.0.0"] },
        { ref: "npm:vl@6.5.0_@a+b@1.0.0-rc.1", dependsOn: ["npm:@a/b@1.0.0-rc.1"] },
      ],
    });
  }));

Deno.test("a lock that cannot be used is refused with what is wrong", async () => {
  const refused = async (content: unknown) => {
    let message = "";
    await withLock(content, async (root) => {
      ({ message } = await assertRejects(() => bomOf(root, project, [], "2026-01-01"), Error));
    });
    return message;
  };
  assertMatch(await refused({ ...lock, version: "6" }), /^deno\.lock is not .* at version$/);
  const { "c@2.0.0": _, ...npm } = lock.npm;
  assertMatch(await refused({ ...lock, npm }), /^deno\.lock lacks c@2\.0\.0, which @a\/b@1/);
});
