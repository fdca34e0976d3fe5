import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { PROJECT, validChoice } from "../../src/runtime/choice.ts";
import { inFolder } from "../support/data_files.ts";

Deno.test({
  name: "set-up starts where the home's name has a space in it",
  // `deno task test` has set up a backend; set-up then ends at once.
  ignore: await validChoice() === undefined,
  async fn() {
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    // Deno's own cache is looked for in the home too.
    const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
    await inFolder(async (folder) => {
      const home = join(folder, "Jane Doe");
      await Deno.mkdir(home);
      for (const XDG_CACHE_HOME of ["", join(home, "my cache")]) {
        const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["task", "--quiet", "setup"],
          cwd: PROJECT,
          env: { HOME: home, XDG_CACHE_HOME, DENO_DIR: denoDir, NO_COLOR: "1" },
        }).output();
        assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
        assertMatch(new TextDecoder().decode(stdout), /^Backend: /);
      }
    });
  },
});
