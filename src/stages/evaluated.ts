/** What stages keep of a trained network: model files, curves, predictions and what follows from them. @module */
import { boolean, int, number, numberOrNaN, word } from "../files/table.ts";
import { array, bytes, matrix, table, text } from "../pipeline/artifacts.ts";

/** A TensorFlow.js layers model. */
export const modelFiles = {
  model: text(".json"),
  weights: bytes(".bin"),
};

/** An epoch of a training and whether it was kept. */
export const epochColumns = {
  epoch: int,
  loss: number,
  accuracy: number,
  validationLoss: number,
  validationAccuracy: number,
  kept: boolean,
};

const probabilities = array("float32", [null, null]);
const predictions = table({ label: int, predicted: int });

/** A network and what it is worth. */
export const evaluated = {
  /** Shapes, as `32 x 32 x 1`, and parameters. */
  layers: table({ layer: word, type: word, output: word, parameters: int }),
  /** A row an epoch. */
  history: table(epochColumns),
  validationProbabilities: probabilities,
  validationPredictions: predictions,
  testProbabilities: probabilities,
  testPredictions: predictions,
  /** Of the test images: a row a true class. */
  confusion: matrix(),
  /** Of the test images; what is undefined is NaN. */
  classes: table({
    class: word,
    precision: numberOrNaN,
    recall: numberOrNaN,
    f1: numberOrNaN,
    support: int,
  }),
};
