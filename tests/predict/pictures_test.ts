/** What `predict` is given: pictures, folders, arrays and standard input. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { encodeNpy } from "../../src/files/npy.ts";
import { bytesOf, type Given, pictures } from "../../src/predict/pictures.ts";
import { encode } from "fast-png";
import golden from "../golden/pillow_pictures.json" with { type: "json" };
import { inFolder } from "../support/data_files.ts";

const none = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(0));
async function given(folder: string, names: readonly string[], stdin = none): Promise<Given[]> {
  return await Array.fromAsync(pictures(names, (name) => join(folder, name), stdin));
}
const shapesOf = (all: readonly Given[]) =>
  all.map((one) =>
    "fault" in one
      ? [one.name, one.fault]
      : [one.name, one.pixels.height, one.pixels.width, one.pixels.channels]
  );

const png = (height: number, width: number, channels: 1 | 3 | 4) =>
  encode({ height, width, channels, data: new Uint8Array(height * width * channels).fill(100) });
const { file: jpeg } = golden.pictures["rgb.jpg"];
const { file: webp } = golden.pictures["lossy.webp"];
const bytes = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

Deno.test("PNG, JPEG and WebP are told by what they are, whatever they are called", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "a.png"), png(3, 4, 3));
    await Deno.writeFile(join(folder, "b.txt"), bytes(jpeg));
    await Deno.writeFile(join(folder, "c"), bytes(webp));
    await Deno.writeFile(join(folder, "d.jpg"), png(5, 6, 4));
    const found = shapesOf(await given(folder, ["a.png", "b.txt", "c", "d.jpg"]));
    assertEquals([found[0], found[3]], [["a.png", 3, 4, 3], ["d.jpg", 5, 6, 4]]);
    assertEquals(found.map(([, , , channels]) => channels), [3, 3, 3, 4]);
  }));

Deno.test("of a folder all pictures are taken, those below too, by the order of names; what is none is passed over", () =>
  inFolder(async (folder) => {
    for (const path of ["in/b.png", "in/a.png", "in/deep/c.png"]) {
      await Deno.mkdir(join(folder, "in/deep"), { recursive: true });
      await Deno.writeFile(join(folder, path), png(1, 2, 3));
    }
    await Deno.writeTextFile(join(folder, "in/notes.txt"), "no picture");
    await Deno.mkdir(join(folder, "empty"));
    const found = await given(folder, ["in/", "empty"]);
    assertEquals(found.map(({ name }) => name), ["in/a.png", "in/b.png", "in/deep/c.png", "empty"]);
    assertEquals(shapesOf(found).at(-1), [
      "empty",
      "there is no PNG, JPEG or WebP picture in this folder",
    ]);
  }));

const NO_IMAGE =
  "its shape is [0,3,6]; expected bytes (uint8) of shape [height, width] or [N, height, " +
  "width], with a last axis of 3 where they are in colour";

Deno.test("an array is a picture, or one an entry", () =>
  inFolder(async (folder) => {
    const shapes = {
      "one.npy": [3, 6],
      "many.npy": [2, 3, 6],
      "grey.npy": [2, 3, 6, 1],
      "colour.npy": [2, 5, 6, 3],
      "picture.npy": [6, 5, 3],
      "none.npy": [0, 3, 6],
    };
    for (const [name, shape] of Object.entries(shapes)) {
      const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i);
      await Deno.writeFile(join(folder, name), encodeNpy({ shape, data }));
    }
    const found = await given(folder, Object.keys(shapes));
    assertEquals(shapesOf(found), [
      ["one.npy", 3, 6, 1],
      ["many.npy[0]", 3, 6, 1],
      ["many.npy[1]", 3, 6, 1],
      ["grey.npy[0]", 3, 6, 1],
      ["grey.npy[1]", 3, 6, 1],
      ["colour.npy[0]", 5, 6, 3],
      ["colour.npy[1]", 5, 6, 3],
      ["picture.npy", 6, 5, 3],
      ["none.npy", NO_IMAGE],
    ]);
    const second = found[2];
    assert("pixels" in second);
    assertEquals([...second.pixels.data], Array.from({ length: 18 }, (_, i) => 18 + i));
  }));

Deno.test("standard input is a picture or an array", async () => {
  const read = async (content: Uint8Array) =>
    shapesOf(await given("", ["-"], () => Promise.resolve(content)));
  assertEquals(await read(png(7, 8, 3)), [["-", 7, 8, 3]]);
  const array = encodeNpy({ shape: [2, 3, 6], data: new Uint8Array(36) });
  assertEquals(await read(array), [["-[0]", 3, 6, 1], ["-[1]", 3, 6, 1]]);
  assertEquals(await read(new Uint8Array(0)), [["-", "nothing came from standard input"]]);
  const stream = ReadableStream.from([Uint8Array.of(1, 2), Uint8Array.of(3)]);
  assertEquals([...await bytesOf(stream)], [1, 2, 3]);
});

Deno.test("what cannot be read says so by its name, and the others are read all the same", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(join(folder, "good.png"), png(2, 2, 3));
    await Deno.writeFile(join(folder, "cut.png"), png(20, 20, 3).subarray(0, 60));
    await Deno.writeTextFile(join(folder, "notes.txt"), "no picture");
    await Deno.writeFile(
      join(folder, "floats.npy"),
      encodeNpy({ shape: [2, 2], data: new Float32Array(4) }),
    );
    await Deno.writeFile(
      join(folder, "line.npy"),
      encodeNpy({ shape: [4], data: new Uint8Array(4) }),
    );
    const names = ["cut.png", "notes.txt", "floats.npy", "line.npy", "gone.png", "good.png"];
    const found = await given(folder, names);
    assertEquals(found.map(({ name }) => name), names);
    const faults = found.map((one) => "fault" in one ? one.fault : "");
    assertStringIncludes(faults[0], "it is damaged");
    assertStringIncludes(faults[1], "it is no PNG, JPEG or WebP picture, and no array");
    assertStringIncludes(faults[2], "it holds float32; expected bytes (uint8)");
    assertStringIncludes(faults[3], "its shape is [4]; expected");
    assertEquals(faults.slice(4), ["it is not there", ""]);
  }));
