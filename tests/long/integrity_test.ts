/**
 * Every artifact, every field of every manifest, every finished job and every native file is damaged,
 * one at a time: what does not hold is named by `status`, never shown by `metrics`, and healed by a run
 * or refused with what to do; and nothing hangs.
 */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { digest, sha256 } from "../../src/files/digest.ts";
import type { Executor } from "../../src/pipeline/executor.ts";
import { digestPlan } from "../../src/pipeline/keys.ts";
import { requireManifest } from "../../src/pipeline/manifest.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { run } from "../../src/pipeline/run.ts";
import type { Planned } from "../../src/pipeline/stage.ts";
import {
  inOrder,
  type Known,
  type StageStatus,
  stageStatus,
  statusOf,
} from "../../src/pipeline/status.ts";
import { storedPath } from "../../src/pipeline/store.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { requireUnaltered } from "../../src/runtime/native.ts";
import { setUp } from "../../src/runtime/setup.ts";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { planOf } from "../../src/stages/plan.ts";
import { project } from "../../tasks/workspace.ts";
import { withCopy } from "../support/copy.ts";
import { choiceOf } from "../support/choice.ts";
import { damages, edits, pipe, within } from "../support/damage.ts";
import { forged } from "../support/forge.ts";
import { inFolder } from "../support/data_files.ts";
import { bringUpToDate, mini, placeIn } from "../support/mini.ts";
import { withProject } from "../support/project.ts";
import { artifactsOf, restore, type Snapshot, snapshot } from "../support/snapshot.ts";
import { FAST, inProcess, notesOf, type Toy, withToy } from "../support/toy.ts";

/** Neither pipes nor sockets are files there. */
const ignore = Deno.build.os === "windows";
/** Seconds that a look at a toy or at the real results may take; a run on them; and one that renders. */
const [LOOK, RUN, LONG] = [20, 60, 120];

/** Counts what came of the cases, and prints it. */
function tally(what: string) {
  const began = performance.now();
  const counts = new Map<string, number>();
  return {
    add: (outcome: string) => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1),
    get: (outcome: string) => counts.get(outcome) ?? 0,
    print() {
      const all = [...counts.values()].reduce((sum, n) => sum + n, 0);
      const seconds = Math.round((performance.now() - began) / 1000);
      console.log(`${what}: ${all} cases in ${seconds} s`);
      for (const [outcome, n] of [...counts].sort(([, a], [, b]) => b - a)) {
        console.log(`  ${n} ${outcome}`);
      }
    },
  };
}

/** A file of a project that is damaged. */
interface Target {
  readonly stage: string;
  /** From the folder of the study. */
  readonly path: string;
  readonly kind: "committed" | "local" | "published" | "manifest";
}

/** Every artifact and manifest of a plan that is up to date. */
async function targetsOf(workspace: Workspace, plan: readonly Planned[]): Promise<Target[]> {
  const found: Target[] = [];
  for (const { stage: { name } } of plan) {
    const { manifest } = await requireManifest(workspace, name);
    found.push({ stage: name, path: `results/${name}/manifest.json`, kind: "manifest" });
    for (const output of Object.values(manifest.outputs)) {
      const path = storedPath(workspace, name, output).slice(workspace.home.length + 1);
      if (await Deno.stat(join(workspace.home, path)).catch(() => undefined)) {
        found.push({ stage: name, path, kind: output.kind });
      }
    }
  }
  return found;
}

/** The next file of the same kind whose bytes are others, to swap with and to link to. */
function otherThan({ path, kind }: Target, targets: readonly Target[], before: Snapshot): Target {
  const manifest = kind === "manifest";
  const same = targets.filter((other) => (other.kind === "manifest") === manifest);
  const at = same.findIndex((other) => other.path === path);
  const next = [...same.slice(at + 1), ...same.slice(0, at)];
  return next.find((other) =>
    before.has(other.path) && sha256(before.get(other.path)!) !== sha256(before.get(path)!)
  )!;
}

/** Fails unless what was damaged is named by its stage, and every stage is told of. */
function assertNamed(states: readonly StageStatus[], plan: readonly Planned[], damaged: Target) {
  assertEquals(states.length, plan.length);
  const { reasons } = states.find(({ planned }) => planned.stage.name === damaged.stage)!;
  const name = damaged.kind === "manifest" ? "manifest" : basename(damaged.path);
  assert(reasons.some((reason) => reason.includes(name)), `${damaged.path}: ${reasons.join("; ")}`);
}

const reasonsOf = (states: readonly StageStatus[]) => states.flatMap(({ reasons }) => reasons);

/** The toy, up to date, read from its sources once. */
async function standing(toy: Toy) {
  const root = await toy.sources();
  const study: { plan(settings: unknown): Planned[] } = await import(
    pathToFileURL(join(root, "study.ts")).href
  );
  const settings = {
    numbers: { count: 4 },
    sums: { offsets: [1, 2], times: 2, called: "offset" },
    page: { title: "Sums" },
  };
  const plan = study.plan(settings);
  const workspace = { ...toy.workspace, root };
  const locator = notesOf(workspace.cache);
  let started: string[] = [];
  let jobs = 0;
  const counting = (inner: Executor): Executor => ({
    ...inner,
    run: (...job) => {
      jobs++;
      return inner.run(...job);
    },
  });
  const bring = async (force = false) => {
    [started, jobs] = [[], 0];
    await run(workspace, plan, plan.map(({ stage }) => stage.name), {
      force,
      executor: bounded(counting(inProcess(root)), 2),
      equip: () => Promise.resolve(FAST),
      locator,
    }, (event) => event.type === "started" && started.push(event.stage));
    return { started, jobs };
  };
  await bring();
  const before = await snapshot(workspace.home);
  return {
    plan,
    workspace,
    before,
    bring,
    /** Stages of the last run, whether or not it came to a good end. */
    started: () => started,
    status: (known?: Known) => statusOf(workspace, plan, locator, known),
    put: () => restore(workspace.home, before),
    path: (name: string) => join(workspace.home, name),
  };
}

Deno.test({
  name: "toy: whatever becomes of an artifact or a manifest is named, and healed or refused",
  ignore,
  fn: () =>
    withToy(async (toy) => {
      const { plan, workspace, before, bring, started, status, put, path } = await standing(toy);
      const targets = await targetsOf(workspace, plan);
      const counts = tally("toy, files");
      for (const target of targets) {
        const other = otherThan(target, targets, before);
        for (const damage of damages) {
          const what = `${target.path}: ${damage.name}`;
          const place = path(target.path);
          await damage.put(place, path(other.path), join(toy.workspace.root, "aside"));
          const states = await within(LOOK, what, status());
          // Without its last line end a manifest says what it said.
          const layout = target.kind === "manifest" && damage.name === "a byte short";
          const unseen = layout || target.kind === "local" || damage.leaves === "the same bytes";
          if (!unseen) assertNamed(states, plan, target);
          if (damage.both && other.kind !== "local") assertNamed(states, plan, other);
          if (unseen && !damage.both) assertEquals(reasonsOf(states), [], what);
          // A local artifact is looked at by whoever needs it.
          if (target.kind === "local") {
            await Deno.remove(path([...before.keys()].find((p) => /sums\/sums-/.test(p))!))
              .catch(() => {});
          }
          if (damage.leaves === "a folder") {
            const error = await assertRejects(() => within(RUN, what, bring()), Error);
            assertStringIncludes(error.message, place);
            assertStringIncludes(error.message, "move that away");
            if (target.kind !== "local") assertEquals(started(), []);
            if (damage.name === "a folder with a file") {
              assertEquals(await Deno.readTextFile(join(place, "own.txt")), "my own");
            }
            counts.add(`${target.kind}: refused, the folder stays`);
          } else {
            await within(RUN, what, bring());
            assertEquals(artifactsOf(await snapshot(workspace.home)), artifactsOf(before), what);
            assertEquals(reasonsOf(await status()), [], what);
            const { isSymlink } = await Deno.lstat(place);
            assertEquals(isSymlink, damage.leaves === "the same bytes", what);
            counts.add(
              layout
                ? "manifest: another layout, which counts as the same"
                : damage.leaves === "the same bytes"
                ? `${target.kind}: a link to the same bytes, which counts as these`
                : `${target.kind}: named and healed to the same bytes`.replace(
                  "local: named and",
                  "local: when needed,",
                ),
            );
          }
          await Deno.remove(join(toy.workspace.root, "aside")).catch(() => {});
          await put();
        }
      }
      counts.print();
    }),
});

/**
 * What a forger may write that nothing recorded speaks against: how a result came about, what was met on
 * the way, and how large a local artifact is, which need not be there.
 */
const UNKNOWABLE = /^(provenance|texts|compilers|lacking)\b|^outputs\.numbers\.json\.bytes$/;
/** What is taken from the manifest while the text of the code is the one that it tells of. */
const REMEMBERED = /^ingredients\.(computed\.)?code\./;

Deno.test({
  name: "toy: no edit of a manifest is believed; sealed anew, none that can be known to be wrong",
  ignore,
  fn: () =>
    withToy(async (toy) => {
      const { plan, workspace, before, bring, status, put, path } = await standing(toy);
      const counts = tally("toy, edits of manifests");
      for (const { stage: { name } } of plan) {
        const place = path(`results/${name}/manifest.json`);
        const text = await Deno.readTextFile(place);
        for (const [i, edit] of [...edits(JSON.parse(text))].entries()) {
          for (const how of ["edited", "forged"]) {
            const what = `${name}, ${how}, ${edit.path}: ${edit.how}`;
            await Deno.writeTextFile(
              place,
              how === "edited"
                ? JSON.stringify(edit.document, null, 2) + "\n"
                : edit.path === "seal"
                ? JSON.stringify(edit.document)
                : forged(edit.document, edit.path !== "key"),
            );
            const states = await within(LOOK, what, status());
            assertEquals(states.length, plan.length);
            const { reasons } = states.find(({ planned }) => planned.stage.name === name)!;
            const later = reasons.some((reason) => reason.includes("written by a later version"));
            if (later) {
              const error = await assertRejects(() => within(RUN, what, bring()), Error);
              assertStringIncludes(error.message, `delete results/${name}/`);
              counts.add(`${how}: refused, as of a later version`);
            } else if (reasons.length > 0) {
              assert(
                reasons.some((reason) => /manifest\.json|changed|no more|is |->/.test(reason)),
                what,
              );
              // An edit that is not sealed is one like another: every fifth is healed.
              if (how === "edited" && i % 5 > 0) {
                await Deno.writeTextFile(place, text);
                counts.add(`${how}: named`);
                continue;
              }
              // A forged digest of a file that has one place looks like a lost file.
              const refused = await within(RUN, what, bring()).then(() => false, (error) => {
                assertStringIncludes(error.message, "--force puts the new one in its place");
                return true;
              });
              if (refused) await within(RUN, what, bring(true));
              assertEquals(artifactsOf(await snapshot(workspace.home)), artifactsOf(before), what);
              assertEquals(reasonsOf(await status(new Map())), [], what);
              counts.add(
                refused
                  ? `${how}: named, refused, healed by --force`
                  : `${how}: named and healed to the same bytes`,
              );
            } else {
              assertEquals(how, "forged", what);
              const all = reasonsOf(await status(new Map()));
              assert(
                all.length > 0 ? REMEMBERED.test(edit.path) : UNKNOWABLE.test(edit.path),
                what,
              );
              const field = edit.path.split(".")[0];
              counts.add(
                all.length > 0
                  ? `${how}: named by verify and status --check alone (${field})`
                  : `${how}: believed (${field})`,
              );
            }
            await put();
          }
        }
      }
      counts.print();
    }),
});

/** What may lie in the place of a finished job's folder. */
const folderDamages: Record<
  string,
  (folder: string, other: string, aside: string) => Promise<void>
> = {
  "is missing": (folder) => Deno.remove(folder, { recursive: true }),
  "is empty": async (folder) => {
    await Deno.remove(folder, { recursive: true });
    await Deno.mkdir(folder);
  },
  "is a file": async (folder) => {
    await Deno.remove(folder, { recursive: true });
    await Deno.writeTextFile(folder, "1");
  },
  "is a pipe": async (folder) => {
    await Deno.remove(folder, { recursive: true });
    await pipe(folder);
  },
  "is a link to itself": async (folder) => {
    await Deno.remove(folder, { recursive: true });
    await Deno.symlink(folder, folder);
  },
  "is a link to the folder of another": async (folder, other) => {
    await Deno.remove(folder, { recursive: true });
    await Deno.symlink(other, folder);
  },
  "is a link to a folder of somebody's own": async (folder, _, aside) => {
    await Deno.remove(folder, { recursive: true });
    await Deno.mkdir(aside);
    await Deno.writeTextFile(join(aside, "own.txt"), "my own");
    await Deno.symlink(aside, folder);
  },
  "is swapped with another": async (folder, other, aside) => {
    await Deno.rename(folder, aside);
    await Deno.rename(other, folder);
    await Deno.rename(aside, other);
  },
};

Deno.test({
  name: "toy: a finished job that is damaged in any way runs again, and nothing of it is believed",
  ignore,
  fn: () =>
    withToy(async (toy) => {
      const { workspace, before, bring, put, path } = await standing(toy);
      const counts = tally("toy, finished jobs");
      const keys = [
        ...new Set([...before.keys()].flatMap((p) => /jobs\/([0-9a-f]{64})\//.exec(p)?.[1] ?? [])),
      ];
      assertEquals(keys.length, 2);
      const recorded = (await requireManifest(workspace, "sums")).manifest.provenance.jobs;
      const aside = join(toy.workspace.root, "aside");
      /** Runs without results, and looks at what came of it. */
      const check = async (what: string, expected: number) => {
        await Deno.remove(path("results/sums"), { recursive: true });
        await Deno.remove(path("page.md"));
        const { jobs } = await within(RUN, what, bring());
        assertEquals(jobs, expected, what);
        const after = await snapshot(workspace.home);
        assertEquals(artifactsOf(after), artifactsOf(before), what);
        const now = (await requireManifest(workspace, "sums")).manifest.provenance.jobs;
        const kept = Object.keys(recorded).filter((name) =>
          digest(now[name]) === digest(recorded[name])
        );
        assertEquals(kept.length, 2 - expected, what);
        const names = Array.from(Deno.readDirSync(path(".cache/jobs")), ({ name }) => name);
        assertEquals(names.sort(), keys.toSorted(), what);
        counts.add(expected === 0 ? "the same bytes, found again" : `${expected} run again`);
        await put();
      };
      for (const [i, key] of keys.entries()) {
        const [folder, other] = [key, keys[1 - i]].map((name) => path(`.cache/jobs/${name}`));
        for (const file of ["job.json", "sum.json"]) {
          for (const damage of damages) {
            await damage.put(join(folder, file), join(other, file), aside);
            const jobs = damage.leaves === "the same bytes" ? 0 : damage.both ? 2 : 1;
            await check(`${file}: ${damage.name}`, jobs);
            await Deno.remove(aside).catch(() => {});
          }
        }
        const record = join(folder, "job.json");
        for (const edit of edits(JSON.parse(await Deno.readTextFile(record)))) {
          await Deno.writeTextFile(record, JSON.stringify(edit.document, null, 2));
          await check(`job.json, ${edit.path}: ${edit.how}`, 1);
        }
        for (const [name, damage] of Object.entries(folderDamages)) {
          await damage(folder, other, aside);
          await check(`the folder of a job ${name}`, name.includes("swapped") ? 2 : 1);
          if (name.includes("own")) {
            assertEquals(await Deno.readTextFile(join(aside, "own.txt")), "my own");
            await Deno.remove(aside, { recursive: true });
          }
        }
      }
      counts.print();
    }),
});

Deno.test({
  name: "no native file that is damaged is loaded; set-up puts another in its place",
  ignore,
  fn: () =>
    withProject(async (root) => {
      const counts = tally("native files");
      const texts = { "addon.node": "1234", "library.so": "87654321", "empty.so": "" };
      const place = (name: string) => join(root, ".cache", "runtime", "wheel", name);
      const write = async () => {
        await Deno.remove(dirname(place("")), { recursive: true }).catch(() => {});
        await Deno.mkdir(place(""), { recursive: true });
        for (const [name, text] of Object.entries(texts)) {
          await Deno.writeTextFile(place(name), text);
        }
      };
      await write();
      const files = Object.entries(texts).map(([name, text]) => ({
        path: join(".cache", "runtime", "wheel", name),
        bytes: text.length,
        sha256: sha256(text),
      }));
      const choice = choiceOf(files);
      const found = {
        origin: "wheel" as const,
        files: files.map(({ path, ...file }) => ({ path: join(root, path), ...file })),
      };
      /** Set-up with a way that makes the files anew; the remembered choice is there. */
      const again = async () => {
        let made = false;
        await Deno.writeTextFile(
          join(root, ".cache", "runtime", "choice.json"),
          JSON.stringify(choice),
        );
        await setUp({
          root,
          progress() {},
          tryOut: () => Promise.resolve("2.21.0"),
          ways: [{
            name: "anew",
            limit: 10_000,
            async find() {
              made = true;
              await write();
              return found;
            },
          }],
        });
        return made;
      };
      for (const name of Object.keys(texts)) {
        for (const damage of damages) {
          const what = `${name}: ${damage.name}`;
          const other = name === "addon.node" ? "library.so" : "addon.node";
          await damage.put(place(name), place(other), join(root, "aside"));
          const attempt = within(LOOK, what, requireUnaltered(choice, root));
          if (damage.leaves === "the same bytes") {
            await attempt;
            assertEquals(await again(), false, what);
            counts.add("the same bytes, loaded");
          } else {
            const { message } = await assertRejects(() => attempt, Error);
            assert(
              message.includes(place(name)) || (damage.both && message.includes(place(other))),
              `${what}: ${message}`,
            );
            assertStringIncludes(message, "`deno task setup --force`");
            assertEquals(await within(LOOK, what, again()), true, what);
            await requireUnaltered(choice, root);
            counts.add("refused with file and remedy, then set up anew");
          }
          await Deno.remove(join(root, "aside")).catch(() => {});
          await write();
        }
      }
      counts.print();
    }),
});

/** The real results in a folder of their own, with what looks at them; code is digested once. */
async function realResults(folder: string) {
  const { plan, workspace: { root }, locator, ...checked } = await project();
  const own = await snapshot(root, "results");
  const before = new Map([...own, ["report.md", await Deno.readFile(join(root, "report.md"))]]);
  await restore(folder, before);
  const workspace = { root, home: folder, cache: join(folder, ".cache") };
  const code = await digestPlan(root, plan, new Map());
  return {
    plan,
    workspace,
    before,
    /** Where one stage `changed`, the states of the others but the report are `known`. */
    async status(changed?: string, known?: readonly StageStatus[]): Promise<StageStatus[]> {
      const states = new Map<string, StageStatus>();
      for (const planned of inOrder(plan)) {
        const { name } = planned.stage;
        const state = [changed, "report"].includes(name)
          ? undefined
          : known?.find(({ planned }) => planned.stage.name === name);
        states.set(
          name,
          state ?? await stageStatus(workspace, planned, code, states, locator),
        );
      }
      return [...states.values()];
    },
    metrics: () => allMetrics(checked, workspace),
    /** Brings the report and what it needs up to date; no job may start. */
    async report(): Promise<string[]> {
      const started: string[] = [];
      const none = () => Promise.reject(new Error("a job was started"));
      await run(workspace, plan, ["report"], {
        force: false,
        executor: { run: none, stop: () => Promise.resolve() },
        equip: none,
        locator,
      }, (event) => event.type === "started" && started.push(event.stage));
      return started;
    },
  };
}

Deno.test({
  name: "the real results: status names whatever is damaged, and metrics shows nothing of it",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const home = join(folder, "home");
      await Deno.mkdir(home);
      const { plan, workspace, before, status, metrics } = await realResults(home);
      const good = JSON.stringify(await metrics());
      const targets = await targetsOf(workspace, plan);
      const withMetrics = new Set(
        targets.flatMap(({ stage, path }) => /\/(metrics|scores)-/.test(path) ? [stage] : []),
      );
      const counts = tally("real results, files");
      const aside = join(folder, "aside");
      /** Fails unless the figures are the right ones, or refused for a reason that names what is wrong. */
      const checkMetrics = async (what: string, concerned: boolean, missing: boolean) => {
        const shown = await within(LOOK, what, metrics()).then(JSON.stringify, (error) => {
          assert(
            /(metrics|scores)-|manifest of stage|(metrics|scores)\.json/.test(error.message),
            `${what}: ${error.message}`,
          );
        });
        if (!concerned) assertEquals(shown, good, what);
        // A stage without a manifest has no result, and so no figure.
        else if (!missing) assertEquals(shown, undefined, what);
        else assert(shown !== undefined && shown !== good && shown.length < good.length, what);
        return shown === undefined ? "metrics refuses" : "metrics shows what is right";
      };
      for (const target of targets) {
        const other = otherThan(target, targets, before);
        for (const damage of damages) {
          const what = `${target.path}: ${damage.name}`;
          const place = join(home, target.path);
          await damage.put(place, join(home, other.path), aside);
          const layout = target.kind === "manifest" && damage.name === "a byte short";
          const states = await within(LOOK, what, status());
          const whole = damage.leaves === "the same bytes";
          if (!whole && !layout) assertNamed(states, plan, target);
          if (damage.both) assertNamed(states, plan, other);
          if (whole) assertEquals(reasonsOf(states), [], what);
          const concerned = [target, ...(damage.both ? [other] : [])].some((
            { stage, path, kind },
          ) => /\/(metrics|scores)-/.test(path) || (kind === "manifest" && withMetrics.has(stage)));
          const missing = target.kind === "manifest" &&
            ["missing", "a link to nothing"].includes(damage.name);
          const shown = await checkMetrics(what, concerned && !whole && !layout, missing);
          counts.add(
            whole || layout
              ? "the same content, which counts as that"
              : `named by status; ${shown}`,
          );
          for (const path of [target.path, other.path]) {
            await Deno.remove(join(home, path), { recursive: true }).catch(() => {});
          }
          for (const path of [target.path, other.path]) {
            await Deno.writeFile(join(home, path), before.get(path)!);
          }
          await Deno.remove(aside).catch(() => {});
        }
      }
      counts.print();
    }),
});

Deno.test({
  name: "the real results: no edit of a manifest changes a figure, and status names it",
  ignore,
  fn: () =>
    inFolder(async (home) => {
      const { plan, workspace, status, metrics } = await realResults(home);
      const good = JSON.stringify(await metrics());
      const withMetrics = new Set(
        (await targetsOf(workspace, plan)).flatMap(({ stage, path }) =>
          /\/(metrics|scores)-/.test(path) ? [stage] : []
        ),
      );
      const edited = tally("real results, edits of manifests");
      const well = await status();
      for (const { stage: { name } } of plan) {
        const place = join(home, "results", name, "manifest.json");
        const text = await Deno.readTextFile(place);
        for (const [i, edit] of [...edits(JSON.parse(text))].entries()) {
          // An edit that is not sealed is one like another.
          for (const how of i % 10 === 0 ? ["edited", "forged"] : ["forged"]) {
            const what = `${name}, ${how}, ${edit.path}: ${edit.how}`;
            const next = how === "edited"
              ? JSON.stringify(edit.document)
              : edit.path === "seal"
              ? JSON.stringify(edit.document)
              : forged(edit.document, edit.path !== "key");
            await Deno.writeTextFile(place, next);
            const states = await within(LOOK, what, status(name, well));
            // A figure that the report's manifest does not list is one that an earlier result left.
            const said = states.flatMap(({ reasons, leftovers }) => [...reasons, ...leftovers]);
            const shown = await within(LOOK, what, metrics()).then(JSON.stringify, (error) => {
              assert(
                /manifest of stage|metrics|scores/.test(error.message),
                `${what}: ${error.message}`,
              );
            });
            assert(shown === undefined || shown === good, what);
            if (how === "edited" && withMetrics.has(name)) assertEquals(shown, undefined, what);
            // Every manifest but its own is read by the report, which knows it by its digest.
            const own = name === "report" && UNKNOWABLE.test(edit.path);
            assert(said.length > 0 || (how === "forged" && own), what);
            edited.add(
              said.length > 0 ? `${how}: named by status` : `${how}: believed, of report`,
            );
          }
        }
        await Deno.writeTextFile(place, text);
      }
      edited.print();
    }),
});

Deno.test({
  name: "the real results: a run heals the report, and refuses what it must not write over",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const home = join(folder, "home");
      await Deno.mkdir(home);
      const { plan, workspace, before, status, report } = await realResults(home);
      const targets = await targetsOf(workspace, plan);
      const counts = tally("real results, runs");
      const aside = join(folder, "aside");
      const own = targets.filter(({ stage }) => stage === "report");
      // Each file, and each damage, at least once.
      for (let i = 0; i < Math.max(own.length, damages.length); i++) {
        const [target, damage] = [own[i % own.length], damages[i % damages.length]];
        const what = `${target.path}: ${damage.name}`;
        const other = otherThan(target, own.length > 1 ? own : targets, before);
        if (damage.both && (!other || target.kind === "manifest")) continue;
        await damage.put(join(home, target.path), join(home, (other ?? own[0]).path), aside);
        const running = within(LONG, what, report());
        if (damage.leaves === "a folder") {
          assertStringIncludes(
            (await assertRejects(() => running, Error)).message,
            "move that away",
          );
          counts.add("report: refused before any work");
        } else {
          const started = await running;
          assertEquals(started, damage.leaves === "the same bytes" ? [] : ["report"], what);
          assertEquals(artifactsOf(await snapshot(home)), artifactsOf(before), what);
          assertEquals(reasonsOf(await status()), [], what);
          counts.add("report: healed to the same bytes");
        }
        await restore(home, before);
        await Deno.remove(aside).catch(() => {});
      }
      for (const target of targets.filter(({ kind }) => kind !== "local")) {
        const place = join(home, target.path);
        await Deno.remove(place);
        await Deno.mkdir(place);
        const error = await assertRejects(() => within(LONG, target.path, report()), Error);
        assertStringIncludes(error.message, `${place} cannot be written: a folder is in its place`);
        await Deno.remove(place);
        counts.add("a folder in the place of a file: refused before any work");
        await Deno.writeFile(place, before.get(target.path)!);
        if (target.kind !== "manifest") continue;
        const text = await Deno.readTextFile(place);
        await Deno.writeTextFile(place, text.replace('"format": 2', '"format": 3'));
        const later = await assertRejects(() => within(LONG, target.path, report()), Error);
        assertStringIncludes(later.message, `delete results/${target.stage}/`);
        counts.add("a later format: refused before any work");
        await Deno.writeTextFile(place, text);
      }
      counts.print();
    }),
});

Deno.test({
  name: "a study of every kind of stage: whatever artifact is lost or altered comes back the same",
  // On WebAssembly alone the trainings take long.
  ignore: ignore || !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const home = join(folder, "home");
      await Deno.mkdir(home);
      const place = placeIn(home, mini);
      const plan = planOf(place);
      const status = () => statusOf(place.workspace, plan, place.locator);
      await bringUpToDate(place);
      const before = await snapshot(home);
      const figures = JSON.stringify(await allMetrics(place, place.workspace));
      const targets = await targetsOf(place.workspace, plan);
      const counts = tally("small study");
      // Finished jobs are there: nothing trains. Damages take turns.
      const healed = damages.filter(({ leaves, both }) => leaves === "damage" && !both);
      for (const [i, target] of targets.filter(({ kind }) => kind !== "local").entries()) {
        const damage = healed[i % healed.length];
        const what = `${target.path}: ${damage.name}`;
        const other = otherThan(target, targets, before);
        const aside = join(folder, "aside");
        await damage.put(join(home, target.path), join(home, other.path), aside);
        const states = await within(LOOK, what, status());
        const layout = target.kind === "manifest" && damage.name === "a byte short";
        if (!layout) assertNamed(states, plan, target);
        await within(LONG, what, bringUpToDate(place));
        // Where a manifest was lost, the page tells of another time.
        const compared = (files: Snapshot) =>
          Object.entries(artifactsOf(files)).filter(([path]) =>
            target.kind !== "manifest" || path !== "report.md"
          );
        assertEquals(compared(await snapshot(home)), compared(before), what);
        assertEquals(reasonsOf(await status()), [], what);
        assertEquals(JSON.stringify(await allMetrics(place, place.workspace)), figures, what);
        counts.add(
          layout
            ? "manifest: another layout, which counts as the same"
            : `${target.kind}: named, and healed to the same bytes and figures`,
        );
        await restore(home, before);
      }
      counts.print();
    }),
});

Deno.test({
  name: "the tasks themselves: status, metrics and all end at once, and say what is wrong",
  ignore,
  fn: () =>
    withCopy(async (copy) => {
      const { workspace: { root } } = await project();
      const own = await snapshot(root, "results");
      const before = new Map([...own, ["report.md", await Deno.readFile(join(root, "report.md"))]]);
      const write = async () => {
        await Deno.remove(copy.path("results"), { recursive: true }).catch(() => {});
        for (const [path, bytes] of before) {
          await Deno.mkdir(dirname(copy.path(path)), { recursive: true });
          await Deno.remove(copy.path(path), { recursive: true }).catch(() => {});
          await Deno.writeFile(copy.path(path), bytes);
        }
      };
      await write();
      const counts = tally("tasks");
      const find = (beginning: string) => [...before.keys()].find((p) => p.startsWith(beginning))!;
      const manifest = "results/tune/manifest.json";
      const later = async (path: string) =>
        await Deno.writeTextFile(path, '{ "format": 3, "seal": "" }');
      const flip = damages.find(({ name }) => name.startsWith("a byte in its middle"))!;
      const altered = (path: string) => flip.put(path, "", "");
      const replaced = (put: (path: string) => Promise<void>) => async (path: string) => {
        await Deno.remove(path);
        await put(path);
      };
      /** What is damaged and how; what status, metrics and a run must say, undefined where all is well. */
      const cases: [string, (path: string) => Promise<void>, RegExp, RegExp?, RegExp?][] = [
        [
          find("results/baseline/metrics-"),
          replaced(pipe),
          /metrics-\w+\.json .* is no file/,
          /is no file/,
        ],
        [
          find("results/baseline/metrics-"),
          altered,
          /metrics-\w+\.json .* is altered/,
          /has been altered/,
        ],
        [find("results/cv/predictions-"), altered, /predictions-\w+\.csv .* is altered/],
        [manifest, later, /written by a later version/, /later version/, /delete results\/tune\//],
        [manifest, replaced(pipe), /manifest\.json is no file/, /is no file/],
        [
          manifest,
          replaced((path) => Deno.mkdir(path)),
          /is no file/,
          /is no file/,
          /move that away/,
        ],
        [manifest, altered, /manifest\.json cannot be used/, /cannot be used/],
        ["report.md", altered, /report\.md .* is altered/],
        ["report.md", replaced(pipe), /report\.md .* is no file/],
        [find("results/report/correlation-"), replaced(pipe), /correlation-\w+\.svg .* is no file/],
      ];
      for (const [path, damage, inStatus, inMetrics, inRun] of cases) {
        await damage(copy.path(path));
        const status = await within(LONG, path, copy.deno("task", "-q", "status", "--check"));
        assert(!status.success, path);
        assert(inStatus.test(status.stdout), `${path}: ${status.stdout}`);
        // Every stage is told of.
        for (
          const stage of [
            "prepare",
            "baseline",
            "tune",
            "replicate",
            "cv",
            "ablate",
            "transfer",
            "errors",
            "report",
          ]
        ) {
          assert(new RegExp(`^${stage} `, "m").test(status.stdout), `${stage}: ${status.stdout}`);
        }
        const metrics = await within(LONG, path, copy.deno("task", "-q", "metrics", "--json"));
        assertEquals(metrics.success, inMetrics === undefined, `${path}: ${metrics.stderr}`);
        if (inMetrics) assert(inMetrics.test(metrics.stderr), `${path}: ${metrics.stderr}`);
        // A run that would train is not begun here.
        if (inRun || path.includes("report")) {
          const all = await within(LONG, path, copy.deno("task", "-q", "all"));
          assertEquals(all.success, inRun === undefined, `${path}: ${all.stderr}`);
          if (inRun) assert(inRun.test(all.stderr), `${path}: ${all.stderr}`);
          else assertEquals(await Deno.readFile(copy.path(path)), before.get(path)!);
          assert(!/ runs: /.test(all.stdout.replaceAll(/report +runs: /g, "")), all.stdout);
        }
        counts.add(inRun ? "named, all refuses" : "named");
        await write();
      }
      counts.print();
    }),
});

/** Whether this process may read whatever is there, as root may. */
async function readsEverything(): Promise<boolean> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.chmod(path, 0);
    return await Deno.readFile(path).then(() => true, () => false);
  } finally {
    await Deno.remove(path);
  }
}

const almighty = !ignore && await readsEverything();
const UNREADABLE = "what may not be read is named and healed, and does not end status";

Deno.test({
  name: UNREADABLE,
  ignore: ignore || almighty,
  fn: () =>
    withToy(async (toy) => {
      const { plan, workspace, before, bring, status, put, path } = await standing(toy);
      const targets = await targetsOf(workspace, plan);
      const counts = tally("unreadable");
      for (const target of targets) {
        await Deno.chmod(path(target.path), 0);
        const states = await within(LOOK, target.path, status());
        if (target.kind !== "local") assertNamed(states, plan, target);
        await within(RUN, target.path, bring());
        if (target.kind !== "local") {
          assertEquals(artifactsOf(await snapshot(workspace.home)), artifactsOf(before));
          assertEquals(reasonsOf(await status()), []);
        }
        counts.add(target.kind === "local" ? "local: not looked at" : "named and healed");
        await put();
      }
      for (const file of [...before.keys()].filter((path) => path.startsWith(".cache/jobs/"))) {
        if (!/[0-9a-f]{64}\//.test(file)) continue;
        await Deno.chmod(path(file), 0);
        await Deno.remove(path("results/sums"), { recursive: true });
        assertEquals((await within(RUN, file, bring())).jobs, 1, file);
        assertEquals(artifactsOf(await snapshot(workspace.home)), artifactsOf(before));
        counts.add("a finished job: runs again");
        await put();
      }
      for (const [mode, what] of [[0, "closed"], [0o300, "without a list"]] as const) {
        for (const { stage: { name } } of plan) {
          const folder = path(`results/${name}`);
          await Deno.chmod(folder, mode);
          const states = await within(LOOK, name, status());
          assertEquals(states.length, plan.length);
          if (mode === 0) assert(reasonsOf(states).some((reason) => /cannot be read/.test(reason)));
          else assertEquals(reasonsOf(states), []);
          await Deno.chmod(folder, 0o700);
          counts.add(`a folder ${what}: status goes on`);
        }
      }
      counts.print();
    }),
});

Deno.test({
  name: "without root's powers, what may not be read is named and healed",
  // `setpriv` takes the powers away.
  ignore: !almighty || Deno.build.os !== "linux",
  async fn() {
    const { success, stdout } = await new Deno.Command("setpriv", {
      args: [
        "--bounding-set=-dac_override,-dac_read_search",
        Deno.execPath(),
        ...["test", "--allow-all", "--no-check", "--filter", UNREADABLE],
        new URL(import.meta.url).pathname,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assert(success && text.includes("1 passed"), text);
    console.log(/^unreadable: [^]*?(?=-----)/m.exec(text)?.[0]);
  },
});
