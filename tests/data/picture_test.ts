import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { inFolder } from "../support/data_files.ts";
import { decodeBase64, readGolden } from "../support/golden.ts";
import { ended } from "../support/people.ts";
import { decodePicture, isPicture, PictureError } from "../../src/data/picture.ts";
import { randomState } from "../../src/random.ts";

/** What Pillow 12.3.0 writes and reads; see `tests/golden/pillow_pictures.py`. */
interface Golden {
  readonly pictures: {
    readonly [name: string]: {
      readonly file: string;
      readonly shape: readonly [number, number, number];
      readonly pixels: string;
    };
  };
}

const { pictures } = await readGolden<Golden>("pillow_pictures.json");
const bytesOf = (name: string) => decodeBase64(pictures[name].file);
const pixelsOf = (name: string) => decodeBase64(pictures[name].pixels);

const messageOf = async (bytes: Uint8Array, background?: number) =>
  (await assertRejects(() => decodePicture(bytes, background), PictureError)).message;

const refused = {
  "see_through.png": /^one sees through parts of it; say `background: 255` in data to lay such/,
  "see_through_palette.png": /^one sees through parts of it/,
  "see_through.webp": /^one sees through parts of it/,
  "grey16.png": /^it has 16 bits a channel, and 8 are read; save it with 8$/,
  "print.jpg": /^its colours are for print \(CMYK\); save it as RGB$/,
  "animated.webp": /^it is an animation$/,
  "other.bmp": /^it is no PNG, JPEG or WebP picture$/,
};

for (const name of Object.keys(pictures)) {
  if (name in refused) continue;
  Deno.test(`${name} is decoded to the bytes that Pillow reads, upright`, async () => {
    const [height, width] = pictures[name].shape;
    assert(isPicture(bytesOf(name).subarray(0, 12)));
    assertEquals(await decodePicture(bytesOf(name), undefined), {
      height,
      width,
      data: pixelsOf(name),
    });
  });
}

Deno.test("what cannot be read as bytes of red, green and blue is refused in a sentence", async () => {
  for (const [name, words] of Object.entries(refused)) {
    const message = await messageOf(bytesOf(name));
    assert(words.test(message), `${name}: ${message}`);
  }
  assert(!isPicture(bytesOf("other.bmp")));
  assertEquals(await messageOf(new Uint8Array(0)), "it is no PNG, JPEG or WebP picture");
});

Deno.test("see-through pictures are laid on white as Pillow lays them, to one step, or on another shade", async () => {
  for (const name of ["see_through.png", "see_through_palette.png", "see_through.webp"]) {
    const { data } = await decodePicture(bytesOf(name), 255);
    const expected = pixelsOf(name);
    assertEquals(data.length, expected.length);
    data.forEach((value, i) => assert(Math.abs(value - expected[i]) <= 1, `${name}, ${i}`));
    const { data: onBlack } = await decodePicture(bytesOf(name), 0);
    assert(onBlack.every((value, i) => value <= data[i]) && onBlack.some((v, i) => v < data[i]));
  }
  // Nothing is behind a picture that hides all.
  const solid = "rgb_alpha_solid.png";
  assertEquals((await decodePicture(bytesOf(solid), 255)).data, pixelsOf(solid));
});

Deno.test("pictures that are cut off are refused, wherever they end", async () => {
  for (const name of ["rgb.png", "rgb.jpg", "progressive.jpg", "lossy.webp", "lossless.webp"]) {
    const whole = bytesOf(name);
    for (let length = 12; length < whole.length; length += 37) {
      const message = await messageOf(whole.slice(0, length));
      assert(message.startsWith("it is damaged: "), `${name}, ${length} bytes: ${message}`);
    }
    const message = await messageOf(whole.slice(0, -1));
    assert(message.startsWith("it is damaged: "), `${name} without its last byte: ${message}`);
  }
});

Deno.test("a picture that says it is huge is refused before room is made for it", async () => {
  const huge = bytesOf("rgb.jpg").slice();
  // Height and width of the frame follow its marker, its length and its precision.
  const frame = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xc0);
  await inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "as it is"), huge);
    for (const size of [[0xff, 0, 0xff, 0], [0x3f, 0xff, 0x3f, 0xff]]) {
      huge.set(size, frame + 5);
      await Deno.writeFile(join(folder, size.join()), huge);
    }
    // A process of its own: what other tests hold would be counted in this one.
    const { stdout, stderr } = await ended([
      Deno.execPath(),
      "eval",
      "--quiet",
      `
      import { decodePicture } from ${
        JSON.stringify(import.meta.resolve("../../src/data/picture.ts"))
      };
      const read = (name) => decodePicture(Deno.readFileSync(${JSON.stringify(folder)} + name));
      await read("/as it is");
      const before = Deno.memoryUsage().rss;
      for (const name of ["/255,0,255,0", "/63,255,63,255"]) {
        await read(name).catch(({ message }) => console.log(message));
      }
      console.log(Deno.memoryUsage().rss - before);`,
    ]);
    assertEquals(stderr, "");
    const [one, other, grown] = stdout.trimEnd().split("\n");
    const expected = "it is larger than 16384 pixels a side or 67108864 pixels in all";
    assertEquals([one, other], [expected, expected]);
    assert(Number(grown) < 64 << 20, `${grown} bytes`);
  });
});

Deno.test("whatever bit is flipped, a picture is read in its size or refused in a sentence", async () => {
  const random = randomState(3);
  const outcomes = new Map<string, number>();
  for (const name of ["rgb.png", "rgb.jpg", "lossy.webp", "lossless.webp", "palette.png"]) {
    for (let i = 0; i < 40; i++) {
      const bytes = bytesOf(name);
      bytes[12 + random.interval(bytes.length - 13)] ^= 1 << random.interval(7);
      let outcome = "read";
      try {
        const { height, width, data } = await decodePicture(bytes, 0);
        assertEquals(data.length, 3 * height * width);
      } catch (error) {
        assert(error instanceof PictureError, String(error));
        outcome = "refused";
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  assertEquals([...outcomes.keys()].sort(), ["read", "refused"]);
  // The decoder itself has come to no harm.
  assertEquals((await decodePicture(bytesOf("rgb.png"), undefined)).data, pixelsOf("rgb.png"));
});
