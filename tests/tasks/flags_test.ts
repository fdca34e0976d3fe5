import { assertEquals, assertThrows } from "@std/assert";
import { backendFlag, jobsFlag, readArguments, stagesNamed } from "../../tasks/flags.ts";
import { withCopy } from "../support/copy.ts";

const options = {
  force: { type: "boolean", default: false },
  jobs: { type: "string" },
} as const;

Deno.test("flags and names are read, whatever their order", () => {
  const { values, positionals } = readArguments(
    ["cv", "--jobs=2", "tune", "--force"],
    options,
    true,
  );
  assertEquals([{ ...values }, positionals], [{ force: true, jobs: "2" }, ["cv", "tune"]]);
  assertEquals(readArguments(["--jobs", "2"], options, false).values.jobs, "2");
  assertEquals({ ...readArguments([], options, false).values }, { force: false });
});

Deno.test("a flag or a name that is not known is refused with what there is, and what was meant", () => {
  const refusal = (args: string[], named = true) =>
    assertThrows(() => readArguments(args, options, named), Error).message;
  assertEquals(
    refusal(["--forse"]),
    "There is no flag --forse; did you mean --force? There are: --force, --jobs.",
  );
  assertEquals(refusal(["--colour"]), "There is no flag --colour. There are: --force, --jobs.");
  assertEquals(refusal(["-x"]), "There is no flag -x. There are: --force, --jobs.");
  assertEquals(
    refusal(["--__proto__=1", "--constructor"]),
    "There is no flag --__proto__. There are: --force, --jobs.",
  );
  assertEquals(refusal(["--force=yes"]), '--force takes no value; got "yes".');
  for (const args of [["--jobs"], ["--jobs="]]) {
    assertEquals(refusal(args), "--jobs takes a value, as in --jobs=...");
  }
  assertEquals(refusal(["cv"], false), '"cv" stands where only flags do: --force, --jobs.');
  assertEquals(stagesNamed(["cv"], ["tune", "cv"]), ["cv"]);
  assertEquals(
    assertThrows(() => stagesNamed(["cv", "tun"], ["tune", "cv"]), Error).message,
    "There is no stage tun; did you mean tune? There are: tune, cv.",
  );
});

Deno.test("nothing was meant by a word that has nothing of any other", () => {
  for (const word of ["3", "xy", ""]) {
    assertThrows(
      () => stagesNamed([word], ["tune", "cv"]),
      Error,
      `There is no stage ${word}. There are: tune, cv.`,
    );
  }
});

Deno.test("jobs are a whole number of 1 or more, a backend is one of two", () => {
  assertEquals([jobsFlag("1"), jobsFlag("12"), backendFlag("wasm")], [1, 12, "wasm"]);
  for (const value of ["0", "-1", "1.5", "1e1", "0x10", " 1", "one", "9".repeat(30)]) {
    assertThrows(() => jobsFlag(value), Error, "--jobs takes a whole number of 1 or more; got ");
  }
  assertThrows(() => backendFlag("gpu"), Error, '--backend takes tensorflow or wasm; got "gpu".');
});

Deno.test("tasks refuse what they do not know, in one line", () =>
  withCopy(async (copy) => {
    for (
      const [task, args, message] of [
        ["run", [], "Name a stage, or all: "],
        ["run", ["baslines"], "There is no stage baslines; did you mean baseline? There are: "],
        ["run", ["all", "--jobs=0"], "--jobs takes a whole number of 1 or more; "],
        ["reproduce", ["all"], "There is no stage all. There are: "],
        ["status", ["--chek"], "There is no flag --chek; did you mean --check? There are: "],
        ["metrics", ["cv"], '"cv" stands where only flags do: '],
        ["setup", ["--backend=gpu"], "--backend takes tensorflow or wasm; "],
      ] as const
    ) {
      const { success, stdout, stderr } = await copy.run(`tasks/${task}.ts`, ...args);
      assertEquals([task, success, stdout, stderr.split("\n").length], [task, false, "", 2]);
      assertEquals(stderr.slice(0, message.length + 7), `error: ${message}`);
    }
  }));
