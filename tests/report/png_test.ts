import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { pngDataUrl, type Raster, type Rgb } from "../../src/report/png.ts";

/** Reads a PNG by its definition (ISO/IEC 15948): chunks, zlib, rows without a filter. */
async function decode(url: string) {
  const prefix = "data:image/png;base64,";
  assertEquals(url.slice(0, prefix.length), prefix);
  const bytes = Uint8Array.fromBase64(url.slice(prefix.length));
  assertEquals([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let at = 8; at < bytes.length;) {
    const length = view.getUint32(at);
    chunks.set(
      new TextDecoder().decode(bytes.subarray(at + 4, at + 8)),
      bytes.slice(at + 8, at + 8 + length),
    );
    at += 12 + length;
  }
  const header = new DataView(chunks.get("IHDR")!.buffer);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const colorType = header.getUint8(9);
  const stream = new Blob([chunks.get("IDAT")!]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  const stride = width * (colorType === 2 ? 3 : 1);
  const data = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    assertEquals(rows[y * (stride + 1)], 0, "a row's filter");
    data.set(rows.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)), y * stride);
  }
  return { width, height, depth: header.getUint8(8), colorType, data, palette: chunks.get("PLTE") };
}

Deno.test("grey, colour and palette images come back pixel by pixel", async () => {
  const size = fc.integer({ min: 1, max: 9 });
  const kind = fc.constantFrom("grey", "rgb", "palette");
  await fc.assert(
    fc.asyncProperty(size, size, kind, fc.nat(), async (width, height, kind, seed) => {
      const value = (i: number) => (Math.imul(i + 1, 2654435761) ^ seed) >>> 24;
      const length = width * height * (kind === "rgb" ? 3 : 1);
      const colors = kind === "palette" ? 1 + value(999) % 256 : 256;
      const palette = Array.from({ length: colors }, (_, i): Rgb => [value(i), i, 255 - i]);
      const data = Uint8Array.from({ length }, (_, i) => value(i) % colors);
      const image: Raster = { width, height, data, ...(kind === "palette" ? { palette } : {}) };
      const png = await decode(pngDataUrl(image));
      assertEquals([png.width, png.height, png.depth], [width, height, 8]);
      assertEquals(png.colorType, { grey: 0, rgb: 2, palette: 3 }[kind]);
      assertEquals(png.data, data);
      assertEquals(
        png.palette && [...png.palette],
        kind === "palette" ? palette.flat() : undefined,
      );
    }),
  );
});

Deno.test("the same image gives the same bytes", () => {
  const image = { width: 28, height: 28, data: new Uint8Array(784).map((_, i) => i * i) };
  assertEquals(pngDataUrl(image), pngDataUrl({ ...image, data: image.data.slice() }));
});

Deno.test("what is no image is refused with what was expected", () => {
  const refuse = (image: Raster, part: string) => {
    const error = assertThrows(() => pngDataUrl(image), RangeError);
    assertStringIncludes(error.message, part);
  };
  const data = new Uint8Array(6);
  refuse({ width: 0, height: 6, data }, "0 x 6");
  refuse({ width: 1.5, height: 4, data }, "1.5 x 4");
  refuse({ width: 2, height: 2, data }, "4 grey values or 12 of red, green and blue; got 6");
  refuse({ width: 1, height: 2, data, palette: [[0, 0, 0]] }, "2 palette indices; got 6");
  refuse(
    { width: 2, height: 3, data: data.with(4, 1), palette: [[0, 0, 0]] },
    "Pixel 4 has the palette index 1",
  );
  const black = Array.from({ length: 257 }, (): Rgb => [0, 0, 0]);
  refuse({ width: 2, height: 3, data, palette: black }, "got 257");
});
