/** The form of images is measured on them. */
import { assert, assertEquals } from "@std/assert";
import { formOf, type ImageForm } from "../../src/data/form.ts";
import { boxOf, medianOf } from "../../src/data/ground.ts";
import { drawGarments } from "../../src/data/synthetic.ts";

/** Images of 10 x 8 with a rectangle of 6 x 3 on a ground, which one border pixel in eight leaves. */
function rectangles(ground: number, object: number, count = 5) {
  const data = new Uint8Array(count * 80).fill(ground);
  for (let n = 0; n < count; n++) {
    for (let y = 2; y < 8; y++) data.fill(object, n * 80 + y * 8 + 2, n * 80 + y * 8 + 5);
  }
  return { shape: [count, 10, 8, 1], data };
}

Deno.test("light objects on a dark ground: shade, border, centre and extent are those of the images", () => {
  const form = formOf(rectangles(10, 200), [12, 12], undefined);
  assertEquals(
    form,
    {
      image: [10, 8],
      size: [12, 12],
      channels: 1,
      ground: {
        shade: 10,
        plain: 1,
        border: 10,
        // Rows 2 to 7 and columns 2 to 5, of which 2 to 4 are the object's.
        centre: (18 * 200 + 6 * 10) / 24,
        extent: 0.6,
      },
    } satisfies ImageForm,
  );
});

Deno.test("dark objects on a light ground are told from the other way round by ground and centre", () => {
  const { ground } = formOf(rectangles(250, 30), [10, 8], undefined);
  assert(ground !== null && ground.centre < ground.shade);
  assertEquals([ground.shade, ground.extent], [250, 0.6]);
});

Deno.test("where borders are not plain, in colour, and where pictures are scaled, nothing is said of a ground", () => {
  const noise = {
    shape: [4, 8, 8, 1],
    data: Uint8Array.from({ length: 256 }, (_, i) => i * 37 % 256),
  };
  assertEquals(formOf(noise, [8, 8], undefined).ground, null);
  assertEquals(formOf(rectangles(0, 200), [10, 8], "fit"), {
    image: [10, 8],
    size: [10, 8],
    channels: 1,
    resize: "fit",
    ground: null,
  });
  const colour = { shape: [1, 8, 8, 3], data: new Uint8Array(192) };
  assertEquals(formOf(colour, [8, 8], undefined).ground, null);
});

Deno.test("blank images have no object, and so no ground", () => {
  assertEquals(formOf(rectangles(0, 0), [10, 8], undefined).ground, null);
});

Deno.test("drawn garments are light on dark", () => {
  const { ground } = formOf(drawGarments(50, 3).images, [32, 32], undefined);
  assert(ground !== null && ground.shade === 0 && ground.centre > 50);
});

Deno.test("a median is the middle one of bytes, and a box holds what stands out often enough", () => {
  assertEquals(medianOf([0, 2, 0, 1, 1]), 1);
  assertEquals(medianOf([1, 0, 0, 1, 1]), 3);
  const at = new Set([9, 10, 11, 17, 18, 19, 39]);
  assertEquals(boxOf(5, 8, (place) => at.has(place)), { top: 1, left: 1, bottom: 5, right: 8 });
  assertEquals(boxOf(5, 8, (place) => at.has(place), 2), { top: 1, left: 1, bottom: 3, right: 4 });
  assertEquals(boxOf(5, 8, () => false), undefined);
});
