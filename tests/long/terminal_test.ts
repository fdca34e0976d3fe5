/**
 * The tasks as a user types them, of the drawn study in a copy: Ctrl-C in a terminal at every time of a
 * run, a second run, a checkout that cannot be written. What it found stands in `docs/trust.md`.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Copy, replacing, withCopy } from "../support/copy.ts";
import { eventLine } from "../support/events.ts";
import { close, ended, open, ordinary } from "../support/people.ts";
import { hasTerminals, inTerminal, terminal } from "../support/terminal.ts";

const STUDY = "--study=studies/garments";
const START = ["task", "-q", "start"];

/** Makes the drawn study small enough for a test. */
async function shorten(copy: Copy): Promise<void> {
  await copy.write("studies/garments/study.ts", replacing("train: 4000", "train: 1500"));
}

/** Processes whose command names a folder, besides this one. */
async function processesOf(folder: string): Promise<string[]> {
  const { stdout } = await ended(["ps", "-eo", "pid,args"]);
  return stdout.split("\n").filter((line) => line.includes(folder) && !line.includes("ps -eo"));
}

Deno.test({
  name:
    "Ctrl-C at any time of a run leaves a terminal in order and no process, and the next run goes on",
  ignore: !hasTerminals,
  fn: () =>
    withCopy(async (copy) => {
      await shorten(copy);
      const moments = [
        /Looking at the code/,
        /prepare +runs/,
        /prepare +done/,
        /cv +runs/,
        / fold 1 +[█░]/,
        /cv +.* 1 of 3 jobs/,
        /cv +.* 2 of 3 jobs/,
      ];
      const counts = { pressed: 0, over: 0 };
      for (const [i, stopAt] of moments.entries()) {
        const columns = [80, 60, 44][i % 3];
        const { code, written } = await inTerminal(
          [Deno.execPath(), ...START, "run", STUDY, "cv", "--force"],
          columns,
          { cwd: copy.path("."), stopAt, env: { TERM: "xterm" } },
        );
        const seen = terminal(columns);
        seen.write(written);
        const text = seen.lines().join("\n");
        // On a fast machine a run may be over before the key is pressed.
        assert(code === 130 || code === 0, `${stopAt}: ${code}\n${text}`);
        counts[code === 130 ? "pressed" : "over"]++;
        assertEquals(text.match(/[█░]/), null, text);
        assertEquals(seen.lines().at(-1), "", text);
        if (code === 130) assertMatch(text, /\nEnded\. |^Ended\. /);
        assert(!/error:|failed|\bat file:/.test(text), text);
        assertEquals(await processesOf(copy.path(".")), []);
      }
      const last = await copy.deno(...START, "run", STUDY, "cv");
      assertEquals(last.code, 0, last.stderr);
      console.log(`Ctrl-C at ${moments.length} moments: ${JSON.stringify(counts)}`);
      assert(counts.pressed >= 5);
    }),
});

Deno.test("a second run says at once for whom it waits, and events keep to their form", () =>
  withCopy(async (copy) => {
    await shorten(copy);
    const first = copy.deno(...START, "run", STUDY, "cv", "--json");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const second = copy.deno(...START, "run", STUDY, "cv");
    const [one, two] = await Promise.all([first, second]);
    assertEquals([one.code, two.code], [0, 0], one.stderr + two.stderr);
    const events = one.stdout.trimEnd().split("\n").map((line) =>
      eventLine.parse(JSON.parse(line))
    );
    console.log(
      `${events.length} events, ${two.stdout.split("\n").length} lines of the second run`,
    );
    assertEquals(events.filter(({ type }) => type === "finished").length, 2);
    assertMatch(two.stdout, /^(Another run is at work here \(process \d+ |prepare +up to date)/);
    assert(!two.stdout.includes("\x1b"), "no control characters in a pipe");
  }));

Deno.test({
  name:
    "a checkout that cannot be written answers status, metrics, and all where all is up to date",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withCopy(async (copy) => {
      await shorten(copy);
      const made = await copy.deno(...START, "run", STUDY, "prepare", "baseline");
      assertEquals(made.code, 0, made.stderr);
      const cache = await Deno.makeTempDir();
      await open(cache);
      await ended(["chmod", "-R", "a+rX", copy.path(".")]);
      const reopen: (() => Promise<void>)[] = [];
      for (const name of [".cache", "studies/garments/results", "studies/garments", "."]) {
        reopen.push(await close(copy.path(name)));
      }
      const as = (...args: string[]) =>
        ended(ordinary([Deno.execPath(), ...START, ...args]), {
          cwd: copy.path("."),
          env: { NO_COLOR: "1", DENO_DIR: cache, INIT_CWD: copy.path(".") },
        });
      try {
        const status = await as("status", STUDY);
        assertEquals([status.code, status.stderr], [0, ""]);
        assertMatch(status.stdout, / baseline +up to date/);
        const metrics = await as("metrics", STUDY);
        assertEquals([metrics.code, metrics.stderr], [0, ""]);
        const run = await as("run", STUDY, "prepare", "baseline");
        assertEquals([run.code, run.stderr], [0, ""]);
        assertMatch(run.stdout, /^prepare +up to date\nbaseline +up to date\nFinished in /);
        const stale = await as("run", STUDY, "cv");
        assertEquals([stale.code, stale.stdout], [1, ""]);
        assertMatch(stale.stderr, /^error: Not up to date: cv\. .* cannot be written: .*\n$/);
      } finally {
        for (const again of reopen) await again();
        await Deno.remove(cache, { recursive: true });
      }
    }),
});
