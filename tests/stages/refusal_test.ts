/** Every task that reads the study refuses a broken one before it does anything. */
import { assert, assertEquals } from "@std/assert";
import { replacing, withCopy } from "../support/copy.ts";

Deno.test("tasks refuse a broken study with its faults, and leave nothing behind", () =>
  withCopy(async (copy) => {
    await copy.write(
      "study.ts",
      replacing("Recipe = {\n  epochs: 10,\n", "Recipe = {\n  epochs: 0,\n"),
    );
    await copy.write("study.ts", replacing("  baseline: {\n", "  baselines: {},\n  baseline: {\n"));
    const tasks = [
      ["tasks/run.ts", "all"],
      ["tasks/run.ts", "prepare", "--force"],
      ["tasks/status.ts"],
      ["tasks/status.ts", "--check"],
      ["tasks/metrics.ts"],
      ["tasks/metrics.ts", "--json"],
    ];
    const message = [
      "error: study.ts is refused:",
      "  baseline.epochs: 0: Too small: expected number to be >=1",
      "  cv.recipe.epochs: 0: Too small: expected number to be >=1",
      "  ablate.recipe.epochs: 0: Too small: expected number to be >=1",
      "  the study: there is no baselines; did you mean baseline?",
      "",
    ].join("\n");
    const before = await listing(copy.path(""));
    for (const task of tasks) {
      const { success, stdout, stderr } = await copy.run(...task);
      assert(!success, `${task.join(" ")} succeeds`);
      assertEquals([task, stdout, stderr], [task, "", message]);
    }
    assertEquals(await listing(copy.path("")), before);
  }));

/** Everything that lies in a folder, links not followed. */
async function listing(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    found.push(name);
    if (isDirectory) {
      found.push(...(await listing(`${folder}/${name}`)).map((it) => `${name}/${it}`));
    }
  }
  return found.sort();
}
