/** What is said to tasks: read as it is meant, or refused with what was meant. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { PROJECT } from "../../src/runtime/choice.ts";
import { EXITS, Refused } from "../../tasks/exits.ts";
import { backendFlag, jobsFlag, read, stagesNamed } from "../../tasks/flags.ts";
import { inFolder } from "../support/data_files.ts";
import { ended } from "../support/people.ts";

Deno.test("flags and words are read, whatever their order", () => {
  const nothing = {
    ...{ force: false, set: [], name: undefined },
    ...{ jobs: undefined, backend: undefined, json: false },
    ...{ store: undefined, "no-train": false, "slow-bfloat16": false },
    launch: undefined,
    ...{ mixed: false, queue: undefined },
  };
  assertEquals(read("run", ["cv", "--jobs=2", "tune", "--force"]), {
    flags: { ...nothing, force: true, jobs: "2", study: undefined },
    words: ["cv", "tune"],
  });
  assertEquals(read("run", ["cv", "--jobs", "2"]).flags.jobs, "2");
  assertEquals(read("reproduce", ["--", "--jobs"]).words, ["--jobs"]);
  assertEquals(read("new", ["a", "--data=b"]), { flags: { data: "b" }, words: ["a"] });
});

const refusal = (name: Parameters<typeof read>[0], ...args: string[]) =>
  assertThrows(() => read(name, args), Refused).message;

Deno.test("a flag that there is not, or not so, is refused with what was meant", () => {
  const known = "There are: --backend, --force, --help.";
  assertEquals(
    refusal("setup", "--forse"),
    `There is no flag --forse; did you mean --force? ${known}`,
  );
  for (const flag of ["--colour", "-x", "--__proto__", "--constructor"]) {
    assertEquals(refusal("setup", flag), `There is no flag ${flag}. ${known}`);
  }
  assertEquals(refusal("setup", "--force=yes"), '--force takes no value; got "yes".');
  assertEquals(refusal("setup", "--force", "--force"), "--force is given twice.");
  for (const args of [["--jobs"], ["--jobs="], ["--jobs", "--force"]]) {
    assertEquals(refusal("run", "cv", ...args), "--jobs takes a value, as in --jobs=...");
  }
});

Deno.test("words are refused where there are too many or too few", () => {
  assertEquals(
    refusal("crate", "cv"),
    '"cv" stands where only flags do: --study.',
  );
  assertEquals(
    refusal("status", "check"),
    '"check" stands where only flags do; did you mean --check?',
  );
  const call = "`deno task new FOLDER --data=PATH`.";
  assertEquals(
    refusal("new", "a", "b", "--data=c"),
    `"b" is one word too many; say ${call}`,
  );
  for (const args of [[], ["a"], ["--data=c"]]) {
    assertEquals(refusal("new", ...args), `Say ${call}`);
  }
  assertEquals(refusal("run"), "Say `deno task all [flags]`.");
});

Deno.test("a stage that there is not is refused with the one that was meant", () => {
  const known = ["tune", "cv"];
  const refused = (...names: string[]) =>
    assertThrows(() => stagesNamed(names, known, true), Refused).message;
  assertEquals(stagesNamed(["cv"], known), ["cv"]);
  assertEquals(stagesNamed(["all"], known, true), known);
  assertEquals(
    refused("cv", "tun"),
    "There is no stage tun; did you mean tune? There are: all, tune, cv.",
  );
  assertEquals(refused("cv", "cv"), "Stage cv is named twice.");
  assertEquals(refused("all", "cv"), "cv is one word too many: all brings every stage up to date.");
  // Nothing was meant by a word that has nothing of any other.
  for (const word of ["3", "xy", ""]) {
    assertEquals(refused(word), `There is no stage ${word}. There are: all, tune, cv.`);
  }
  assertThrows(() => stagesNamed(["all"], known), Refused, "There is no stage all. There are: ");
});

Deno.test("jobs are a whole number of 1 or more, a backend is one of two", () => {
  assertEquals([jobsFlag("1"), jobsFlag("12"), backendFlag("wasm")], [1, 12, "wasm"]);
  for (const value of ["0", "-1", "1.5", "1e1", "0x10", " 1", "one", "9".repeat(30)]) {
    assertThrows(() => jobsFlag(value), Refused, "--jobs takes a whole number of 1 or more; got ");
  }
  assertThrows(() => backendFlag("gpu"), Refused, '--backend takes tensorflow or wasm; got "gpu".');
});

Deno.test("tasks refuse what cannot be meant, in one line, and exit with 2", () =>
  inFolder(async (folder) => {
    const broken = join(folder, "broken");
    await Deno.mkdir(broken);
    await Deno.writeTextFile(join(broken, "study.ts"), "export const study = {;");
    const asked: [args: string[], message: string][] = [
      [["start", "statsu"], "There is no task statsu; did you mean status? There are: help, run, "],
      [["start", "help", "tets"], "There is no task tets; did you mean test? There are: "],
      [["start", "status", "--chek"], "There is no flag --chek; did you mean --check? There are: "],
      [["run", "baslines"], "There is no stage baslines; did you mean baseline? There are: "],
      [
        ["start", "status", "--study", "studies/garment"],
        "There is no study studies/garment; did you mean studies/garments? There are: ",
      ],
      [["metrics", `--study=${folder}`], `${folder} is no study: there is no study.ts in it.`],
      [["metrics", `--study=${broken}`], `${join(broken, "study.ts")} cannot be loaded: `],
    ];
    await Promise.all(asked.map(async ([[task, ...args], message]) => {
      const { code, stdout, stderr } = await ended([
        ...[Deno.execPath(), "run", "-A", "--quiet", "--no-prompt", `tasks/${task}.ts`],
        ...args,
      ], { cwd: PROJECT, env: { NO_COLOR: "1", INIT_CWD: PROJECT } });
      assertEquals([args, code, stdout], [args, EXITS.refused, ""], stderr);
      assertEquals(stderr.slice(0, message.length + 7), `error: ${message}`);
      // Of an error in somebody's study it is said where it is, and nothing of our own code.
      const [, ...more] = stderr.trimEnd().split("\n");
      assertEquals(more.length > 0, args.includes(`--study=${broken}`), stderr);
      assert(!stderr.includes("/tasks/"), stderr);
    }));
  }));
