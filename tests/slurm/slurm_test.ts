/**
 * The drawn study on a real Slurm of one node, by `--launch`: job by job, and whole as one allocation.
 * What it prints is the transcript in `docs/many-machines.md`.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { lines } from "../../src/pipeline/messages.ts";
import { withCopy } from "../support/copy.ts";
import { digests, DRAWN, manifestOf } from "../support/drawn.ts";
import { ended } from "../support/people.ts";
import { whyNoSlurm, withSlurm } from "../support/slurm.ts";

const why = await whyNoSlurm();
if (why !== undefined) console.log(`No test on Slurm: ${why}.`);

/** What is printed, without the lines that tell how far a stage is. */
const shown = (text: string): string =>
  text.split("\n").filter((line) => !line.startsWith("  ")).join("\n").trim();

Deno.test({
  name: "Slurm runs the drawn study job by job and as one allocation: the bytes of the local run",
  ignore: why !== undefined,
  fn: () =>
    withCopy((copy) =>
      withSlurm(2, async ({ env, ask }) => {
        const home = copy.path(DRAWN);
        const clean = async () => {
          for (const path of ["results", ".cache", "report.md", "report.html"]) {
            await Deno.remove(join(home, path), { recursive: true });
          }
          await Deno.remove(copy.path(".cache/jobs"), { recursive: true });
        };
        const options = {
          cwd: copy.path("."),
          env: { NO_COLOR: "1", INIT_CWD: copy.path("."), ...env },
        };
        const timed = async (...command: string[]) => {
          const began = performance.now();
          const { success, stdout, stderr } = await ended(command, options);
          assert(success, stdout + stderr);
          return { text: stdout, seconds: Math.round((performance.now() - began) / 1000) };
        };
        const all = [Deno.execPath(), "task", "--quiet", "all", `--study=${DRAWN}`];
        const local = await timed(...all);
        const expected = await digests(home);
        const count = Object.keys(expected).length;
        assert(count > 40, `only ${count} artifacts`);
        console.log(`  on this machine: ${count} artifacts in ${local.seconds} s`);

        await clean();
        const launch = "srun --ntasks=1 --cpus-per-task={threads} --mem={memory} --quiet";
        const launched = await timed(...all, `--launch=${launch} --job-name={label}`);
        assertStringIncludes(launched.text, "Jobs are started by srun");
        assertEquals(await digests(home), expected);
        assertEquals(await ask("squeue", "--noheader"), "");
        for (const { facts } of Object.values((await manifestOf(home, "tune")).provenance.jobs)) {
          assertEquals(facts.machine?.host, Deno.hostname());
        }
        console.log(shown(launched.text));
        console.log(`  srun, job by job: the same bytes in ${launched.seconds} s`);

        await clean();
        // The script of the page, for less of a cluster.
        const page = new URL("../../docs/many-machines.md", import.meta.url);
        const [, script] = /```sh\n(#!\/bin\/sh\n#SBATCH[^`]*)```/.exec(
          await Deno.readTextFile(page),
        )!;
        const smaller = script.replace("deno task all", all.join(" "));
        assert(smaller !== script);
        await copy.write("atelier.sh", smaller);
        const batch = ["--wait", "--ntasks=2", "--mem=6G", "--output=atelier.out", "atelier.sh"];
        const { text, seconds } = await timed("sbatch", ...batch);
        const out = await Deno.readTextFile(copy.path("atelier.out"));
        assertEquals(await digests(home), expected, out);
        console.log(text + shown(out));
        console.log(`  sbatch, one allocation: the same bytes in ${seconds} s`);
      })
    ),
});

Deno.test({
  name: "Ctrl-C leaves nothing on the queue of Slurm, nor does a driver that is killed",
  ignore: why !== undefined,
  fn: () =>
    withCopy((copy) =>
      withSlurm(2, async ({ env, ask }) => {
        for (const signal of ["SIGINT", "SIGKILL"] as const) {
          const driver = new Deno.Command(Deno.execPath(), {
            args: [
              ...["run", "-A", "--quiet", "tasks/run.ts", "baseline", `--study=${DRAWN}`],
              ...["--json", "--launch=srun --ntasks=1 --cpus-per-task={threads} --quiet"],
            ],
            cwd: copy.path("."),
            env: { NO_COLOR: "1", ...env },
            stdin: "null",
            stdout: "piped",
            stderr: "null",
          }).spawn();
          // Once it trains, it never pauses.
          const trains = Promise.withResolvers<void>();
          const reading = (async () => {
            for await (const line of lines(driver.stdout)) {
              if (/"progress","stage":"baseline"/.test(line)) trains.resolve();
            }
            trains.reject(new Error("it has ended before it trained"));
          })();
          await trains.promise;
          assert(await ask("squeue", "--noheader") !== "");
          const began = performance.now();
          driver.kill(signal);
          await driver.status;
          while (await ask("squeue", "--noheader") !== "") {
            assert(performance.now() - began < 10_000, "the job is on the queue still");
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          const seconds = ((performance.now() - began) / 1000).toFixed(1);
          console.log(`  ${signal}: the queue is empty after ${seconds} s`);
          await reading;
        }
      })
    ),
});

Deno.test({
  name: "what Slurm refuses is told, with the job that it was asked for",
  ignore: why !== undefined,
  fn: () =>
    withCopy((copy) =>
      withSlurm(2, async ({ env }) => {
        const { code, stdout, stderr } = await ended([
          ...[Deno.execPath(), "task", "--quiet", "baseline", `--study=${DRAWN}`],
          "--launch=srun --partition=nonesuch --quiet",
        ], { cwd: copy.path("."), env: { NO_COLOR: "1", ...env } });
        assertEquals(code, 1);
        const text = stdout + stderr;
        assertStringIncludes(text, "srun, which launched it, ended with 1\n");
        assertStringIncludes(text, "srun: error: invalid partition specified: nonesuch");
      })
    ),
});
