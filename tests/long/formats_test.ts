/**
 * Thousands of damaged files for every reader of images: each is read or refused in a sentence, and no
 * file is read as something else where it has a checksum.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { readCifar } from "../../src/data/cifar.ts";
import { csvDecoder } from "../../src/data/csv.ts";
import { decodeIdxImages, decodeIdxLabels } from "../../src/data/idx.ts";
import { readNumpy } from "../../src/data/numpy.ts";
import { decodePicture } from "../../src/data/picture.ts";
import { type RandomState, randomState } from "../../src/random.ts";
import { csv, gzip, idx, inFolder, noise, npy } from "../support/data_files.ts";
import { decodeBase64, readGolden } from "../support/golden.ts";

const CASES = 2000;

/** The file with one to three bits flipped, bytes set, cut out, put in, or its end cut off. */
function damaged(bytes: Uint8Array<ArrayBuffer>, random: RandomState): Uint8Array<ArrayBuffer> {
  let result = bytes.slice();
  for (let times = random.interval(2); times >= 0; times--) {
    const at = random.interval(Math.max(0, result.length - 1));
    const rest = result.subarray(Math.min(result.length, at + 1 + random.interval(20)));
    const extra = Uint8Array.from({ length: 1 + random.interval(20) }, () => random.interval(255));
    switch (random.interval(5)) {
      case 0:
        result[at] ^= 1 << random.interval(7);
        break;
      case 1:
        result[at] = random.interval(255);
        break;
      case 2:
        result = Uint8Array.from([...result.subarray(0, at), ...rest]);
        break;
      case 3:
        result = Uint8Array.from([...result.subarray(0, at), ...extra, ...result.subarray(at)]);
        break;
      case 4:
        result = result.slice(0, at);
        break;
      default: // what fields of lengths and dimensions do worst with
        result.set([255, 255, 255, 255].slice(0, result.length - at), at);
    }
  }
  return result;
}

interface Case {
  readonly bytes: Uint8Array<ArrayBuffer>;
  read(bytes: Uint8Array<ArrayBuffer>, path: string): Promise<unknown>;
  /** Whether a checksum holds what is read to what was written. */
  readonly checked: boolean;
}

const images = noise(12, 10);
const image = images.images.data;
const csvOf = (form: object) => (bytes: Uint8Array) => {
  const decoder = csvDecoder("file", form);
  decoder.push(bytes);
  return Promise.resolve(decoder.finish());
};
const idxBytes = idx([12, 10, 10], image);
const members = [0, 2, 16, 700, idxBytes.length];
const several = Uint8Array.from(
  members.slice(1).flatMap((to, i) => [...gzip(idxBytes.slice(members[i], to))]),
);
const text = csv(images);
const quoted = text.replaceAll(/\d+(?=[,\n])/g, '"$&.0"').replaceAll("\n", "\r\n");
const golden = (name: string) => Deno.readFileSync(new URL(`../golden/${name}`, import.meta.url));
const { pictures } = await readGolden<
  { readonly pictures: { readonly [name: string]: { readonly file: string } } }
>("pillow_pictures.json");

const numpy =
  (array: { images?: string; labels?: string }) =>
  async (bytes: Uint8Array<ArrayBuffer>, path: string) => {
    await Deno.writeFile(path, bytes);
    const other = new URL("../golden/numpy_stored.npz", import.meta.url).pathname;
    const file = (name: string | undefined, spare: string) =>
      name === undefined ? { path: other, array: spare } : { path, array: name || undefined };
    return await readNumpy(file(array.images, "grey"), file(array.labels, "labels_u1"));
  };
const ofPicture = (name: string): Case => ({
  bytes: decodeBase64(pictures[name].file),
  read: (bytes) => decodePicture(bytes, 0),
  checked: false,
});

const cases: Readonly<Record<string, Case>> = {
  "IDX": { bytes: idxBytes, read: (bytes) => decodeIdxImages(bytes, "file"), checked: false },
  "IDX, gzip": {
    bytes: gzip(idxBytes),
    read: (bytes) => decodeIdxImages(bytes, "file"),
    checked: false, // a header of gzip, which has no checksum, may say that a plain file begins
  },
  "IDX, gzip of four members": {
    bytes: several,
    read: (bytes) => decodeIdxImages(bytes, "file"),
    checked: false,
  },
  "IDX with channels": {
    bytes: idx([4, 10, 10, 3], image),
    read: (bytes) => decodeIdxImages(bytes, "file"),
    checked: false,
  },
  "IDX labels": {
    bytes: idx([12], images.labels.data),
    read: (bytes) => decodeIdxLabels(bytes, "file"),
    checked: false,
  },
  "CSV": { bytes: new TextEncoder().encode(text), read: csvOf({}), checked: false },
  "CSV, quotes and decimals": {
    bytes: new TextEncoder().encode(quoted),
    read: csvOf({}),
    checked: false,
  },
  "CSV without a header": {
    bytes: new TextEncoder().encode(text.slice(text.indexOf("\n") + 1)),
    read: csvOf({ header: false, shape: [5, 20] }),
    checked: false,
  },
  ".npy images": {
    bytes: npy("|u1", [4, 10, 10, 3], image),
    read: numpy({ images: "" }),
    checked: false,
  },
  ".npy labels": {
    bytes: npy("<i8", [4], new Uint8Array(32)),
    read: numpy({ labels: "" }),
    checked: false,
  },
  ".npz, stored": {
    bytes: golden("numpy_stored.npz"),
    read: numpy({ images: "grey_fortran", labels: "labels_>i8" }),
    checked: true,
  },
  ".npz, packed": {
    bytes: golden("numpy_packed.npz"),
    read: numpy({ images: "grey_fortran", labels: "labels_>i8" }),
    checked: true,
  },
  "CIFAR-10": {
    bytes: Uint8Array.from([3, ...noise(3, 32).images.data]),
    async read(bytes, path) {
      await Deno.writeFile(path, bytes);
      return await readCifar([path], "only");
    },
    checked: false,
  },
  ...Object.fromEntries(
    [
      "rgb.png",
      "palette.png",
      "rgb.jpg",
      "progressive.jpg",
      "turned6.jpg",
      "lossy.webp",
      "lossless.webp",
    ]
      .map((name) => [name, ofPicture(name)]),
  ),
};

for (const [name, { bytes, read, checked }] of Object.entries(cases)) {
  Deno.test(`${name}: ${CASES} damaged files are read or refused in a sentence`, async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "file");
      const original = await read(bytes, path);
      const random = randomState(11);
      const outcomes = { read: 0, "read as it was": 0, refused: 0 };
      const start = performance.now();
      let longest = 0;
      for (let i = 0; i < CASES; i++) {
        const file = damaged(bytes, random);
        const from = performance.now();
        try {
          const found = await read(file, path);
          const same = Deno.inspect(found, { iterableLimit: 1e5 }) ===
            Deno.inspect(original, { iterableLimit: 1e5 });
          if (checked) assertEquals(found, original);
          outcomes[same ? "read as it was" : "read"]++;
        } catch (error) {
          const isSentence = error instanceof Error &&
            (error.constructor === Error || error.name === "PictureError");
          assert(isSentence && error.message.length < 1000, String(error));
          outcomes.refused++;
        }
        longest = Math.max(longest, performance.now() - from);
      }
      const seconds = (performance.now() - start) / 1000;
      console.log(
        `${name}: ${CASES} damaged files in ${seconds.toFixed(1)} s, the longest ` +
          `${longest.toFixed(0)} ms: ${JSON.stringify(outcomes)}`,
      );
      assertEquals(await read(bytes, path), original);
    });
  });
}
