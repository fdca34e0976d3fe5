/** A run as a user sees it: in a terminal, in a pipe, as events; and what Ctrl-C leaves behind. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import type { z } from "zod";
import { openLock } from "../../src/files/open_lock.ts";
import { ALIVE } from "../../src/pipeline/lock.ts";
import { lines } from "../../src/pipeline/messages.ts";
import { toyCommand } from "../support/disk.ts";
import { eventLine } from "../support/events.ts";
import { lockHolder } from "../support/lock_holder.ts";
import { ended } from "../support/people.ts";
import { hasTerminals, inTerminal, terminal } from "../support/terminal.ts";
import { settings, type Toy, withToy } from "../support/toy.ts";

/** The toy, whose second sum takes forever. */
async function slowly(toy: Toy): Promise<string> {
  toy.edit(
    "sum/run.ts",
    'progress(1, 2, "half");',
    'progress(1, 2, "half"); if (offset === 2) await new Promise((r) => setTimeout(r, 600_000));',
  );
  return await toy.sources();
}

/** Whether a process is at work in a folder. */
async function isAtWork(cache: string): Promise<boolean> {
  using file = await openLock(join(cache, ALIVE));
  return !await file.tryLock(true);
}

const left: Readonly<Record<number, readonly string[]>> = {
  80: [
    "numbers    runs: it has not run yet: results hold no manifest",
    "numbers    done in some time",
    "sums       runs: it has not run yet: results hold no manifest",
    "Ended. Up to date: numbers. Of sums, 1 of 2 jobs are done and kept: the next",
    "  run goes on from there.",
    "",
  ],
  40: [
    "numbers    runs: it has not run yet:",
    "           results hold no manifest",
    "numbers    done in some time",
    "sums       runs: it has not run yet:",
    "           results hold no manifest",
    "Ended. Up to date: numbers. Of sums, 1",
    "  of 2 jobs are done and kept: the next",
    "  run goes on from there.",
    "",
  ],
};

for (const columns of [80, 40]) {
  Deno.test({
    name: `in a terminal of ${columns} columns Ctrl-C ends jobs and bars, and tells what was kept`,
    // With `script`, of util-linux.
    ignore: !hasTerminals,
    fn: () =>
      withToy(async (toy) => {
        const command = [...toyCommand(toy, await slowly(toy), settings), "shown"];
        const { code, written } = await inTerminal(command, columns, {
          // The first has ended, the second has begun.
          stopAt: /1 of 2 jobs[^]*offset 2[^]*50%/,
          env: { TERM: "xterm" },
        });
        assertEquals(code, 130, written);
        const seen = terminal(columns);
        seen.write(written);
        const lines = seen.lines().map((line) => line.replace(/done in .*/, "done in some time"));
        assertEquals(lines, left[columns]);
        assertMatch(written, /\n? {2}offset 2 +█/);
        assert(!written.includes("\x1b[?25l"), "the cursor is not hidden");
        assertEquals(await isAtWork(toy.path(".cache")), false);
      }),
  });
}

Deno.test("in a pipe a run writes plain lines, and goes on where nobody reads them", () =>
  withToy(async (toy) => {
    const command = [...toyCommand(toy, await toy.sources(), settings), "shown"];
    // Whoever reads ends with the first line.
    const { success, stdout } = await ended(
      ["sh", "-c", '"$@" | head -n 1', "sh", ...command],
      { env: { NO_COLOR: "1" } },
    );
    assertEquals([success, stdout], [
      true,
      "numbers    runs: it has not run yet: results hold no manifest\n",
    ]);
    assertMatch(await Deno.readTextFile(toy.path("page.md")), /^# Sums\n/);
    const again = await ended([...command], { env: { NO_COLOR: "1" } });
    assertEquals([again.stdout, again.stderr], [
      "numbers    up to date\nsums       up to date\npage       up to date\n",
      "",
    ]);
  }));

Deno.test("events are one JSON object a line, as the page has them", () =>
  withToy(async (toy) => {
    const command = [...toyCommand(toy, await toy.sources(), settings), "json"];
    const holder = lockHolder(toy.path(".cache"));
    await holder.untilItHas();
    const [program, ...args] = command;
    const run = new Deno.Command(program, {
      args,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const events: z.infer<typeof eventLine>[] = [];
    for await (const line of lines(run.stdout)) {
      events.push(eventLine.parse(JSON.parse(line)));
      if (events.at(-1)!.type === "waiting") await holder.release();
    }
    assertEquals(await new Response(run.stderr).text(), "");
    assertEquals((await run.status).code, 0);
    const types = events.map(({ type }) => type);
    assertEquals(types[0], "looking");
    const waiting = events.find((event) => event.type === "waiting");
    assertEquals([waiting?.state, waiting?.holder?.pid], ["works", holder.pid]);
    for (const stage of ["numbers", "sums", "page"]) {
      const ofStage = events.filter((event) => "stage" in event && event.stage === stage);
      assertEquals([ofStage[0].type, ofStage.at(-1)!.type], ["started", "finished"]);
    }
    assertEquals(
      events.flatMap((event) => event.type === "job" ? [`${event.label} ${event.state}`] : [])
        .sort(),
      ["offset 1 asked", "offset 1 made", "offset 2 asked", "offset 2 made"],
    );
    const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
    for (const type of ["looking", "waiting", "current", "started", "job", "progress"]) {
      assertStringIncludes(page, `\n| \`${type}\``);
    }
  }));
