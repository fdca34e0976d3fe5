/** `deno task export --format=onnx|savedmodel`: a kept network for other programs. @module */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, writeWhole } from "../src/files/whole.ts";
import { exported, FORMATS, isFormat } from "../src/predict/export.ts";
import { readModels, UnknownNetwork, usable } from "../src/predict/networks.ts";
import { command } from "./command.ts";
import { EXITS, refusalOf, Refused } from "./exits.ts";
import { shortly } from "../src/schema.ts";
import { project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

await command("export", async ({ flags }) => {
  const { format } = flags;
  if (!isFormat(format)) {
    throw new Refused(
      `--format takes ${Object.keys(FORMATS).join(" or ")}; got ${shortly(format)}.`,
    );
  }
  const { workspace } = await project(flags.study);
  const models = await readModels(workspace);
  const network = await usable(workspace, models, flags.model)
    .catch((error) => {
      throw refusalOf(error, UnknownNetwork);
    });
  const file = join("exported", network.listed.name + FORMATS[format]);
  const bytes = await exported(network, format);
  await makeFolder(dirname(join(root, file)));
  await writeWhole(join(root, file), bytes);
  const { shape } = network.metadata.input;
  console.log(`${file}: ${(bytes.length / 1e6).toFixed(1)} MB.`);
  console.log(
    `It takes images, bytes of shape [N, ${
      shape.join(", ")
    }], to probabilities, [N, ${network.metadata.classes.length}].`,
  );
  console.log(`${network.metadata.input.meaning}`);
  console.log(
    `Probabilities are not calibrated: divide their logarithms by ${
      network.listed.temperature.toFixed(4)
    } and take the softmax.`,
  );
  return EXITS.done;
});
