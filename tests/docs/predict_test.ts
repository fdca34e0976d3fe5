/** The transcript in docs/predict.md is what the command prints. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isReady } from "../../src/runtime/choice.ts";
import { inFolder } from "../support/data_files.ts";
import { writePictures } from "../support/garment_pictures.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isThere = (path: string) => Deno.stat(join(root, path)).then(() => true, () => false);

Deno.test({
  name: "the page on predict shows what the command prints of the same pictures",
  // On WebAssembly a second decimal may be another one.
  ignore: !(await isReady("tensorflow") && await isThere("results/models.json")),
  fn: () =>
    inFolder(async (folder) => {
      await writePictures(join(folder, "pictures"));
      const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "-q", "predict", "pictures"],
        cwd: root,
        env: { NO_COLOR: "1", INIT_CWD: folder },
        stdin: "null",
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      assertEquals([code, text(stderr)], [0, ""]);
      const page = await Deno.readTextFile(join(root, "docs", "predict.md"));
      const [, shown] = /```\n\$ deno task predict pictures\n([^]*?)```/.exec(page) ?? [];
      assert(shown, "the page shows no transcript");
      assertEquals(shown, text(stdout));
    }),
});
