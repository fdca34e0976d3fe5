import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeIdxImages, decodeIdxLabels, readIdx } from "../../src/data/idx.ts";
import { randomState } from "../../src/random.ts";
import { asRead, gzip, idx, inFolder, noise, sha256 } from "../support/data_files.ts";

const drawn = noise(7, 28);
const imageBytes = idx([7, 28, 28], drawn.images.data);
const labelBytes = idx([7], drawn.labels.data);

const imageMagics = "[0, 0, 8, 3] (unsigned bytes, 3 dimensions: images, rows, columns) or " +
  "[0, 0, 8, 4] (unsigned bytes, 4 dimensions: images, rows, columns, channels).";

/** The whole message of the error that `promise` is rejected with. */
async function messageOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, Error)).message;
}

Deno.test("images and labels come back pixel for pixel, plain and compressed", async () => {
  for (const packed of [(bytes: Uint8Array<ArrayBuffer>) => bytes, gzip]) {
    assertEquals(await decodeIdxImages(packed(imageBytes), "images"), drawn.images);
    assertEquals(await decodeIdxLabels(packed(labelBytes), "labels"), asRead(drawn).labels);
  }
});

Deno.test("sides that differ keep their order, and a size beyond one byte its value", async () => {
  const data = Uint8Array.from({ length: 2 * 3 * 300 }, (_, i) => i % 251);
  assertEquals(await decodeIdxImages(idx([2, 3, 300], data), "images"), {
    shape: [2, 3, 300, 1],
    data,
  });
});

Deno.test("images with channels come back too, grey ones as if they had none", async () => {
  const data = Uint8Array.from({ length: 2 * 100 * 30 * 3 }, (_, i) => i % 251);
  assertEquals(await decodeIdxImages(gzip(idx([2, 100, 30, 3], data)), "images"), {
    shape: [2, 100, 30, 3],
    data,
  });
  assertEquals(
    await decodeIdxImages(idx([7, 28, 28, 1], drawn.images.data), "images"),
    drawn.images,
  );
  assertEquals(
    await messageOf(decodeIdxImages(idx([2, 3, 4, 2], Array(48).fill(1)), "images")),
    "images: its images have 2 channels, expected 1 (grey) or 3 (red, green, blue), as the last of " +
      "four dimensions.",
  );
});

Deno.test("a compressed file of several members is read as one, as gzip itself reads it", async () => {
  const cuts = [0, 3, 16, 17, 2000, imageBytes.length];
  const members = cuts.slice(1).map((to, i) => gzip(imageBytes.slice(cuts[i], to)));
  const bytes = Uint8Array.from(members.flatMap((member) => [...member]));
  assertEquals(await decodeIdxImages(bytes, "images"), drawn.images);
  assertEquals(
    await messageOf(decodeIdxImages(bytes.slice(0, -members[4].length), "images.gz")),
    "images.gz: it is truncated: the header says 7 images x 28 rows x 28 columns, that is 5488 " +
      "bytes, but 1984 follow.",
  );
  const damaged = "images.gz: the gzip data is damaged, truncated, or followed by other bytes; " +
    "fetch the file again.";
  assertEquals(await messageOf(decodeIdxImages(bytes.slice(0, -3), "images.gz")), damaged);
  for (const behind of [[0], Array(20_000).fill(0), [0x1f], [0x1f, 0x8b, 8], [7]]) {
    const followed = Uint8Array.from([...bytes, ...behind]);
    assertEquals(await messageOf(decodeIdxImages(followed, "images.gz")), damaged);
  }
});

Deno.test("a compressed file of many pieces is read whole", async () => {
  const large = noise(300, 28, 2);
  const bytes = idx([300, 28, 28], large.images.data);
  assert(gzip(bytes).length > 100_000);
  assertEquals(await decodeIdxImages(gzip(bytes), "images"), large.images);
});

Deno.test("another magic number is refused with both numbers", async () => {
  const wrong = imageBytes.slice();
  wrong[2] = 7;
  assertEquals(
    await messageOf(decodeIdxImages(wrong, "images.idx")),
    "images.idx: the magic number is [0, 0, 7, 3], expected " + imageMagics,
  );
});

Deno.test("what is no IDX of bytes is called what it is", async () => {
  const messages = async (bytes: Uint8Array<ArrayBuffer>) => [
    await messageOf(decodeIdxImages(bytes, "i.idx")),
    await messageOf(decodeIdxImages(gzip(bytes), "i.idx")),
  ];
  const floats = imageBytes.slice();
  floats[2] = 13;
  const reversed = imageBytes.slice();
  for (let at = 4; at < 16; at += 4) reversed.subarray(at, at + 4).reverse();
  for (
    const [bytes, why] of [
      [
        floats,
        "it holds 32-bit floats, expected unsigned bytes; convert it to values from 0 to 255.",
      ],
      [reversed, "its sizes are little-endian, and IDX has them big-endian; write it again."],
    ] as const
  ) {
    assertEquals(await messages(bytes), [`i.idx: ${why}`, `i.idx: ${why}`]);
  }
  const page = new TextEncoder().encode("<!DOCTYPE html><html>");
  const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid ...");
  assertEquals(
    await messageOf(decodeIdxImages(page, "i.idx")),
    "i.idx is a web page, or what a server answered instead of the file. Open its address in a " +
      "browser to see what is wrong there, and fetch it again.",
  );
  assertEquals(
    await messageOf(decodeIdxLabels(pointer, "i.idx")),
    "i.idx is a pointer of Git LFS, which stands for the file. Fetch the file itself with " +
      '"git lfs pull".',
  );
});

Deno.test("images in place of labels, and labels in place of images, are refused", async () => {
  assertEquals(
    await messageOf(decodeIdxLabels(imageBytes, "labels.idx")),
    "labels.idx: the magic number is [0, 0, 8, 3], expected [0, 0, 8, 1] " +
      "(unsigned bytes, 1 dimensions: labels).",
  );
  assert((await messageOf(decodeIdxImages(idx([20], Array(20).fill(1)), "i"))).includes("magic"));
});

Deno.test("a file that ends early is refused with the lengths", async () => {
  assertEquals(
    await messageOf(decodeIdxImages(imageBytes.slice(0, -1), "images.idx")),
    "images.idx: it is truncated: the header says 7 images x 28 rows x 28 columns, that is 5488 " +
      "bytes, but 5503 bytes cannot hold them.",
  );
  assertEquals(
    await messageOf(decodeIdxImages(gzip(imageBytes.slice(0, -1)), "images.gz")),
    "images.gz: it is truncated: the header says 7 images x 28 rows x 28 columns, that is 5488 " +
      "bytes, but 5487 follow.",
  );
  for (let length = 0; length < 16; length++) {
    for (const packed of [(bytes: Uint8Array<ArrayBuffer>) => bytes, gzip]) {
      assertEquals(
        await messageOf(decodeIdxImages(packed(imageBytes.slice(0, length)), "images.idx")),
        `images.idx: it is truncated: ${length} of the header's 16 bytes.`,
      );
    }
  }
});

Deno.test("a file that goes on is refused", async () => {
  const longer = Uint8Array.from([...imageBytes, 0]);
  for (const bytes of [longer, gzip(longer)]) {
    assertEquals(
      await messageOf(decodeIdxImages(bytes, "images")),
      "images: bytes follow the 5488 that the header announces (7 images x 28 rows x 28 columns).",
    );
  }
});

Deno.test("a header that announces nothing, or more than memory holds, is refused", async () => {
  assertEquals(
    await messageOf(decodeIdxImages(idx([5, 0, 28], []), "images")),
    "images: the header says 0 rows.",
  );
  assertEquals(
    await messageOf(decodeIdxLabels(idx([0], []), "labels")),
    "labels: the header says 0 labels.",
  );
  const vast = idx([0xffffffff, 0xffff, 0xffff], [1, 2, 3]);
  for (const bytes of [vast, gzip(vast)]) {
    const message = await messageOf(decodeIdxImages(bytes, "images"));
    assert(
      message.startsWith(
        "images: it is truncated: the header says 4294967295 images x 65535 rows x 65535 columns",
      ),
      message,
    );
  }
});

Deno.test("what a header of gzip announces takes no memory before it is there", async () => {
  // Nothing is compressed, so that as many bytes could hold what is announced.
  const announcing = (images: number, length: number) => {
    const bytes = new Uint8Array(length);
    bytes.set(idx([images, 28, 28], [1, 2, 3]));
    return Uint8Array.from(gzipSync(bytes, { level: 0 }));
  };
  // 26 GB in 26 MB.
  assertEquals(
    await messageOf(decodeIdxImages(announcing(33_500_000, 26 << 20), "images.gz")),
    "images.gz: the header says 33500000 images x 28 rows x 28 columns, that is 26264000000 bytes; " +
      "at most 4294967296 are read.",
  );
  const before = Deno.memoryUsage().external;
  const bytes = announcing(5_400_000, 5 << 20);
  const waiting = messageOf(decodeIdxImages(bytes, "images.gz"));
  let most = 0;
  const timer = setInterval(() => most = Math.max(most, Deno.memoryUsage().external), 0);
  assertEquals(
    await waiting,
    "images.gz: it is truncated: the header says 5400000 images x 28 rows x 28 columns, that is " +
      "4233600000 bytes, but 5242864 follow.",
  );
  clearInterval(timer);
  assert(Math.max(most, Deno.memoryUsage().external) - before < 64 << 20, `${most - before} bytes`);
});

Deno.test("a gzip bomb is refused at its first pieces", async () => {
  // A small file as announced, and 64 MiB of zeros behind it.
  const zeros = new Uint8Array(64 << 20);
  zeros.set(idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]));
  const bomb = gzip(zeros);
  assert(bomb.length < 100_000);
  const damaged = bomb.slice();
  damaged.fill(0xff, damaged.length >> 1); // inflating all of it would meet this first
  for (const bytes of [bomb, damaged]) {
    assertEquals(
      await messageOf(decodeIdxImages(bytes, "bomb.gz")),
      "bomb.gz: bytes follow the 8 that the header announces (2 images x 2 rows x 2 columns).",
    );
  }
});

Deno.test("damaged gzip is refused: cut off, a flipped byte, other bytes behind it", async () => {
  const whole = gzip(imageBytes);
  const flipped = whole.slice();
  flipped[whole.length >> 1] ^= 0x55;
  const checksum = whole.slice();
  checksum[whole.length - 6] ^= 1;
  const followed = Uint8Array.from([...whole, 1, 2, 3]);
  for (const bytes of [whole.slice(0, -9), whole.slice(0, -1), flipped, checksum, followed]) {
    assertEquals(
      await messageOf(decodeIdxImages(bytes, "images.gz")),
      "images.gz: the gzip data is damaged, truncated, or followed by other bytes; " +
        "fetch the file again.",
    );
  }
});

Deno.test("whatever bit is flipped, a file is read in the shape it says or refused in a sentence", async () => {
  const random = randomState(9);
  const small = idx([3, 4, 2, 3], noise(3, 5).images.data.subarray(0, 72));
  for (const [bytes, isChecked] of [[small, false], [gzip(small), true]] as const) {
    for (let i = 0; i < 200; i++) {
      const damaged = bytes.slice();
      damaged[random.interval(bytes.length - 1)] ^= 1 << random.interval(7);
      try {
        const { shape, data } = await decodeIdxImages(damaged, "images");
        assertEquals(shape.reduce((product, n) => product * n, 1), data.length);
        if (isChecked) assertEquals(data, small.subarray(20)); // a time or a name in gzip's header
      } catch (error) {
        assert(error instanceof Error && error.message.startsWith("images: "), String(error));
      }
    }
  }
});

Deno.test("files of two sets are refused: as many labels as images", async () => {
  await inFolder(async (folder) => {
    const [images, labels] = [join(folder, "images.gz"), join(folder, "labels.gz")];
    await Deno.writeFile(images, gzip(imageBytes));
    await Deno.writeFile(labels, labelBytes);
    assertEquals(await readIdx(images, labels), asRead(drawn));
    await Deno.writeFile(labels, idx([8], [...drawn.labels.data, 1]));
    assertEquals(
      await messageOf(readIdx(images, labels)),
      `${images} holds 7 images, but ${labels} holds 8 labels; they do not belong together.`,
    );
  });
});

const real = Deno.env.get("FASHION_MNIST_DIR");

Deno.test({
  name: "the official training files hold the pixels and labels that Python reads",
  ignore: real === undefined,
  async fn() {
    const { images, labels } = await readIdx(
      join(real!, "train-images-idx3-ubyte.gz"),
      join(real!, "train-labels-idx1-ubyte.gz"),
    );
    assertEquals(images.shape, [60000, 28, 28, 1]);
    assertEquals([...labels.data.subarray(0, 10)], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
    // Python: sha256(gzip.open(file).read()[16:]), and [8:] for the labels
    assertEquals(
      sha256(images.data),
      "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
    );
    assertEquals(
      sha256(Uint8Array.from(labels.data)),
      "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
    );
  },
});
