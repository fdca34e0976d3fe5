// deno-lint-ignore-file no-control-regex -- Forms are told by such bytes.
/** The forms other than Keras's HDF5 in which weights come, by content. @module */
import { asText, foreignForm, type Form } from "../files/forms.ts";

/** What Keras can make of what it can load itself. */
export const HAVE_KERAS_WRITE = 'Load the model in Keras and write it with model.save("model.h5").';

const ONLY_KERAS = "Only what Keras writes as HDF5 is read.";
const UNPACK = "Unpack it first.";

const FORMS: readonly Form[] = [
  [/^\x1f\x8b/, "compressed with gzip", UNPACK],
  [/^[^]{257}ustar/, "a tar archive", UNPACK],
  [/^\x93NUMPY/, "an array of NumPy (.npy)", ONLY_KERAS],
  [/^\x80[\x02-\x05]\x8a\x0al\xfc\x9cF/, "a file of PyTorch (.pt, .pth)", ONLY_KERAS],
  [/^\x80[\x02-\x05]/, "a pickle of Python", ONLY_KERAS],
  [/^[^]{5}\0\0\0\{/, "a file of safetensors", ONLY_KERAS],
  [/^[^]{4}TFL3/, "a model of TensorFlow Lite (.tflite)", ONLY_KERAS],
  [/^\x08\x01\x12/, "a SavedModel of TensorFlow (saved_model.pb)", HAVE_KERAS_WRITE],
  [/^\x08[\x03-\x1f]\x12/, "a model of ONNX", ONLY_KERAS],
];

/** Archives of ZIP, by the names of the files in them. */
const ARCHIVES: readonly Form[] = [
  [/model\.weights\.h5/, "a model in Keras 3's own form (.keras)", HAVE_KERAS_WRITE],
  [/data\.pkl/, "a file of PyTorch (.pt, .pth)", ONLY_KERAS],
  [/saved_model\.pb/, "a packed SavedModel of TensorFlow", HAVE_KERAS_WRITE],
  [/\.npy/, "an archive of NumPy (.npz)", ONLY_KERAS],
  [/(?:)/, "a ZIP archive", UNPACK],
];

/** The first bytes of an HDF5 file; where its maker has put something before them, at 512, 1024, ... */
const HDF5 = "\x89HDF\r\n\x1a\n";

/**
 * What a file is that is no HDF5, and what to do about it: the rest of a sentence that begins with "is",
 * and a sentence; undefined where it is HDF5, or nothing that is known here.
 */
export function foreignWeights(file: Uint8Array): string | undefined {
  for (let at = 0; at < file.length; at = Math.max(512, 2 * at)) {
    if (asText(file.subarray(at, at + HDF5.length)) === HDF5) return;
  }
  const start = file.subarray(0, 4096);
  const head = asText(start);
  if (head.startsWith("PK\x03\x04")) {
    // It lists its files at its end; the first one's name stands at its beginning too.
    const names = head + asText(file.subarray(-(2 ** 16)));
    const [, what, remedy] = ARCHIVES.find(([holds]) => holds.test(names))!;
    return `${what}. ${remedy}`;
  }
  const form = foreignForm(start, FORMS);
  if (form !== undefined) return form;
  if (/^[\t\r\n\x20-\x7e]+$/.test(head)) {
    return `text that begins with ${JSON.stringify(head.slice(0, 40))}. ${ONLY_KERAS}`;
  }
}
