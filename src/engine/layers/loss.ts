/** Softmax cross-entropy and its gradient. @module */

/** What a batch's logits give. */
export interface BatchLoss {
  /** Mean over the batch. */
  readonly loss: number;
  /** How many rows have their largest logit (the first of several) at the label. */
  readonly correct: number;
  /** Derivative of `loss` with respect to the logits, `[labels.length, classes]`. */
  readonly gradient: Float32Array<ArrayBuffer>;
}

/**
 * Cross-entropy of `softmax(logits)`, `[labels.length, classes]`, against labels of 0 to classes - 1.
 * With label smoothing s the target is 1 - s at the label plus s / classes everywhere (Szegedy et
 * al., 2016; Keras's `label_smoothing`). Each row's largest logit is subtracted first, so that no
 * exponential overflows; sums are in float64.
 */
export function softmaxCrossEntropy(
  logits: Float32Array,
  labels: Uint8Array,
  labelSmoothing: number,
): BatchLoss {
  const rows = labels.length;
  const classes = logits.length / rows;
  const gradient = new Float32Array(logits.length);
  const exponentials = new Float64Array(classes);
  const spread = labelSmoothing / classes;
  let loss = 0;
  let correct = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    let largest = 0;
    for (let c = 1; c < classes; c++) if (logits[start + c] > logits[start + largest]) largest = c;
    const max = logits[start + largest];
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += exponentials[c] = Math.exp(logits[start + c] - max);
    const logSum = max + Math.log(sum);
    for (let c = 0; c < classes; c++) {
      const target = spread + (c === labels[row] ? 1 - labelSmoothing : 0);
      // Not `0 * -Infinity`, which is NaN: a class without target costs nothing.
      if (target > 0) loss += target * (logSum - logits[start + c]);
      gradient[start + c] = (exponentials[c] / sum - target) / rows;
    }
    if (largest === labels[row]) correct++;
  }
  return { loss: loss / rows, correct, gradient };
}
