/**
 * How well the kept networks of the project's own study tell that a picture is unlike what they learnt
 * from: drawn noise, strokes, digits, inverted, shuffled and turned garments against the test images. And
 * how much of their accuracy is left on pictures that are larger, dark on light, shifted and noisy. Prints
 * what it finds.
 */
import { assertGreater, assertLess } from "@std/assert";
import { openClassifier } from "../../src/engine/classifier.ts";
import { openEngine } from "../../src/engine/open.ts";
import { decodeTfjsWeights } from "../../src/engine/tfjs_weights.ts";
import { readIdx } from "../../src/data/idx.ts";
import { type Pixels, preprocess } from "../../src/data/preprocess.ts";
import { classify } from "../../src/evaluation/confusion.ts";
import { measured, unlikeness } from "../../src/evaluation/likeness.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { readModels, usable } from "../../src/predict/networks.ts";
import { type RandomState, randomState } from "../../src/random.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { project } from "../../tasks/workspace.ts";

const { workspace } = await project();
const models = await readModels(workspace).catch(() => undefined);
const garments = Deno.env.get("FASHION_MNIST_DIR");
const data = Deno.env.get("ATELIER_DATA_DIR");
const digits = data &&
  await Deno.stat(`${data}/mnist-10k`).then(() => `${data}/mnist-10k`, () => undefined);

const SIDE = 28;
const SIZE = SIDE * SIDE;
/** Images of each kind. */
const COUNT = 1000;

const idx = async (
  folder: string,
) => (await readIdx(`${folder}/t10k-images-idx3-ubyte.gz`, `${folder}/t10k-labels-idx1-ubyte.gz`));

/** `count` images, each drawn into zeros. */
function drawn(draw: (image: Uint8Array, n: number, random: RandomState) => void): Uint8Array {
  const [all, random] = [new Uint8Array(COUNT * SIZE), randomState(11)];
  for (let n = 0; n < COUNT; n++) draw(all.subarray(n * SIZE, (n + 1) * SIZE), n, random);
  return all;
}

/** Kinds of images that are none of a study of garments. */
function strangers(test: Uint8Array): Record<string, Uint8Array> {
  const own = (n: number) => test.subarray(n * SIZE, (n + 1) * SIZE);
  return {
    noise: drawn((image, _, random) => image.forEach((_, i) => image[i] = random.interval(255))),
    // Five by five shades, and what lies between them.
    clouds: drawn((image, _, random) => {
      const shades = Array.from({ length: 25 }, () => random.interval(255));
      image.forEach((_, i) => {
        const [y, x] = [Math.floor(i / SIDE) * 4 / 27, i % SIDE * 4 / 27];
        const [top, left] = [Math.min(3, Math.floor(y)), Math.min(3, Math.floor(x))];
        const at = (row: number, column: number) => shades[row * 5 + column];
        const [down, across] = [y - top, x - left];
        image[i] = (1 - down) * ((1 - across) * at(top, left) + across * at(top, left + 1)) +
          down * ((1 - across) * at(top + 1, left) + across * at(top + 1, left + 1));
      });
    }),
    strokes: drawn((image, _, random) => {
      for (let stroke = random.interval(2); stroke >= 0; stroke--) {
        let [y, x, angle] = [
          4 + random.interval(19),
          4 + random.interval(19),
          7 * random.float64(),
        ];
        for (let step = 0; step < 25; step++) {
          angle += random.float64() - 0.5;
          y = Math.min(26, Math.max(0, y + Math.sin(angle)));
          x = Math.min(26, Math.max(0, x + Math.cos(angle)));
          const place = Math.floor(y) * SIDE + Math.floor(x);
          for (const next of [0, 1, SIDE, SIDE + 1]) {
            image[place + next] = 180 + random.interval(75);
          }
        }
      }
    }),
    inverted: drawn((image, n) => image.set(own(n).map((value) => 255 - value))),
    // Sixteen parts of seven by seven pixels, in another order.
    shuffled: drawn((image, n, random) => {
      const order = Array.from({ length: 16 }, (_, i) => i);
      for (let i = 15; i > 0; i--) {
        const j = random.interval(i);
        [order[i], order[j]] = [order[j], order[i]];
      }
      image.forEach((_, i) => {
        const [y, x] = [Math.floor(i / SIDE), i % SIDE];
        const from = order[Math.floor(y / 7) * 4 + Math.floor(x / 7)];
        image[i] = own(n)[(Math.floor(from / 4) * 7 + y % 7) * SIDE + from % 4 * 7 + x % 7];
      });
    }),
    turned: drawn((image, n) =>
      image.forEach((_, i) =>
        image[i] = own(n)[(i % SIDE) * SIDE + SIDE - 1 - Math.floor(i / SIDE)]
      )
    ),
  };
}

/** The chance that one of `strange` is above one of `usual`: 1 where all are told apart, 0.5 where none. */
function auroc(usual: Float64Array, strange: Float64Array): number {
  const all = [
    ...[...usual].map((value) => ({ value, strange: 0 })),
    ...[...strange].map((value) => ({ value, strange: 1 })),
  ]
    .sort((a, b) => a.value - b.value);
  let [below, sum] = [0, 0];
  for (const { strange } of all) {
    if (strange) sum += below;
    else below++;
  }
  return sum / (usual.length * strange.length);
}

Deno.test({
  name: "of the kept networks, noise, digits and inverted garments are told from garments",
  ignore: models === undefined || garments === undefined || !(await isReady("tensorflow")),
  async fn() {
    const test = await idx(garments!);
    const own = test.images.data.subarray(0, COUNT * SIZE);
    const others = {
      ...strangers(own),
      ...(digits ? { digits: (await idx(digits)).images.data.subarray(0, COUNT * SIZE) } : {}),
    };
    const engine = await openEngine({ variant: "graph" }, navigator.hardwareConcurrency);
    const random = randomState(5);
    for (const { name } of models!.networks) {
      const network = await usable(workspace, models!, name);
      const { preprocessing, model } = network.metadata;
      const json: unknown = JSON.parse(await Deno.readTextFile(network.files.model.path));
      const weights = decodeTfjsWeights(
        json,
        await Deno.readFile(network.files.weights.path),
        model,
      );
      const classifier = await openClassifier(engine, model, weights);
      /** Pictures as they are, or padded alone. */
      const look = async (images: NdArray<Uint8Array>) => {
        await classifier.place(images);
        const all = Int32Array.from({ length: images.shape[0] }, (_, i) => i);
        const { probabilities, features } = await classifier.classify(all);
        return {
          predicted: classify(probabilities),
          unlike: unlikeness(measured(network.known, images, features), network.listed.likeness),
        };
      };
      const [high, wide] = preprocessing.size;
      const prepared = (pictures: Iterable<Pixels>) => {
        const images = Array.from(
          pictures,
          (picture) => preprocess(picture, preprocessing).image.data,
        );
        const data = new Uint8Array(images.length * high * wide);
        images.forEach((image, n) => data.set(image, n * high * wide));
        return { shape: [images.length, high, wide, 1], data };
      };
      /** Padded and nothing else, whatever they show: an inverted one is not turned back. */
      const padded = (images: Uint8Array) => {
        const data = new Uint8Array(COUNT * high * wide);
        const [top, left] = [(high - SIDE) >> 1, (wide - SIDE) >> 1];
        for (let row = 0; row < COUNT * SIDE; row++) {
          const [n, y] = [Math.floor(row / SIDE), row % SIDE];
          data.set(
            images.subarray(row * SIDE, (row + 1) * SIDE),
            (n * high + top + y) * wide + left,
          );
        }
        return { shape: [COUNT, high, wide, 1], data };
      };

      const usual = await look(padded(own));
      const share = (of: Float64Array) => of.filter((value) => value > 1).length / of.length;
      console.log(
        `${name}: ${
          (100 * share(usual.unlike)).toFixed(1)
        }% of ${COUNT} test images are called unlike`,
      );
      assertLess(share(usual.unlike), 0.03);
      for (const [kind, images] of Object.entries(others)) {
        const { unlike } = await look(padded(images));
        const area = auroc(usual.unlike, unlike);
        console.log(
          `  ${kind}: AUROC ${area.toFixed(3)}, ${(100 * share(unlike)).toFixed(1)}% called unlike`,
        );
        if (["noise", "clouds", "inverted"].includes(kind)) assertGreater(area, 0.99);
        if (kind === "digits") assertGreater(area, 0.95);
      }

      // As a photograph may have them: larger, dark on a light ground that is not even, somewhere.
      const photographs = Array.from({ length: COUNT }, (_, n): Pixels => {
        const [height, width, times] = [260, 300, 8];
        const data = new Uint8Array(height * width);
        const [top, left] = [5 + random.interval(25), 5 + random.interval(65)];
        data.forEach((_, i) => {
          const [y, x] = [Math.floor(i / width) - top, i % width - left];
          const inside = y >= 0 && x >= 0 && y < SIDE * times && x < SIDE * times;
          const value = inside
            ? own[n * SIZE + Math.floor(y / times) * SIDE + Math.floor(x / times)]
            : 0;
          data[i] = Math.max(0, Math.min(255, 235 - 235 * value / 255 + random.interval(8) - 4));
        });
        return { height, width, channels: 1, data };
      });
      const shown = await look(prepared(photographs));
      const right = (predicted: ArrayLike<number>) => {
        let sum = 0;
        for (let n = 0; n < COUNT; n++) if (predicted[n] === test.labels.data[n]) sum++;
        return sum / COUNT;
      };
      console.log(
        `  as pictures of 260 x 300, dark on light with noise: accuracy ${
          right(shown.predicted).toFixed(3)
        }, ` +
          `${right(usual.predicted).toFixed(3)} as they are; ${
            (100 * share(shown.unlike)).toFixed(1)
          }% called unlike`,
      );
      assertGreater(right(shown.predicted), right(usual.predicted) - 0.1);
      await classifier.close();
    }
  },
});
