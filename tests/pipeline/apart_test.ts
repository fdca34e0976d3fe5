/** Runs with other settings in a place of their own, and what of the cache can go. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { gcKeepsWhatIsNeeded, type Ran, strikeBeside, withBench } from "../support/apart.ts";
import { snapshot } from "../support/snapshot.ts";
import { planOf, stateOf, tree } from "../support/toy.ts";

/** The study's own results and published files, byte by byte. */
const ownFiles = async ({ home }: Workspace) =>
  Object.entries(await tree(home)).filter(([path]) => !path.startsWith(".cache/"));

Deno.test("a run with other settings computes what they concern, and takes over the rest; the study stays", () =>
  withBench(async ({ study, place, run }) => {
    await run(study);
    const before = await ownFiles(study);
    const titled = { page: { title: "Another" } };
    assertEquals(await run(place("titled"), titled), { stages: ["page"], jobs: 0 });
    assertEquals(await run(place("titled"), titled), { stages: [], jobs: 0 });
    // One of two jobs is shared.
    const more = { sums: { offsets: [1, 3], times: 1, called: "offset" } };
    assertEquals(await run(place("more"), more), { stages: ["sums", "page"], jobs: 1 });
    assertEquals(await ownFiles(study), before);
    const page = await Deno.readTextFile(join(place("more").home, "page.md"));
    assert(page.includes('"sums":[61,63]') && page.includes("from results/sums/sums-"), page);
    // Large files have two names, and lie once.
    const [name] = Object.keys(await tree(join(study.home, ".cache", "artifacts", "numbers")));
    const info = await Deno.stat(join(place("more").home, ".cache", "artifacts", "numbers", name));
    assert(Deno.build.os === "windows" || info.nlink === 3, `${info.nlink}`);
    assertEquals((await stateOf(study, await planOf(study.root, {}))).stale, {});
  }));

Deno.test("what comes out the same by other settings spares what follows, with no finished job left", () =>
  withBench(async ({ study, place, run }) => {
    await run(study);
    await Deno.remove(join(study.cache, "jobs"), { recursive: true });
    // Sums of nothing, but with other offsets: the page reads the same.
    const same = { sums: { offsets: [61, 62], times: 0, called: "offset" } };
    assertEquals(await run(place("same"), same), { stages: ["sums"], jobs: 2 });
    assertEquals((await stateOf(place("same"), await planOf(study.root, same))).stale, {});
  }));

Deno.test("a run of one stage takes over also what others have that do not read it, and no more", () =>
  withBench(async ({ study, place, run }) => {
    const given = { more: { offsets: [5], times: 1, called: "more" } };
    await run(study, given);
    const set = { ...given, sums: { offsets: [2], times: 1, called: "offset" } };
    assertEquals(await run(place("one"), set, ["sums"]), { stages: ["sums"], jobs: 0 });
    const { stale } = await stateOf(place("one"), await planOf(study.root, set));
    assertEquals(stale, { page: ["it has not run yet: results hold no manifest"] });
  }));

Deno.test("a run that fails leaves the study as it was, and what it finished for the next", () =>
  withBench(async ({ study, place, run, gc }) => {
    await run(study);
    const before = await ownFiles(study);
    const bad = { sums: { offsets: [7, -1], times: 1, called: "offset" } };
    await assertRejects(() => run(place("bad"), bad), Error, "offset -1 is negative");
    assertEquals(await ownFiles(study), before);
    // No manifest names what has finished, and it is waited for all the same.
    assertEquals(await gc(), {});
    const good = { sums: { offsets: [7, 8], times: 1, called: "offset" } };
    assertEquals((await run(place("bad"), good)).jobs, 1);
    assertEquals(await gc(["bad"]), { runs: 1, jobs: 2 });
    assertEquals(await gc(), {});
  }));

Deno.test("a run beside the study waits for one in it, and finds the jobs of that", () =>
  withBench(async ({ study, place, run }) => {
    const given = (offset: number) => ({ sums: { offsets: [1, offset], times: 1, called: "o" } });
    const waits = Promise.withResolvers<void>();
    let beside: Promise<Ran> | undefined;
    await run(study, given(2), undefined, {
      async onJob() {
        beside ??= run(place("a"), given(3), undefined, {
          onEvent: ({ type }) => type === "waiting" ? waits.resolve() : undefined,
        });
        await waits.promise;
      },
    });
    assertEquals(await beside, { stages: ["sums", "page"], jobs: 1 });
    for (const [where, offset] of [[study, 2], [place("a"), 3]] as const) {
      assertEquals((await stateOf(where, await planOf(study.root, given(offset)))).stale, {});
    }
  }));

Deno.test("a finished job that no run has asked for in a month stays as long as a result names it", () =>
  withBench(async ({ study, place, run }) => {
    const given = (offset: number) => ({ sums: { offsets: [offset], times: 1, called: "o" } });
    await run(study, given(1));
    await run(place("a"), given(2));
    await run(place("b"), given(3));
    await Deno.remove(place("b").home, { recursive: true });
    const jobs = join(study.cache, "jobs");
    const keys = Array.from(Deno.readDirSync(jobs), ({ name }) => name);
    assertEquals(keys.length, 3);
    const old = new Date("2020-01-01");
    for (const key of keys) await Deno.utime(join(jobs, key, "job.json"), old, old);
    await run(study, given(1));
    assertEquals(Array.from(Deno.readDirSync(jobs)).length, 2);
    for (const [where, offset] of [[study, 1], [place("a"), 2]] as const) {
      await Deno.remove(join(where.home, "results"), { recursive: true });
      assertEquals((await run(where, given(offset))).jobs, 0);
    }
  }));

Deno.test("a run beside a study that is killed leaves that as it was, and goes on where it was", async () => {
  // The long form is in `tests/long/apart_test.ts`.
  const { attacks, ended } = await strikeBeside(75, { kill: "SIGKILL" });
  assert(attacks > 1 && ended === attacks, `${ended} of ${attacks}`);
});

Deno.test("after gc all is as it was: what was up to date is, and nothing that was finished runs again", async () => {
  assert(await gcKeepsWhatIsNeeded(3, 20261126) > 0, "nothing was ever collected");
});

Deno.test("gc removes what killed runs left and no manifest lists, and nothing that is not the pipeline's", () =>
  withBench(async ({ study, place, run, gc }) => {
    await run(study);
    await run(place("a"), { page: { title: "A" } });
    const cache = (path: string) => join(study.home, ".cache", path);
    const write = async (path: string) => {
      await Deno.mkdir(join(cache(path), ".."), { recursive: true });
      await Deno.writeTextFile(cache(path), "0123456789");
    };
    const id = crypto.randomUUID();
    const hex = "ab".repeat(32);
    const ours = [
      `jobs/unfinished-${id}/sum.json`,
      `jobs/unfinished-scratch-${id}/x`,
      `jobs/checkpoint-${hex}/state.bin`,
      `runs/unfinished-${id}/run.json`,
      `unfinished-again-${id}/results/x`,
      `jobs/${hex}/job.json`,
      "artifacts/numbers/numbers-0123456789ab.json",
      "artifacts/gone/numbers-0123456789ab.json",
      `artifacts/numbers/${id}.part`,
      "runs/a/.cache/artifacts/numbers/numbers-0123456789ab.json",
    ];
    const theirs = [
      "jobs/notes.txt",
      "jobs/mine/job.json",
      "jobs/checkpoint-mine/state.bin",
      `jobs/${"cd".repeat(32)}/data.bin`,
      "artifacts/numbers/mine.json",
      "artifacts/notes.txt",
      "data/x/unfinished-images.gz",
      "unfinished-by-me/x",
      "runs/notes.txt",
      "runtime/choice.json",
    ];
    for (const path of [...ours, ...theirs]) await write(path);
    await Deno.mkdir(join(study.home, "elsewhere"));
    await Deno.writeTextFile(join(study.home, "elsewhere", "job.json"), "{}");
    if (Deno.build.os !== "windows") {
      await Deno.symlink(join(study.home, "elsewhere"), cache(`jobs/${"ef".repeat(32)}`));
      await Deno.symlink(join(study.home, "elsewhere"), cache("runs/unfinished-x"));
      await Deno.symlink(join(study.home, "elsewhere"), cache("unfinished-again-x"));
    }
    assertEquals(await gc(), { jobs: 1, artifacts: 3, left: 6 });
    const there = new Set((await snapshot(cache("."))).keys());
    for (const path of ours) assert(!there.has(path), path);
    for (const path of theirs) assert(there.has(path), path);
    assertEquals(await tree(join(study.home, "elsewhere")), { "job.json": "{}" });
    for (const [where, given] of [[study, {}], [place("a"), { page: { title: "A" } }]] as const) {
      assertEquals(await run(where, given), { stages: [], jobs: 0 });
    }
  }));

Deno.test("a damaged manifest keeps what it names; one that cannot be read keeps all", () =>
  withBench(async ({ study, place, run, gc }) => {
    const given = { sums: { offsets: [5], times: 1, called: "o" } };
    await run(study);
    await run(place("a"), given);
    const manifest = join(place("a").home, "results", "sums", "manifest.json");
    const text = await Deno.readTextFile(manifest);
    await Deno.writeTextFile(manifest, text.replace('"format": 2', '"format": 3').slice(0, -20));
    assertEquals(await gc(), {});
    await Deno.writeTextFile(manifest, text);
    assertEquals((await run(place("a"), given)).jobs, 0);
    if (Deno.build.os === "windows" || Deno.uid() !== 0) return;
    // A loop of links can be read by nobody.
    await Deno.remove(manifest);
    await Deno.symlink("manifest.json", manifest);
    await assertRejects(() => gc(), Error, "manifest.json cannot be read");
  }));

Deno.test("jobs of a study elsewhere that shares the cache are needed, too", () =>
  withBench(async ({ study, run, gc }, toy) => {
    const elsewhere = { ...study, home: toy.path("../elsewhere") };
    const given = { sums: { offsets: [5, 6], times: 1, called: "o" } };
    await run(elsewhere, given);
    await run(study);
    assertEquals(await gc(), {});
    await Deno.remove(elsewhere.home, { recursive: true });
    assertEquals(await gc(), { jobs: 2 });
  }));
