/** `deno task metrics`, with the permissions that it has. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { PROJECT } from "../../src/runtime/choice.ts";
import { statusOf } from "../../src/pipeline/status.ts";
import { allMetrics } from "../../src/stages/all_metrics.ts";
import { marked } from "../../src/stages/gate.ts";
import { EXITS } from "../../tasks/exits.ts";
import { project } from "../../tasks/workspace.ts";
import { replacing, withCopy } from "../support/copy.ts";
import { ended } from "../support/people.ts";

Deno.test("metrics prints every metric of the committed results, and whether it is stale", async () => {
  const { success, stdout, stderr } = await ended(
    [Deno.execPath(), "task", "--quiet", "metrics", "--json"],
    { cwd: PROJECT, env: { NO_COLOR: "1" } },
  );
  assertEquals([success, stderr], [true, ""]);
  const checked = await project();
  const { plan, workspace, locator } = checked;
  const stale = (await statusOf(workspace, plan, locator))
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ planned: { stage } }) => stage.name);
  assertEquals(JSON.parse(stdout), marked(await allMetrics(checked, workspace), stale));
});

Deno.test("metrics marks what is stale, and --check then fails, as where a threshold is missed", () =>
  withCopy(async (copy) => {
    const results = `${PROJECT}studies/digits/results`;
    await copy.add(results, "studies/digits/results");
    await copy.add(`${PROJECT}studies/digits/study.ts`, "studies/digits/study.ts");
    const metrics = (...args: string[]) =>
      copy.run("tasks/metrics.ts", "--study=studies/digits", ...args);
    const good = await metrics("--check");
    assertEquals([good.code, good.stderr], [EXITS.done, "All of 3 thresholds are met.\n"]);
    assert(!good.stdout.includes("stale"), good.stdout);

    const path = "studies/digits/study.ts";
    await copy.write(
      path,
      replacing('\n    "baseline.test.accuracy": 0.98,', '\n    "baseline.test.accuracy": 0.999,'),
    );
    const missed = await metrics("--check");
    assertEquals(missed.code, EXITS.differs);
    assertMatch(
      missed.stderr,
      /^Not met: 1 of 3 thresholds\.\n {2}baseline\.test\.accuracy is 0\.9\d+ \[.*\], 0\.0\d+ below 0\.9990: its interval does not hold the threshold\n$/,
    );

    await copy.write("src/training/loop.ts", replacing("done += batch.length", "done += 1"));
    const stale = await metrics("--check");
    assertEquals(stale.code, EXITS.differs);
    assertMatch(
      stale.stdout,
      /\nStale: baseline, cv, errors, models\. `deno task status` says why\.\n$/,
    );
    assertMatch(stale.stdout, /\| baseline\.test\.accuracy .* stale +\|\n/);
    assertStringIncludes(stale.stderr, "Not met: 3 of 3 thresholds.");
  }));

Deno.test("--check says what it did where there are no thresholds, and misses all where there are no results", () =>
  withCopy(async (copy) => {
    const check = async (thresholds: Record<string, number>) => {
      await copy.write(
        "studies/mine/study.ts",
        `import { study as garments } from "../garments/study.ts";
        export const study = { ...garments, thresholds: ${JSON.stringify(thresholds)} };`,
      );
      const { code, stdout, stderr } = await copy.run(
        "tasks/metrics.ts",
        ...["--study=studies/mine", "--check"],
      );
      assertEquals(stdout, "There are no results yet; `deno task all` makes them.\n");
      return { code, stderr };
    };
    assertEquals(await check({}), {
      code: EXITS.done,
      stderr: "The study has no thresholds: nothing was checked.\n",
    });
    assertEquals(await check({ "baseline.test.accuracy": 0.5, "baseline.test.logLoss": 0.9 }), {
      code: EXITS.differs,
      stderr: "Not met: 2 of 2 thresholds.\n" +
        "  baseline.test.accuracy is not there, and must be at least 0.5000: no result holds it\n" +
        "  baseline.test.logLoss is not there, and must be at most 0.9000: no result holds it\n",
    });
  }));
