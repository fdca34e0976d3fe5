/** What `--launch` says is refused before any work where it cannot be meant, and gives a task no more than it needs. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { EXITS, Refused } from "../../tasks/exits.ts";
import { launchFlag } from "../../tasks/launch.ts";
import { withCopy } from "../support/copy.ts";
import { inFolder } from "../support/data_files.ts";
import { ended } from "../support/people.ts";

const ignore = Deno.build.os === "windows";

const refusal = async (value: string) =>
  (await assertRejects(() => launchFlag(value), Refused)).message;

Deno.test("a launcher is a program with its words", { ignore }, async () => {
  assertEquals(await launchFlag(undefined), undefined);
  const [program, ...words] = await launchFlag("env -u 'A B' --cpus={threads} {label}:{memory}") ??
    [];
  assert(program.startsWith("/") && program.endsWith("/env"), program);
  assertEquals(words, ["-u", "A B", "--cpus={threads}", "{label}:{memory}"]);
  // Braces of a template of the launcher's own are no placeholder.
  assertEquals((await launchFlag("/bin/sh {{.Name}} {}"))?.[0], "/bin/sh");
});

Deno.test("what no launcher can be is refused, with what was meant", { ignore }, async () => {
  assertEquals(
    await refusal("env {thread}"),
    "There is no placeholder {thread}; did you mean {threads}? There are: {threads}, {memory}, {label}.",
  );
  assertEquals(
    await refusal("nonesuch -n 1"),
    '--launch names "nonesuch", which is no program on the PATH.',
  );
  assertEquals(await refusal("/none/such"), "--launch names /none/such, where no program is.");
  assertEquals(await refusal("/bin"), "--launch names /bin, where no program is.");
  assertEquals(
    await refusal("env 'a"),
    `--launch cannot be read: a quote (') is not closed in "env 'a".`,
  );
  for (const nothing of [" ", "''"]) {
    assertEquals(await refusal(nothing), "--launch takes a program, as in --launch=srun.");
  }
});

Deno.test("a task may run a launcher that is named, and sees what that needs; else neither", {
  ignore,
}, () =>
  withCopy((copy) =>
    inFolder(async (folder) => {
      const launcher = join(folder, "my launcher");
      await Deno.writeTextFile(launcher, "#!/bin/sh\n", { mode: 0o755 });
      await copy.write(
        "tasks/run.ts",
        `const command = ${JSON.stringify(launcher)};
         const { state } = await Deno.permissions.query({ name: "run", command });
         const seen = ["SLURM_JOB_ID", "SSH_AUTH_SOCK", "TOKEN"].filter((name) => Deno.env.has(name));
         console.log(JSON.stringify({ state, seen, args: Deno.args }));`,
      );
      const told = async (...args: string[]) => {
        const { code, stdout, stderr } = await ended(
          [Deno.execPath(), "task", "--quiet", "all", ...args],
          {
            cwd: copy.path("."),
            env: {
              ...{ NO_COLOR: "1", INIT_CWD: folder },
              ...{ SLURM_JOB_ID: "7", SSH_AUTH_SOCK: "s", TOKEN: "t" },
            },
          },
        );
        return { code, stderr, ...(code === 0 ? JSON.parse(stdout) : {}) };
      };
      assertEquals(await told(), { code: 0, stderr: "", state: "prompt", seen: [], args: ["all"] });
      // As the user sees it, who stands elsewhere; and whatever it is, it comes as it was said.
      const launch = `--launch='./my launcher' "a\\"b" {label} $HOME`;
      assertEquals(await told(launch), {
        ...{ code: 0, stderr: "", state: "granted" },
        seen: ["SLURM_JOB_ID", "SSH_AUTH_SOCK"],
        args: [launch, "all"],
      });
      const refused = await told("--launch=nonesuch");
      assertEquals(refused.code, EXITS.refused);
      assertStringIncludes(refused.stderr, "error: --launch names ");
      const verify = await ended([Deno.execPath(), "task", "--quiet", "verify", "--launch=nice"], {
        cwd: copy.path("."),
        env: { NO_COLOR: "1" },
      });
      assertStringIncludes(verify.stderr, "There is no flag --launch");
    })
  ));
