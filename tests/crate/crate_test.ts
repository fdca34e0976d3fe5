/** `deno task crate`: what a crate of the committed results holds and says, by the rules of RO-Crate. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { z } from "zod";
import { checkCredits } from "../../src/crate/credits.ts";
import { writeCrate } from "../../src/crate/crate.ts";
import { sha256 } from "../../src/files/digest.ts";
import { locator } from "../../src/files/locate.ts";
import { requireManifest } from "../../src/pipeline/manifest.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { counted } from "../../src/report/markdown.ts";
import { checkStudy, type Study } from "../../src/stages/plan.ts";
import { credits, study } from "../../study.ts";
import { project } from "../../tasks/workspace.ts";
import { inFolder } from "../support/data_files.ts";

const { workspace } = await project();

/** Finds nothing: weights that this machine has, and that the results lack, would make them stale. */
const nowhere = locator(
  Object.fromEntries(
    ["data", "weights"].map((kind) => [kind, { places: [], cache: join("no", "where") }]),
  ),
);

const write = (target: string, from: Workspace = workspace, of: Study = study) =>
  writeCrate(checkStudy(of), from, nowhere, checkCredits(credits), target);

/** A reference, one of several, or a value. */
const reference = z.strictObject({ "@id": z.string() });
const entity = z.record(z.string(), z.unknown()).and(
  z.object({ "@id": z.string(), "@type": z.string() }),
);
const document = z.strictObject({ "@context": z.array(z.unknown()), "@graph": z.array(entity) });
type Entity = z.infer<typeof entity>;

const refsIn = (value: unknown): string[] =>
  [value].flat().flatMap((it) => {
    const { data } = reference.safeParse(it);
    return data ? [data["@id"]] : [];
  });

async function entitiesOf(folder: string): Promise<Map<string, Entity>> {
  const text = await Deno.readTextFile(join(folder, "ro-crate-metadata.json"));
  const graph = document.parse(JSON.parse(text))["@graph"];
  const entities = new Map(graph.map((it) => [it["@id"], it]));
  assertEquals(entities.size, graph.length, "nothing is described twice");
  return entities;
}

async function filesIn(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, below))) {
    if (isDirectory) found.push(...await filesIn(folder, `${below}${name}/`));
    else found.push(below + name);
  }
  return found.sort();
}

Deno.test("a crate of the committed results", async (t) =>
  await inFolder(async (parent) => {
    const folder = join(parent, "crates", "study");
    const crate = await write(folder);
    const entities = await entitiesOf(folder);
    const files = await filesIn(folder);
    const root = entities.get("./")!;
    const ofType = (type: string) =>
      [...entities.values()].filter((it) => it["@type"] === type && it !== root);

    await t.step("describes itself as RO-Crate asks", () => {
      const descriptor = entities.get("ro-crate-metadata.json")!;
      assertEquals(descriptor["@type"], "CreativeWork");
      assertEquals(descriptor.conformsTo, { "@id": "https://w3id.org/ro/crate/1.1" });
      assertEquals(descriptor.about, { "@id": "./" });
      assertEquals(root["@type"], "Dataset");
      for (const property of ["name", "description", "version"]) {
        assert(String(root[property]).length > 2, property);
      }
      assertMatch(String(root.datePublished), /^20\d\d-\d\d-\d\dT[\d:.]+Z$/);
      assertEquals(root.license, { "@id": "https://spdx.org/licenses/MIT" });
      assertEquals(entities.get(refsIn(root.author)[0])?.name, "The Atelier contributors");
    });

    await t.step("describes all that it refers to, and refers to all that it describes", () => {
      const reached = new Set<string>(["./", "ro-crate-metadata.json"]);
      // What is added while it is gone through is gone through, too.
      for (const id of reached) {
        for (const value of Object.values(entities.get(id)!)) {
          for (const other of refsIn(value)) {
            const outside = other === "https://w3id.org/ro/crate/1.1";
            assert(entities.has(other) || outside, `${id} refers to ${other}`);
            if (!outside) reached.add(other);
          }
        }
      }
      assertEquals(new Set(entities.keys()), reached);
    });

    await t.step("lists its files with size and digest, and its folders", async () => {
      const folders = ofType("Dataset").map((it) => it["@id"]);
      const listed = ofType("File").map((it) => it["@id"]);
      assertEquals(new Set(refsIn(root.hasPart)), new Set([...listed, ...folders]));
      for (const { "@id": path, sha256: digest, contentSize, encodingFormat } of ofType("File")) {
        const bytes = await Deno.readFile(join(folder, path));
        assertEquals([digest, contentSize], [sha256(bytes), String(bytes.length)], path);
        assertMatch(String(encodingFormat), /^(text|application|image)\/[\w.+-]+$/, path);
      }
      for (const path of folders) {
        assert(files.some((file) => file.startsWith(path)), `${path} is there`);
      }
      const rest = files.filter((file) => !folders.some((path) => file.startsWith(path)));
      assertEquals(rest, [...listed, "ro-crate-metadata.json"].sort());
      assertEquals(crate.files, files.length);
    });

    await t.step(
      "tells of each stage what it was made with, what it read and what it made",
      async () => {
        const actions = ofType("CreateAction");
        assertEquals(refsIn(root.mentions).sort(), actions.map((it) => it["@id"]).sort());
        assertEquals(
          actions.length,
          checkStudy(study).rooms.length + 1,
          "every stage, and the report",
        );
        const names = (ids: string[]) => ids.map((id) => String(entities.get(id)!.name));
        const digests = (ids: string[]) => ids.map((id) => entities.get(id)!.sha256);
        for (const action of actions) {
          const stage = action["@id"].replace("#run-", "");
          const { manifest, text } = await requireManifest(workspace, stage);
          const { ingredients, outputs, provenance } = manifest;
          assertEquals(action.endTime, provenance.finishedAt);
          assert(String(action.description).includes(manifest.key));
          const tools = names(refsIn(action.instrument));
          const trained = Object.keys(provenance.jobs).length > 0;
          assertEquals(tools, ["Atelier", "Deno", ...(trained ? ["TensorFlow"] : [])]);
          const [first, ...read] = refsIn(action.object);
          assertEquals(first, "study.ts");
          const inputs = Object.values(ingredients.inputs);
          assertEquals(digests(read).slice(0, inputs.length), inputs);
          assertEquals(
            digests(refsIn(action.result)),
            [sha256(text), ...Object.values(outputs).map((it) => it.sha256)],
          );
          assertEquals(
            names(read.slice(inputs.length)).length,
            { prepare: 4, transfer: 2 }[stage] ?? 0,
            "files of other people's",
          );
        }
      },
    );

    await t.step("says whose the data and weights are, by digest and licence", () => {
      assertEquals(crate.uncredited, []);
      const outside = [...entities.values()].filter((it) => it["@id"].startsWith("#outside/"));
      const licences = outside.map((it) => {
        assertMatch(String(it.sha256), /^[0-9a-f]{64}$/);
        const work = entities.get(refsIn(it.isPartOf)[0])!;
        assertEquals(work.license, it.license);
        return [work.name, entities.get(refsIn(work.creator)[0])?.name, ...refsIn(work.license)];
      });
      const spdx = "https://spdx.org/licenses";
      assertEquals(licences, [
        ...Array(4).fill(["Fashion-MNIST", "Zalando SE", `${spdx}/MIT`]),
        [
          "VGG16 trained on ImageNet",
          "Visual Geometry Group, University of Oxford",
          `${spdx}/CC-BY-4.0`,
        ],
        ["ResNetV2 trained on ImageNet", "TensorFlow Slim", `${spdx}/Apache-2.0`],
      ]);
    });

    await t.step(
      "lists all software that the lock has, each package needed by another",
      async () => {
        const bom = JSON.parse(await Deno.readTextFile(join(folder, "sbom.cdx.json")));
        const lock = JSON.parse(await Deno.readTextFile(join(workspace.root, "deno.lock")));
        const refs: string[] = bom.components.map((it: { "bom-ref": string }) => it["bom-ref"]);
        assertEquals(
          refs.filter((it) => it.startsWith("npm:")),
          Object.keys(lock.npm).map((key) => `npm:${key}`),
        );
        assertEquals(crate.packages, Object.keys(lock.npm).length);
        const needs = new Map<string, string[]>(
          bom.dependencies.map((
            it: { ref: string; dependsOn: string[] },
          ) => [it.ref, it.dependsOn]),
        );
        const reached = new Set(["project"]);
        for (const it of reached) for (const needed of needs.get(it) ?? []) reached.add(needed);
        assertEquals(reached, new Set(["project", ...refs]));
        assert(refs.includes("Deno@2.9.6") && refs.includes("TensorFlow@2.21.0"));
        // Those that are not installed are for other systems. Two packages that a server of the tests
        // needs name their licence (MIT) elsewhere.
        const without = bom.components.filter((it: { scope?: string; licenses?: unknown }) =>
          !it.licenses && it.scope !== "optional"
        );
        assertEquals(without.map(({ name }: { name: string }) => name), [
          "humanize-number",
          "only",
        ]);
      },
    );

    await t.step("has every file that is committed, but those for git and CI", async () => {
      const { stdout } = await new Deno.Command("git", {
        args: ["ls-files", "-z"],
        cwd: workspace.root,
      }).output();
      const committed = new TextDecoder().decode(stdout).split("\0")
        .filter((path) => path !== "" && !/(^|\/)\./.test(path));
      assert(committed.length > 400);
      const missing = committed.filter((path) => !files.includes(path));
      assertEquals(missing, [], "src/crate/crate.ts has the list of files and folders");
    });

    await t.step("is a project, whose results are up to date and make the same crate", async () => {
      await Deno.symlink(join(workspace.root, "node_modules"), join(folder, "node_modules"), {
        type: "dir",
      });
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "-q", "crate"],
        cwd: folder,
        env: { IMAGENET_WEIGHTS_DIR: "", NO_COLOR: "1" },
      }).output();
      const [out, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert(success, errors);
      assert(out.startsWith(`crate/study: ${counted(crate.files, "file")}, `), out);
      assertMatch(out, /^[^\n]*, [\d.]+ MB, to be zipped and deposited\.\n/);
      const again = join(folder, "crate", "study");
      assertEquals(await filesIn(again), files);
      // These have the digests of the others.
      for (const name of ["ro-crate-metadata.json", "sbom.cdx.json"]) {
        assertEquals(
          await Deno.readTextFile(join(again, name)),
          await Deno.readTextFile(join(folder, name)),
        );
      }
    });
  }));

Deno.test("there is no crate of results that are stale or altered, and an earlier one stays", () =>
  inFolder(async (parent) => {
    const target = join(parent, "crate");
    await Deno.mkdir(target);
    await Deno.writeTextFile(join(target, "earlier"), "one");
    const refused = async (from: Workspace, of: Study) => {
      const { message } = await assertRejects(() => write(target, from, of), Error);
      assertEquals(await filesIn(parent, "crate/"), ["crate/earlier"]);
      return message;
    };

    const cv = study.cv!;
    const longer = { ...study, cv: { ...cv, recipe: { ...cv.recipe, epochs: 11 } } };
    assertEquals(
      await refused(workspace, longer),
      "No crate is written of results that are stale or altered:\n" +
        "  cv: parameter recipe.epochs: 10 -> 11\n" +
        "  report: waits for cv\n" +
        "  report: parameter study.cv.recipe.epochs: 10 -> 11\n" +
        "Bring them up to date first (`deno task all`).",
    );

    const home = join(parent, "home");
    for (const path of ["report.md", ...await filesIn(workspace.home, "results/")]) {
      await Deno.mkdir(join(home, path, ".."), { recursive: true });
      await Deno.copyFile(join(workspace.home, path), join(home, path));
    }
    const { manifest } = await requireManifest(workspace, "cv");
    const { file } = manifest.outputs["metrics.json"];
    await Deno.writeTextFile(join(home, "results", "cv", file), "[]");
    assertMatch(
      await refused({ ...workspace, home }, study),
      new RegExp(`\\n  cv: results/cv/${file} \\(metrics\\.json\\) is altered\\n`),
    );
  }));
