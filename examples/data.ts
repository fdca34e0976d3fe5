/** Reads images and labels from a CSV file, looks at them and splits them. @module */
import {
  classesOf,
  encodeNpy,
  findDuplicates,
  kFold,
  labelCounts,
  padImages,
  readCsv,
  take,
  trainTestSplit,
} from "@atelier/atelier/data";

// Your file: a label and the pixels of a square image a line; here 100 images of 2 x 2 in 3 classes.
const folder = await Deno.makeTempDir();
const lines = Array.from({ length: 100 }, (_, i) => [i % 3, i, 2 * i, 255 - i, 7]);
lines[99] = lines[0];
const csv = ["label,pixel1,pixel2,pixel3,pixel4", ...lines].join("\n");
await Deno.writeTextFile(`${folder}/train.csv`, csv);

const read = await readCsv(`${folder}/train.csv`);
const { images } = read;
const labels = classesOf({ ...read, name: "train.csv" }, {}, 3);
console.log("shape:", images.shape, "images by class:", labelCounts(labels, 3));

const { kept, dropped } = findDuplicates({ images, labels });
console.log("twice there:", dropped);

// What networks read: [N, height, width, channels].
const unique = padImages(take(images, kept), 4, 4);
const split = trainTestSplit(kept.length, 0.2, 42);
console.log("for training:", split.train.length, "held out:", split.test.length);
console.log("folds:", kFold(kept.length, 5, 42).map(({ test }) => test.length));

// NumPy reads it: numpy.load("train.npy")
await Deno.writeFile(`${folder}/train.npy`, encodeNpy(take(unique, split.train)));
