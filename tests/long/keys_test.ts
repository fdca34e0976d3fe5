/** Which changes of the project make which stages stale, and which none. */
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { checkStudy, planOf } from "../../src/stages/plan.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { study, transfer, tune } from "../../study.ts";
import { type Copy, replacing, withCopy } from "../support/copy.ts";

/** What each stage of a study depends on of its parameters, the report apart. */
const keyed = (value: unknown, withReport = false) =>
  Object.fromEntries(
    planOf(checkStudy(value))
      .filter(({ stage }) => withReport || stage.name !== "report")
      .map(({ stage, parameters }) => [stage.name, JSON.stringify(stage.keyed(parameters))]),
  );

Deno.test("no stage depends on where files can be had", () => {
  assert("mirrors" in study.data);
  const moved = {
    ...study,
    data: { ...study.data, mirrors: ["https://example.org/", ...study.data.mirrors] },
    transfer: {
      ...transfer,
      bases: transfer.bases.map((base) => ({
        ...base,
        weights: { ...base.weights, addresses: ["https://example.org/weights.h5"] },
      })),
    },
  };
  assertEquals(keyed(moved, true), keyed(study, true));
});

Deno.test("no stage but the report, and the list of networks, depends on what things are called", () => {
  const { reference, changes } = transfer.causes;
  const renamed = {
    ...study,
    title: "Another title",
    data: { ...study.data, name: "Clothes" },
    transfer: {
      ...transfer,
      causes: {
        ...transfer.causes,
        reference: { ...reference, name: "as it should be done" },
        changes: changes.map((change, i) => ({ ...change, name: `change ${i + 1}` })),
      },
    },
  };
  const { models: listed, ...others } = keyed(renamed);
  assertEquals({ ...others, models: listed.replace("Another title", study.title) }, keyed(study));
});

Deno.test("no stage but the report depends on thresholds or on an original study, save for its winner", () => {
  const { source, winner } = study.published!;
  assertEquals(
    keyed({ ...study, thresholds: {}, published: { source, winner } }),
    keyed(study),
  );
});

Deno.test("every stage depends on what it is told to do", () => {
  const before = keyed(study);
  const differing = (value: unknown) => {
    const after = keyed(value);
    return Object.keys(before).filter((name) => before[name] !== after[name]);
  };
  assertEquals(
    differing({ ...study, prepare: { ...study.prepare, size: 36 } }),
    ["prepare"],
  );
  assertEquals(
    differing({ ...study, baseline: { ...study.baseline, l2: 1e-4 } }),
    ["baseline", "replicate"],
  );
  assertEquals(
    differing({ ...study, tune: { ...tune, finalEpochs: 3 } }),
    ["tune", "replicate"],
  );
  assertEquals(
    differing({ ...study, replicate: { seeds: { lenet5: 5, winner: 4, study: 3 } } }),
    ["replicate"],
  );
  assertEquals(
    differing({ ...study, transfer: { ...transfer, head: { ...transfer.head, epochs: 3 } } }),
    ["transfer"],
  );
});

type Edit = (copy: Copy) => Promise<void>;

const edit = (file: string, from: string, to: string): Edit => (copy) =>
  copy.write(file, replacing(from, to));

const append = (file: string, more: string): Edit => (copy) =>
  copy.write(file, (text) => text + more);

/** Changes after which every stage is up to date. */
const harmless: Record<string, Edit> = {
  "a comment": edit("src/training/loop.ts", "/** The training loop:", "/** The loop of training:"),
  "an error's text in the set-up": edit(
    "src/runtime/choice.ts",
    "No backend has been set up on this machine",
    "Nothing is set up",
  ),
  "an error's text where libraries are loaded": edit(
    "src/runtime/load.ts",
    "TensorFlow.js does not start on WebAssembly.",
    "WebAssembly does not start.",
  ),
  "how libraries are found": edit(
    "src/runtime/ways.ts",
    "const MINUTE = 60_000;",
    "const MINUTE = 30_000;",
  ),
  "an error's text in the checks of all engines": edit(
    "src/engine/checks.ts",
    "place images before training or predicting.",
    "there are no images yet.",
  ),
  "an error's text in the engine that was not used": edit(
    "src/engine/layers/wasm_gradients.ts",
    "Load TensorFlow.js's WebAssembly backend before its engine.",
    "There is no WebAssembly yet.",
  ),
  "a helper's name where graphs are built": (copy) =>
    copy.write(
      "src/engine/graph/operations.ts",
      (text) => text.replaceAll(/\bslid\b/g, "sizesAfter").replaceAll(/\bone\b\(/g, "single("),
    ),
  "the rules of gradients in two files": async (copy) => {
    const file = "src/engine/graph/gradients.ts";
    const text = await Deno.readTextFile(copy.path(file));
    const [begin, end] = [text.indexOf("/** Sums a gradient"), text.indexOf("/** The rules by")];
    assert(begin > 0 && end > begin);
    const imports =
      'import type { Tensor } from "./builder.ts";\nimport * as op from "./operations.ts";\n';
    await copy.write(
      "src/engine/graph/unbroadcast.ts",
      imports + text.slice(begin, end).replace("function", "export function"),
    );
    await copy.write(
      file,
      'import { unbroadcast } from "./unbroadcast.ts";\n' + text.slice(0, begin) + text.slice(end),
    );
  },
  "an operation that nothing uses": append(
    "src/engine/graph/operations.ts",
    '\nexport const tanh = (x: Tensor): Tensor => one("Tanh", [x], T, x.shape);\n',
  ),
  "a rule for it": edit(
    "src/engine/graph/gradients.ts",
    "  Relu: (",
    "  Tanh: ({ outputs: [y] }, dy) => [() => op.multiply(dy, op.multiply(y, y))],\n  Relu: (",
  ),
};

/** A change of the engine that no training used, and that runs in the page of the classifier. */
const inThePage = edit(
  "src/engine/layers/engine.ts",
  "const PREDICTION_BATCH = 64;",
  "const PREDICTION_BATCH = 32;",
);

/** Changes that make stages stale, and which: those that only wait for others, as the report does, apart. */
const harmful: Record<string, [edit: Edit, stages: string[], reason: RegExp]> = {
  "the rule of an operation that all networks use": [
    edit(
      "src/engine/graph/gradients.ts",
      "[() => op.reluGradient(dy, y)]",
      "[() => op.reluGradient(op.multiply(dy, dy), y)]",
    ),
    ["baseline", "tune", "replicate", "cv", "ablate"],
    /^what its jobs execute changed: [\w.-]+( and \d+ more)?$/,
  ],
  "the training loop": [
    edit("src/training/loop.ts", "loss: loss / order.length", "loss: loss / batchSize"),
    ["baseline", "tune", "replicate", "cv", "ablate"],
    /^code src\/training\/loop\.ts changed$/,
  ],
  "how seeds are made": [
    edit("src/random.ts", "Math.imul(hash ^ byte, 16777619)", "Math.imul(hash ^ byte, 16777639)"),
    // Engines draw dropout from them, also those that only predict.
    ["baseline", "tune", "replicate", "cv", "ablate", "models"],
    /^code src\/random\.ts changed$/,
  ],
  "how weights are drawn": [
    edit("src/models/initialize.ts", "Math.sqrt(6 /", "Math.sqrt(3 /"),
    ["baseline", "tune", "replicate", "cv", "ablate"],
    /^code src\/models\/initialize\.ts changed$/,
  ],
  "the filters of LeNet-5": [
    edit("src/models/lenet5.ts", "filters: 32", "filters: 24"),
    ["baseline", "replicate", "cv", "ablate"],
    /^code src\/models\/lenet5\.ts changed$/,
  ],
  "how images are padded": [
    edit("src/data/prepare.ts", "(height - rows) >> 1", "(height - rows) >> 2"),
    // It scales images down for its gallery, in the middle as well.
    ["prepare", "errors"],
    /^code src\/data\/prepare\.ts changed$/,
  ],
};

const stale = z.record(z.string(), z.array(z.string()));

Deno.test({
  name: "what is changed in the code makes those stages stale that depend on it, and no other",
  // What graphs compile to counts only where TensorFlow ran.
  ignore: !(await isReady("tensorflow")),
  fn: (t) =>
    withCopy(async (copy) => {
      const run = async (what: string) => {
        const ended = await copy.run("tests/support/mini.ts", copy.path("study"), what);
        assert(ended.success, ended.stderr);
        return ended.stdout;
      };
      const staleNow = async () => stale.parse(JSON.parse(await run("stale")));
      /** Looks what is stale after an edit, and takes the edit back. */
      const after = async (edit: Edit) => {
        const before = new Map<string, string>();
        const recording: Copy = {
          ...copy,
          async write(name, text) {
            const old = await Deno.readTextFile(copy.path(name)).catch(() => undefined);
            if (old !== undefined) before.set(name, old);
            await copy.write(name, text);
            assert(await Deno.readTextFile(copy.path(name)) !== old, `${name} is as it was`);
          },
        };
        await edit(recording);
        const found = await staleNow();
        for (const [name, text] of before) await copy.write(name, text);
        return found;
      };
      await run("2");
      assertEquals(await staleNow(), {});
      for (const [name, edit] of Object.entries(harmless)) {
        await t.step(`${name}: none`, async () => assertEquals(await after(edit), {}));
      }
      await t.step("the code of the engine that was not used: report", async () => {
        assertEquals(Object.keys(await after(inThePage)), ["report"]);
      });
      for (const [name, [edit, stages, reason]] of Object.entries(harmful)) {
        await t.step(`${name}: ${stages.join(", ")}`, async () => {
          const found = await after(edit);
          const own = Object.entries(found).map(([stage, reasons]) =>
            // A stage and its jobs may say the same.
            [stage, [
              ...new Set(reasons.filter((reason) => !reason.startsWith("waits for"))),
            ]] as const
          ).filter(([stage, reasons]) => stage !== "report" && reasons.length > 0);
          assertEquals(own.map(([stage]) => stage), stages);
          for (const [stage, reasons] of own) {
            assertEquals(reasons.length, 1, `${stage}: ${reasons}`);
            assert(reason.test(reasons[0]), `${stage}: ${reasons}`);
          }
        });
      }
      assertEquals(await staleNow(), {});
    }),
});
