/**
 * Whether networks that are trained in bfloat16 come to what those trained in float32 do: LeNet-5 and
 * `compact`, on real garments, from several seeds. Prints what it finds.
 */
import { assertGreater } from "@std/assert";
import { readIdx } from "../../src/data/idx.ts";
import { padImages, take } from "../../src/data/prepare.ts";
import type { Precision } from "../../src/engine/engine.ts";
import { openTrainer } from "../../src/engine/open_trainer.ts";
import { spreadOf } from "../../src/evaluation/spread.ts";
import { welch } from "../../src/evaluation/welch.ts";
import { compact } from "../../src/models/champions.ts";
import { heWeights } from "../../src/models/he.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { readChoice } from "../../src/runtime/choice.ts";
import { findHalf, isQuick } from "../../src/runtime/half.ts";
import { train } from "../../src/training/course.ts";
import { lossOf } from "../../src/training/loss.ts";
import type { Regime } from "../../src/training/regime.ts";

const SEEDS = [1, 2, 3, 4];
const IMAGES = { training: 6000, validation: 3000 };

const folder = Deno.env.get("FASHION_MNIST_DIR");
const quick = await readChoice().then(findHalf).then(isQuick, () => false);

const models: readonly (readonly [ModelSpec, Pick<Regime, "learningRate" | "optimizer">])[] = [
  [lenet5([32, 32, 1], 10), {
    learningRate: 1e-3,
    optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  }],
  [compact([32, 32, 1], 10), {
    learningRate: 0.1,
    optimizer: { type: "sgd", momentum: 0.9, nesterov: true },
  }],
];

/** The first garments of the training part, and those that follow. */
async function garments() {
  const { images, labels } = await readIdx(
    `${folder}/train-images-idx3-ubyte.gz`,
    `${folder}/train-labels-idx1-ubyte.gz`,
  );
  const part = (begin: number, count: number) => {
    const rows = Int32Array.from({ length: count }, (_, i) => begin + i);
    return {
      rows,
      images: padImages(take(images, rows), 32, 32),
      labels: { shape: [count], data: Uint8Array.from(rows, (row) => labels.data[row]) },
    };
  };
  const training = part(0, IMAGES.training);
  return { training, validation: part(IMAGES.training, IMAGES.validation), rows: training.rows };
}

for (const [model, own] of models) {
  Deno.test({
    name: `${model.name} trained in bfloat16 is as good as in float32, as far as seeds tell`,
    ignore: folder === undefined || !quick,
    async fn() {
      const data = await garments();
      const trainer = await openTrainer({ variant: "graph" }, 2);
      const accuracies: Record<Precision, number[]> = { float32: [], bfloat16: [] };
      for (const seed of SEEDS) {
        for (const precision of ["float32", "bfloat16"] as const) {
          const regime: Regime = {
            ...own,
            epochs: 3,
            batchSize: 64,
            schedule: { type: "linear", warmup: 0.2, final: 0 },
            precision,
            seed,
            threads: 2,
          };
          const network = await trainer.train(
            model,
            { optimizer: regime.optimizer, loss: lossOf(regime), precision, seed },
            heWeights(model, seed),
          );
          const { history } = await train(network, data, regime);
          accuracies[precision].push(history.at(-1)!.validationAccuracy);
          await network.close();
        }
      }
      for (const [precision, values] of Object.entries(accuracies)) {
        const { mean, std } = spreadOf(values);
        console.log(`${model.name} in ${precision}: ${mean.toFixed(4)}, spread ${std.toFixed(4)}`);
      }
      const { value, p } = welch(accuracies.bfloat16, accuracies.float32);
      console.log(`${model.name}: difference ${value.toFixed(4)}, p ${p.toFixed(2)}`);
      assertGreater(p, 0.01);
    },
  });
}
