import { assertEquals } from "@std/assert";

/** Runs git in a folder, without the settings of whoever runs the tests. */
async function git(cwd: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args,
    cwd,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
  }).output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

const files: Record<string, string> = {
  "metrics.json": '{\n  "accuracy": 0.9\n}\n',
  "trials.csv": "id,score\n0,0.9\n",
  "quoted.csv": 'text\r\n"a\nb"\r\n', // both kinds stay
  "chart.svg": "<svg>\n</svg>\n",
  "report.md": "# Report\n\nWords.\n",
};

async function clone(attributes: string | undefined): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir();
  try {
    const origin = `${folder}/origin`;
    await Deno.mkdir(origin);
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${origin}/${name}`, text);
    }
    if (attributes !== undefined) await Deno.writeTextFile(`${origin}/.gitattributes`, attributes);
    await git(origin, "init", "--quiet");
    await git(origin, "add", "--all");
    const author = ["-c", "user.name=Test", "-c", "user.email=test@example.test"];
    await git(origin, ...author, "commit", "--quiet", "--message", "Files");
    // As Git for Windows is set up.
    await git(folder, "clone", "--quiet", "-c", "core.autocrlf=true", "origin", "copy");
    const names = Object.keys(files);
    const texts = await Promise.all(
      names.map(async (name) => [name, await Deno.readTextFile(`${folder}/copy/${name}`)]),
    );
    return Object.fromEntries(texts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const attributes = await Deno.readTextFile(new URL("../../.gitattributes", import.meta.url));

Deno.test("a checkout as Git for Windows makes it has the bytes that were committed", async () => {
  assertEquals(await clone(attributes), files);
});

Deno.test("without .gitattributes it would not", async () => {
  assertEquals((await clone(undefined))["trials.csv"], "id,score\r\n0,0.9\r\n");
});
