/**
 * The network in the page: the engine, preprocessing, calibration and likeness of `deno task predict`, on
 * TensorFlow.js's WebAssembly.
 *
 * @module
 */
/// <reference lib="dom" />
import * as tf from "@tensorflow/tfjs-core";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type Pixels, preprocess, type Step } from "../../data/preprocess.ts";
import { openClassifier } from "../../engine/classifier.ts";
import { layersEngine } from "../../engine/layers/engine.ts";
import { decodeTfjsWeights } from "../../engine/tfjs_weights.ts";
import { scaled } from "../../evaluation/calibration.ts";
import { type Known, measured, unlikeness } from "../../evaluation/likeness.ts";
import type { Carried } from "../carried.ts";
import { bytesOf, valuesOf } from "./bytes.ts";

/** What the network says of a picture. */
export interface Answer {
  /** What became of the picture before the network saw it. */
  readonly steps: readonly Step[];
  /** Of each class, calibrated. */
  readonly probabilities: Float64Array;
  /** Above 1 where the picture is unlike the training images. */
  readonly unlikeness: number;
}

/** Says what a picture shows. */
export type Classify = (picture: Pixels) => Promise<Answer>;

/**
 * Sets the network up.
 *
 * @throws {Error} where the browser lacks what it takes, in a sentence for readers
 */
export async function openNetwork(carried: Carried): Promise<Classify> {
  const { model, manifest, temperature, limits, form } = carried;
  await startWasm(bytesOf(carried.wasm));
  const network = await openClassifier(
    layersEngine("wasm", 1),
    model,
    decodeTfjsWeights(manifest, bytesOf(carried.weights), model),
  );
  const { picture, classes, all } = carried.known;
  const known: Known = {
    picture: valuesOf(picture),
    ...(classes && all ? { classes: valuesOf(classes), all: valuesOf(all) } : {}),
  };
  return async (given) => {
    const { image: { height, width, channels, data }, steps } = preprocess(given, form);
    const images = { shape: [1, height, width, channels], data };
    await network.place(images);
    const { probabilities, features } = await network.classify(Int32Array.of(0));
    return {
      steps,
      probabilities: scaled(probabilities, temperature).data,
      unlikeness: unlikeness(measured(known, images, features), limits)[0],
    };
  };
}

/** Starts TensorFlow.js on the one binary that the page carries, so that every machine gets the same figures. */
async function startWasm(binary: Uint8Array<ArrayBuffer>): Promise<void> {
  const environment = tf.env();
  if (!await environment.getAsync("WASM_HAS_SIMD_SUPPORT")) {
    throw new Error("it cannot run WebAssembly with SIMD, as browsers can since 2023");
  }
  if (!("Float16Array" in globalThis)) {
    throw new Error("it knows no numbers of half precision, as browsers do since 2025");
  }
  tf.enableProdMode();
  environment.set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  // It would ask for its binary by an address; there is but the one.
  environment.platform.fetch = () => Promise.resolve(new Response(binary));
  setWasmPaths("", true);
  if (!await tf.setBackend("wasm")) throw new Error("it does not start TensorFlow.js");
}
