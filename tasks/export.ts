/** `deno task export --format=onnx|savedmodel`: a kept network for other programs. @module */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, writeWhole } from "../src/files/whole.ts";
import { exported, formatOf, FORMATS } from "../src/predict/export.ts";
import { readModels, usable } from "../src/predict/networks.ts";
import { readArguments, runTask } from "./flags.ts";
import { project } from "./workspace.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

await runTask(async () => {
  const { values } = readArguments(Deno.args, {
    format: { type: "string" },
    model: { type: "string" },
    study: { type: "string" },
  }, false);
  const format = formatOf(values.format);
  const { workspace } = await project(values.study);
  const network = await usable(workspace, await readModels(workspace), values.model);
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
  return 0;
});
