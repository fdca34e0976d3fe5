/** A kept network in the formats of other programs, with what it says of itself. @module */
import { encodeOnnx } from "../engine/onnx.ts";
import { decodeTfjsWeights } from "../engine/tfjs_weights.ts";
import { encodeWholeModel } from "../engine/whole.ts";
import { readPlain, readPlainText } from "../files/plain.ts";
import type { Usable } from "./networks.ts";

/** The formats, and the path of each one's file below a network's name. */
export const FORMATS = { onnx: ".onnx", savedmodel: "/saved_model.pb" } as const;

/** See `FORMATS`. */
export type Format = keyof typeof FORMATS;

/** Whether there is a format of this name. */
export const isFormat = (name: string): name is Format => Object.hasOwn(FORMATS, name);

/**
 * The bytes of a network's file in a format. Its probabilities are as its softmax gives them, not
 * calibrated; the temperature is told in the metadata of ONNX.
 *
 * @throws {Error} where a file of the network cannot be read
 */
export async function exported(
  { listed, metadata, files }: Usable,
  format: Format,
): Promise<Uint8Array<ArrayBuffer>> {
  const { model } = metadata;
  const json: unknown = JSON.parse(await readPlainText(files.model.path));
  const weights = decodeTfjsWeights(json, await readPlain(files.weights.path), model);
  if (format === "savedmodel") return encodeWholeModel(model, weights);
  return encodeOnnx(model, weights, {
    network: listed.name,
    classes: JSON.stringify(metadata.classes),
    input: metadata.input.meaning,
    preprocessing: JSON.stringify(metadata.preprocessing),
    temperature: String(listed.temperature),
    accuracy: JSON.stringify(listed.accuracy),
  });
}
