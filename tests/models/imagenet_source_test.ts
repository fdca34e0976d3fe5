import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { locator, type OutsideFile } from "../../src/files/locate.ts";
import { weightFiles, weightsFolder } from "../../src/models/imagenet_source.ts";

Deno.test("the known files: complete ones with Keras's addresses, partial ones with none", () => {
  for (const [base, known] of Object.entries<OutsideFile>(weightFiles)) {
    assert(/^([0-9a-f]{32}|[0-9a-f]{64})$/.test(known.digest), base);
    for (const address of known.addresses) assert(address.endsWith(`/${known.name}`), base);
  }
  assertEquals(
    Object.entries<OutsideFile>(weightFiles).map(([base, { addresses }]) => [
      base,
      addresses.length,
    ]),
    [["vgg16-block3", 0], ["resnet101v2-conv4", 0], ["vgg16", 1], ["resnet152v2", 1]],
  );
});

const directory = Deno.env.get("IMAGENET_WEIGHTS_DIR");

Deno.test({
  name: "the genuine partial files are the ones that are studied",
  ignore: directory === undefined,
  fn: async () => {
    const { find } = locator({ weights: weightsFolder("nowhere", directory) });
    for (const base of ["vgg16-block3", "resnet101v2-conv4"] as const) {
      const path = await find(weightFiles[base], () => {});
      assertEquals(path, join(directory!, weightFiles[base].name));
    }
  },
});
