/** Trains a convolutional network on arrays of one's own and loads it in TensorFlow.js. @module */
import { trainTestSplit } from "@atelier/atelier/data";
import { encodeTfjsModel, type ModelSpec, type Recipe, train } from "@atelier/atelier/engine";
import * as tf from "@tensorflow/tfjs";

// Your arrays: here 600 grey pictures, class 0 with a bar that lies, class 1 with one that stands.
const images = { shape: [600, 12, 12, 1], data: new Uint8Array(600 * 12 * 12) };
const labels = { shape: [600], data: Uint8Array.from({ length: 600 }, (_, n) => n % 2) };
images.data.forEach((_, i) => {
  const [n, row, column] = [Math.floor(i / 144), Math.floor(i / 12) % 12, i % 12];
  const bar = (n % 2 === 0 ? row : column) === n % 11;
  images.data[i] = (bar ? 150 : 0) + (i * i) % 97; // with noise of 0 to 96
});

const model: ModelSpec = {
  name: "bars",
  input: [12, 12, 1],
  layers: [
    { type: "rescaling", name: "scale", scale: 1 / 255, offset: 0 },
    { type: "conv2d", name: "conv", filters: 8, kernelSize: [3, 3], padding: "valid" },
    { type: "activation", name: "relu", activation: "relu" },
    { type: "globalAveragePooling2d", name: "pool" },
    { type: "dense", name: "classes", units: 2, activation: "softmax" },
  ],
};
const optimizer = { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;
const steps = { epochs: 12, learningRate: 0.02, batchSize: 32, optimizer } as const;
const recipe: Recipe = { ...steps, keep: "lastEpoch", seed: 1, threads: 2 };
const split = trainTestSplit(600, 0.2, 42);
const { network, weights, history } = await train(model, { images, labels }, split, recipe);
console.log(`right of 120 unseen: ${120 * history[11].validationAccuracy}`);

const [folder, file] = [await Deno.makeTempDir(), encodeTfjsModel(model, weights, "weights.bin")];
await Deno.writeTextFile(`${folder}/model.json`, file.json);
await Deno.writeFile(`${folder}/weights.bin`, file.weights);
const loaded = await tf.loadLayersModel(tf.io.http(`file://${folder}/model.json`));
const first = tf.tensor(images.data.slice(0, 144), [1, 12, 12, 1]);
const ours = await network.predict(Int32Array.of(0));
console.log("first picture:", ours.data, "there:", (loaded.predict(first) as tf.Tensor).dataSync());
