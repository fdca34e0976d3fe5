import { assertEquals, assertRejects } from "@std/assert";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { writeManifest } from "../../src/pipeline/manifest.ts";
import { reproduce, type Reproduced } from "../../src/pipeline/reproduce.ts";
import { store } from "../../src/pipeline/store.ts";
import { FAST, inProcess, notesOf, settings, type Toy, withToy } from "../support/toy.ts";

/** Runs a stage of a toy again, and counts the stages that ran for it. */
async function again(toy: Toy, stage: string) {
  const root = await toy.sources();
  const { plan } = await import(pathToFileURL(join(root, "study.ts")).href);
  const workspace = { ...toy.workspace, root };
  let started = 0;
  let found: readonly Reproduced[] = [];
  const work = reproduce(
    workspace,
    plan(settings),
    [stage],
    {
      force: false,
      executor: inProcess(root),
      equip: () => Promise.resolve(FAST),
      locator: notesOf(workspace.cache),
    },
    (event) => void (started += Number(event.type === "started")),
    (_, reproduced) => Promise.resolve(void (found = reproduced)),
  );
  return { work, found: () => found, started: () => started };
}

Deno.test("what was recorded comes out again; what was forged does not, and is named", () =>
  withToy(async (toy) => {
    await toy.run(undefined, { equip: () => Promise.resolve(FAST) });
    const honest = await again(toy, "sums");
    await honest.work;
    assertEquals(honest.found(), [
      { stage: "sums", same: ["jobs.json", "sums.json"], differing: [] },
    ]);
    assertEquals(honest.started(), 2);
    const manifest = await toy.manifest("sums");
    const other = await store(
      toy.workspace,
      "sums",
      "sums.json",
      '{"n":4,"sums":[1,2]}',
      "committed",
    );
    const outputs = { ...manifest.outputs, "sums.json": other };
    await writeManifest(toy.workspace, "sums", { ...manifest, outputs });
    assertEquals(await toy.stale(), {
      page: ["input sums/sums.json changed"],
    });
    const forged = await again(toy, "sums");
    await forged.work;
    assertEquals(forged.found(), [
      { stage: "sums", same: ["jobs.json"], differing: ["sums.json"] },
    ]);
  }));

Deno.test("without a result to compare with, nothing is run again", () =>
  withToy(async (toy) => {
    const { work, started } = await again(toy, "sums");
    await assertRejects(
      () => work,
      Error,
      "There is nothing to compare with: the manifest of sums is missing.",
    );
    assertEquals(started(), 0);
    const unknown = await again(toy, "sum");
    await assertRejects(() => unknown.work, Error, "There is no stage sum.");
  }));
