import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Contents, metadataOf } from "../../src/crate/metadata.ts";
import type { JsonObject } from "../../src/files/digest.ts";
import { requireManifest } from "../../src/pipeline/manifest.ts";
import { project } from "../../tasks/workspace.ts";

const { workspace } = await project();
const { manifest } = await requireManifest(workspace, "prepare");

/** A crate of one stage, with what is not in that of the committed results. */
const contents: Contents = {
  title: "Drawn",
  synthetic: true,
  citation: {
    "cff-version": "1.2.0",
    message: "Please cite it.",
    title: "Toy",
    abstract: "A toy.",
    version: "1.0.0",
    license: "MIT",
    authors: [
      { "given-names": "Ada", "family-names": "A", orcid: "https://orcid.org/0000-0000-0000-0000" },
      { "given-names": "Bo", "family-names": "B" },
    ],
  },
  parts: [{ path: "a file.npy", bytes: 3, sha256: "0".repeat(64), description: "Three bytes" }],
  folders: [],
  paths: new Map([
    ["prepare/manifest.json", "m.json"],
    ...Object.keys(manifest.outputs).map((name): [string, string] => [`prepare/${name}`, name]),
  ]),
  runs: [{
    stage: "prepare",
    about: "Draws",
    manifest: {
      ...manifest,
      lacking: [{ kind: "weights", name: "w.h5" }],
      provenance: { ...manifest.provenance, revision: null },
    },
    outside: [{
      kind: "data",
      name: "d.gz",
      digest: "0".repeat(32),
      addresses: ["https://a.b/d.gz"],
    }],
  }],
  credits: [],
};

const entities = (contents: Contents) => {
  const { "@graph": graph } = metadataOf(contents) as { "@graph": JsonObject[] };
  return new Map(graph.map((it) => [it["@id"], it]));
};

Deno.test("a crate of drawn images says so first", () => {
  const describes = (synthetic: boolean) =>
    String(entities({ ...contents, synthetic }).get("./")!.description);
  assertMatch(describes(true), /^Synthetic: .* no figure is a result on real ones\. A toy\.$/);
  assertEquals(describes(false), "A toy.");
});

Deno.test("authors are known by their ORCID, where CITATION.cff has it", () => {
  const found = entities(contents);
  assertEquals(found.get("./")!.author, [
    { "@id": "https://orcid.org/0000-0000-0000-0000" },
    { "@id": "#author-2" },
  ]);
  assertEquals(found.get("#author-2"), { "@id": "#author-2", "@type": "Person", name: "Bo B" });
});

Deno.test("a path that is no address is written as one", () => {
  const file = entities(contents).get("a%20file.npy")!;
  assertEquals([file.name, file.encodingFormat], ["a file.npy", "application/octet-stream"]);
});

Deno.test("a file of other people's that nobody credits has no licence, and what is known of it", () => {
  const { license, isPartOf, ...file } = entities(contents).get("#outside/d.gz")!;
  assertEquals([license, isPartOf], [undefined, undefined]);
  assertEquals(file.identifier, `md5:${"0".repeat(32)}`);
  assertEquals(file.url, ["https://a.b/d.gz"]);
  assert(!("sha256" in file));
});

Deno.test("how a stage ran says what it lacked, and that there was no git", () => {
  const { description } = entities(contents).get("#run-prepare")!;
  assertMatch(
    String(description),
    /Run outside git\. .* the result says less: w\.h5\. .* in m\.json\.$/,
  );
});
