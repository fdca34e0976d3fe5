/** `deno task crate`: results, report, code and what reviewers ask to be told, in a folder to deposit. @module */
import { basename, join } from "node:path";
import { checkCredits } from "../src/crate/credits.ts";
import { writeCrate } from "../src/crate/crate.ts";
import { count, counted } from "../src/report/markdown.ts";
import { command } from "./command.ts";
import { project } from "./workspace.ts";

await command("crate", async ({ flags }) => {
  const checked = await project(flags.study);
  const { workspace, locator } = checked;
  const name = `crate/${basename(checked.folder) || "study"}`;
  const { files, bytes, packages, unlicensed, uncredited } = await writeCrate(
    checked,
    workspace,
    locator,
    checkCredits(checked.exported.credits ?? []),
    join(workspace.root, name),
  );
  console.log(
    `${name}: ${counted(files, "file")}, ${
      (bytes / 1e6).toFixed(1)
    } MB, to be zipped and deposited.`,
  );
  console.log(
    "Every artifact is what its manifest says, and every result belongs to the code beside it.",
  );
  console.log(`sbom.cdx.json lists ${count(packages)} packages.`);
  if (unlicensed > 0) {
    console.log(
      `  ${
        count(unlicensed)
      } of them are not installed here, such as those for other systems, or ` +
        "name no licence, so that it is not in it.",
    );
  }
  for (const file of uncredited) {
    console.log(`  Whose ${file} is, and its licence, is not said: see credits in study.ts.`);
  }
  return 0;
});
