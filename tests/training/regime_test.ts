import { assertEquals } from "@std/assert";
import { z } from "zod";
import { regime } from "../../src/training/regime.ts";

const given = {
  epochs: 3,
  learningRate: 0.1,
  schedule: { type: "linear", warmup: 0.2, final: 0 },
  batchSize: 8,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 1e-4 },
  averaging: { type: "lastEpochs", epochs: 2 },
  seed: 1,
  threads: 1,
};

Deno.test("a regime that is none is refused with its fault", () => {
  const refused = (change: object) => {
    const [issue] = regime.safeParse({ ...given, ...change }).error?.issues ?? [];
    return issue && `${issue.path.join(".")}: ${issue.message}`;
  };
  assertEquals(refused({}), undefined);
  assertEquals(
    refused({ averaging: { type: "lastEpochs", epochs: 4 } }),
    "averaging.epochs: more epochs are averaged than there are",
  );
  assertEquals(
    refused({ optimizer: { type: "sgd", momentum: 0, nesterov: true } }),
    "optimizer: nesterov looks ahead by the momentum, and there is none",
  );
  assertEquals(
    refused({ optimizer: { type: "lion" } }),
    'optimizer.type: expected the type "adam", "adamw" or "sgd"',
  );
  assertEquals(
    refused({ keep: "lastEpoch" })?.startsWith(": there is no keep"),
    true,
  );
});

Deno.test("the regime that docs/training.md shows is one", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/training.md", import.meta.url));
  const [, text] = /^const regime: Regime = ([^]*?);$/m.exec(page)!;
  const json = text.replaceAll(/(\w+):/g, '"$1":').replaceAll(/,(\s*[}\]])/g, "$1");
  const { success, error } = regime.safeParse(JSON.parse(json));
  assertEquals(success ? "" : z.prettifyError(error!), "");
});
