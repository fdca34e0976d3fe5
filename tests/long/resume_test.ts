/** A study killed and started again, with other concurrency, ends in the same bytes. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { isReady } from "../../src/runtime/choice.ts";
import { sha256 } from "../../src/files/digest.ts";

/** Starts `mini.ts`; its lines are the jobs that end. */
function start(folder: string, jobs: number): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      new URL("../support/mini.ts", import.meta.url).href,
      folder,
      `${jobs}`,
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<void> {
  const { success, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
}

const finishedJobs = async (folder: string) => {
  try {
    return (await Array.fromAsync(Deno.readDir(join(folder, ".cache", "jobs"))))
      .filter(({ name }) => !name.startsWith("unfinished-")).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
};

/** Kills the run, without warning, once it has finished so many jobs. */
async function killAfter(child: Deno.ChildProcess, folder: string, jobs: number): Promise<void> {
  const output = child.output();
  for (let waited = 0; await finishedJobs(folder) < jobs; waited += 20) {
    assert(waited < 120_000, `no ${jobs} jobs in two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  const { signal } = await output;
  assertEquals(signal, "SIGKILL", "the run had ended before it could be killed");
}

/** Digest of every artifact by path; manifests hold times and are left out. */
async function artifacts(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const stage of ["prepare", "baseline", "tune", "replicate", "cv", "ablate"]) {
    for await (const { name } of Deno.readDir(join(folder, "results", stage))) {
      if (name === "manifest.json") continue;
      found[`${stage}/${name}`] = sha256(await Deno.readFile(join(folder, "results", stage, name)));
    }
  }
  return Object.fromEntries(Object.entries(found).sort());
}

Deno.test({
  name: "a study killed twice and continued with other concurrency gives the same bytes",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  async fn() {
    const folders = await Promise.all(
      ["whole", "killed"].map((name) => Deno.makeTempDir({ prefix: `atelier-${name}-` })),
    );
    const [whole, killed] = folders;
    try {
      await finish(start(whole, 1));
      await killAfter(start(killed, 2), killed, 3);
      const afterFirst = await finishedJobs(killed);
      await killAfter(start(killed, 2), killed, afterFirst + 3);
      await finish(start(killed, 2));
      const expected = await artifacts(whole);
      assert(Object.keys(expected).some((name) => name.startsWith("tune/trials-")));
      assert(Object.keys(expected).some((name) => name.startsWith("baseline/weights-")));
      assert(Object.keys(expected).some((name) => name.startsWith("cv/jobs-")));
      assertEquals(await artifacts(killed), expected);
    } finally {
      await Promise.all(folders.map((folder) => Deno.remove(folder, { recursive: true })));
    }
  },
});
