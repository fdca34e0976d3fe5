import { assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { pathList } from "../../src/files/flags.ts";
import { inFolder } from "../support/data_files.ts";

Deno.test("a process may write where it is let, below a folder with commas and spaces in its name", async () => {
  await inFolder(async (root) => {
    const project = join(root, "a, b,,c");
    const allowed = [join(project, "my cache", "job"), join(project, "results"), join(root, "d")];
    const refused = [join(root, "a"), join(project, "my cache"), join(root, "e")];
    for (const folder of [...allowed, ...refused]) await Deno.mkdir(folder, { recursive: true });
    const script = join(project, "write.ts");
    await Deno.writeTextFile(
      script,
      `for (const folder of Deno.args) {
        await Deno.writeTextFile(folder + "/file", "").then(
          () => console.log("written"),
          (error) => console.log(error.name),
        );
      }`,
    );
    const write = `--allow-write=${pathList(allowed, project)}`;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-config", write],
        ...[script, ...allowed, ...refused],
      ],
      cwd: project,
    }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
      ...allowed.map(() => "written"),
      ...refused.map(() => "NotCapable"),
    ]);
  });
});

Deno.test("a comma that cannot be hidden is an error; the folder itself is one's own", () => {
  const project = join(Deno.cwd(), "a, b");
  assertEquals(pathList([project, "results"], project), ".,results");
  assertEquals(pathList(["results", ".cache"], "anywhere"), "results,.cache");
  const there = join(project, "c,d");
  assertThrows(() => pathList([there], project), Error, `${there} has a comma in it`);
});
