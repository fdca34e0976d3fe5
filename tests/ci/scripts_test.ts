/** The scripts of `.ci/`, with programs that stand in for those that take long or speak to GitHub. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { PROJECT } from "../../src/runtime/choice.ts";
import { inFolder } from "../support/data_files.ts";
import { ended } from "../support/people.ts";

// They are for bash.
const ignore = Deno.build.os === "windows";

/** A folder with the scripts of `.ci/`, and a folder of programs that are found before all others. */
interface Place {
  readonly folder: string;
  /** Puts a program into the second one, by its lines of shell. */
  program(name: string, ...lines: string[]): Promise<void>;
  /** Runs a script. */
  run(script: string, args?: readonly string[], env?: Record<string, string>): ReturnType<
    typeof ended
  >;
}

const test = (name: string, fn: (place: Place) => Promise<void>) =>
  Deno.test({
    name,
    ignore,
    fn: () =>
      inFolder(async (folder) => {
        const programs = join(folder, "programs");
        for (const made of [programs, join(folder, ".ci")]) await Deno.mkdir(made);
        for await (const { name } of Deno.readDir(join(PROJECT, ".ci"))) {
          await Deno.copyFile(join(PROJECT, ".ci", name), join(folder, ".ci", name));
        }
        await fn({
          folder,
          async program(name, ...lines) {
            await Deno.writeTextFile(
              join(programs, name),
              ["#!/bin/sh", ...lines, ""].join("\n"),
              { mode: 0o755 },
            );
          },
          run: (script, args = [], env = {}) =>
            ended([join(folder, ".ci", script), ...args], {
              cwd: folder,
              env: { PATH: `${programs}:${Deno.env.get("PATH")}`, ...env },
            }),
        });
      }),
  });

/** What `npx` is in these tests: it says what it was asked for, and ends as Deno's tasks would. */
const npx = (codes: Readonly<Record<string, number>> = {}) => [
  'shift 2; echo "### asked: $*"',
  'case "$*" in',
  ...Object.entries(codes).map(([task, code]) => `  *" ${task} "*|*" ${task}") exit ${code};;`),
  "esac",
];

const log = (last: string) => `running 3 tests\n${last}\n\nsomething else | 7 passed\n`;

test("a comment is what diff says, whether or not something differs; where diff fails, so does it", async (place) => {
  await ended(["git", "init", "--quiet", "--initial-branch=main"], { cwd: place.folder });
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.test"];
  await ended(["git", ...who, "commit", "--quiet", "--allow-empty", "-m", "One"], {
    cwd: place.folder,
  });
  for (const [ends, code] of [[0, 0], [3, 0], [1, 1], [2, 2]]) {
    await place.program("npx", ...npx({ diff: ends }));
    const said = await place.run("comment", ["main"]);
    assertEquals([said.code, said.stdout], [
      code,
      "### asked: task -q diff main --markdown\n",
    ]);
  }
});

test("without the revision to compare with, comment and summary say so, and do not fail", async (place) => {
  await place.program("npx", ...npx({ metrics: 3, status: 3 }));
  for (const git of [false, true]) {
    if (git) await ended(["git", "init", "--quiet"], { cwd: place.folder });
    const { code, stdout } = await place.run("comment", ["origin/main"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^### Results\n\nThey were compared with nothing: .* no `origin\/main`/);
    const file = join(place.folder, "summary.md");
    await Deno.writeTextFile(file, "");
    assertEquals((await place.run("summary", [file, "origin/main"])).code, 0);
    assertStringIncludes(await Deno.readTextFile(file), stdout);
  }
});

test("a summary tells tests, thresholds, metrics and the state of results, and is appended", async (place) => {
  await place.program(
    "npx",
    "shift 2",
    'case "$*" in',
    '  *metrics*) echo "| metric |"; echo "Not met: 1 of 3 thresholds." >&2; exit 3;;',
    '  *status*) echo "tune is stale"; exit 3;;',
    "esac",
  );
  const file = join(place.folder, "summary.md");
  await Deno.writeTextFile(file, "# Before\n");
  await Deno.mkdir(join(place.folder, ".cache", "ci"), { recursive: true });
  await Deno.writeTextFile(
    join(place.folder, ".cache", "ci", "check.log"),
    log("FAILED | 210 passed (3 steps) | 2 failed | 4 ignored (41s)"),
  );
  const { code, stdout, stderr } = await place.run("summary", [file, "main"]);
  assertEquals([code, stdout, stderr], [0, "", ""]);
  const text = await Deno.readTextFile(file);
  assertMatch(text, /^# Before\n## What was checked\n\nTests: 210 passed, 2 failed\.\n/);
  assertStringIncludes(text, "~~~text\nNot met: 1 of 3 thresholds.\n~~~\n");
  assertMatch(text, /<details><summary>Every metric<\/summary>\n\n\| metric \|\n\n<\/details>/);
  assertStringIncludes(text, "~~~text\ntune is stale\n~~~\n");

  await Deno.writeTextFile(join(place.folder, ".cache", "ci", "check.log"), "error: fmt\n");
  await Deno.writeTextFile(file, "");
  await place.run("summary", [file, "main"]);
  assertStringIncludes(
    await Deno.readTextFile(file),
    "\nTests: none have run to their end here.\n",
  );
});

const request = {
  ...{ GITHUB_REPOSITORY: "one/study", HEAD_REPOSITORY: "one/study", PULL_REQUEST: "7" },
  GH_TOKEN: "none",
};

/** What `gh` is here: it writes down what it is asked, and answers a question with `found`. */
const gh = (found: string) => [
  'printf "%s\\n" "$@" >>asked.txt',
  `case "$*" in *--jq*) printf '${found}';; esac`,
];

test("a comment is put in the place of the one that was put there before, or is a new one", async (place) => {
  const file = join(place.folder, "comment.md");
  const text = '### Results\n\n"quoted" $HOME `code` @file\n';
  await Deno.writeTextFile(file, text);
  for (
    const [found, how, where] of [
      ["", "POST", "repos/one/study/issues/7/comments"],
      ["12\\n34\\n", "PATCH", "repos/one/study/issues/comments/12"],
    ]
  ) {
    await place.program("gh", ...gh(found));
    const { code, stderr } = await place.run("post", [file], request);
    assertEquals([code, stderr], [0, ""]);
    const asked = await Deno.readTextFile(join(place.folder, "asked.txt"));
    await Deno.remove(join(place.folder, "asked.txt"));
    const [, sent] = asked.split("\n--method\n");
    assertEquals(sent, `${how}\n${where}\n--raw-field\nbody=<!-- atelier: results -->\n${text}`);
    // Only what this has written is replaced, and nobody else's comment.
    assertStringIncludes(asked, 'startswith("<!-- atelier: results -->")');
    assertStringIncludes(asked, '.user.login == "github-actions[bot]"');
  }
});

test("where GitHub does not answer, a comment fails; of a fork's request there is none, with a notice", async (place) => {
  const file = join(place.folder, "comment.md");
  await Deno.writeTextFile(file, "### Results\n");
  await place.program("gh", 'echo asked >>asked.txt; echo "no connection" >&2; exit 1');
  const failed = await place.run("post", [file], request);
  assertEquals([failed.code, failed.stderr], [1, "no connection\n"]);
  await Deno.remove(join(place.folder, "asked.txt"));

  const fork = await place.run("post", [file], { ...request, HEAD_REPOSITORY: "two/study" });
  assertEquals([fork.code, fork.stdout.startsWith("::notice::No comment: ")], [0, true]);
  const asked = await Deno.stat(join(place.folder, "asked.txt")).then(() => true, () => false);
  assert(!asked, "GitHub was asked");
});

test("what cannot be installed is told with its reason, and fails nothing", async (place) => {
  const path = join(place.folder, "programs");
  for (const name of ["bash", "dirname", "mkdir", "id", "tail", "timeout", "sh"]) {
    const { stdout } = await ended(["sh", "-c", `command -v ${name}`]);
    await Deno.symlink(stdout.trim(), join(path, name));
  }
  const install = () => place.run("install", [], { PATH: path, CI: "" });
  assertEquals(await install(), {
    ...{ success: true, code: 0, stderr: "" },
    stdout: ["bubblewrap", "chromium", "redis-server"]
      .map((name) => `${name}: not there, and there is no apt-get; its tests are skipped\n`)
      .join(""),
  });
  await place.program("apt-get", 'echo "no network"; exit 100');
  await place.program("google-chrome", "");
  await place.program("redis-server", "");
  const { code, stdout } = await install();
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^bubblewrap: (cannot be had \(no network\)|not there, and only root may install it); its tests are skipped\nchromium: \/.*\/google-chrome\nredis-server: \/.*\/redis-server\n$/,
  );
});

/** A run in which every script but it is replaced by one that writes a heading and ends as it is told. */
async function runWith(
  place: Place,
  codes: Readonly<Record<string, number>>,
  line: string,
  said = "## Heading",
) {
  for (const part of ["check", "comment", "drawn", "gate", "install", "long", "summary"]) {
    const writes = {
      check: `mkdir -p .cache/ci; echo '${line}' >.cache/ci/check.log`,
      summary: `echo '${said}' >"$1"`,
      comment: `echo '${said}'`,
    }[part];
    await Deno.writeTextFile(
      join(place.folder, ".ci", part),
      `#!/bin/sh\n${writes ?? ""}\nexit ${codes[part] ?? 0}\n`,
    );
  }
  const { code, stdout } = await place.run("run");
  return { code, last: stdout.trimEnd().split("\n").at(-1), stdout };
}

test("a run ends with the count of tests, in which each other part that fails is one", async (place) => {
  const good = "ok | 1210 passed | 0 failed | 2 ignored (3m41s)";
  const of = async (...args: [Record<string, number>, string, string?]) => {
    const { code, last } = await runWith(place, ...args);
    return [code, last];
  };
  assertEquals(await of({}, good), [0, "1210 passed, 0 failed"]);
  assertEquals(await of({ drawn: 1, long: 1 }, good), [1, "1210 passed, 2 failed"]);
  assertEquals(await of({ gate: 3 }, good), [1, "1210 passed, 1 failed"]);
  // Stale results, say: every test has passed.
  assertEquals(await of({ check: 1 }, good), [1, "1210 passed, 1 failed"]);
  assertEquals(
    await of({ check: 1 }, "FAILED | 1209 passed (5 steps) | 1 failed (3m41s)"),
    [1, "1209 passed, 1 failed"],
  );
  assertEquals(await of({ check: 1 }, "error: Found 1 not formatted file"), [
    1,
    "0 passed, 1 failed",
  ]);
});

test("a summary or a comment without a heading, or longer than GitHub takes, fails a run", async (place) => {
  const good = "ok | 5 passed | 0 failed (1s)";
  for (const said of ["", "no heading"]) {
    assertEquals((await runWith(place, {}, good, said)).last, "5 passed, 2 failed");
  }
  // Only the comment is too long.
  assertEquals(
    (await runWith(place, {}, good, `## ${"x".repeat(60_000)}`)).last,
    "5 passed, 1 failed",
  );
});
