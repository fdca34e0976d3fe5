import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type CifarLabel, readCifar } from "../../src/data/cifar.ts";
import { noise } from "../support/data_files.ts";

/** CIFAR's bytes of images `[N, 32, 32, 3]`. */
function binary(images: Uint8Array, labels: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(labels.flatMap((own, n) => [
    ...own,
    ...[0, 1, 2].flatMap((channel) =>
      Array.from({ length: 1024 }, (_, pixel) => images[(n * 1024 + pixel) * 3 + channel])
    ),
  ]));
}

async function withFiles(test: (at: (name: string) => string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test((name) => join(folder, name));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const pixels = noise(15, 32).images.data; // as many bytes as five images in colour

Deno.test("CIFAR-10 comes back pixel for pixel, its files one after the other", async () => {
  await withFiles(async (at) => {
    const labels = [[3], [0], [9], [9], [255]];
    await Deno.writeFile(at("1.bin"), binary(pixels, labels.slice(0, 2)));
    await Deno.writeFile(at("2.bin"), binary(pixels.subarray(2 * 3072), labels.slice(2)));
    assertEquals(await readCifar([at("1.bin"), at("2.bin")], "only"), {
      images: { shape: [5, 32, 32, 3], data: pixels },
      labels: { shape: [5], data: Int32Array.from(labels.flat()) },
    });
  });
});

Deno.test("CIFAR-100 has two labels, of which one is read", async () => {
  await withFiles(async (at) => {
    const labels = [[1, 10], [2, 20], [3, 30], [4, 40], [5, 50]];
    await Deno.writeFile(at("train.bin"), binary(pixels, labels));
    for (const [i, label] of (["coarse", "fine"] as CifarLabel[]).entries()) {
      assertEquals(await readCifar([at("train.bin")], label), {
        images: { shape: [5, 32, 32, 3], data: pixels },
        labels: { shape: [5], data: Int32Array.from(labels, (own) => own[i]) },
      });
    }
  });
});

Deno.test("files that are not made of whole images are refused, the other format's with its name", async () => {
  await withFiles(async (at) => {
    const path = at("x.bin");
    const message = async (bytes: Uint8Array, label: CifarLabel) => {
      await Deno.writeFile(path, bytes);
      return (await assertRejects(() => readCifar([path], label), Error)).message;
    };
    const ten = binary(pixels, [[3], [0]]);
    const hundred = binary(pixels, [[1, 10]]);
    const expected =
      "expected a number of records of 3073 bytes (a label, and 32 x 32 values each " +
      "of red, green and blue)";
    assertEquals(
      await message(ten.slice(0, -1), "only"),
      `${path}: it has 6145 bytes, ${expected}.`,
    );
    assertEquals(await message(new Uint8Array(0), "only"), `${path}: it has 0 bytes, ${expected}.`);
    assertEquals(
      await message(hundred, "only"),
      `${path}: it has 3074 bytes, ${expected}; it is made of records of 3074 bytes, as the format ` +
        `"cifar100" has them.`,
    );
    assertEquals(
      await message(ten.slice(0, 3073), "fine"),
      `${path}: it has 3073 bytes, expected a number of records of 3074 bytes (two labels, and ` +
        `32 x 32 values each of red, green and blue); it is made of records of 3073 bytes, as the ` +
        `format "cifar10" has them.`,
    );
  });
});
