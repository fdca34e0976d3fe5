/**
 * Drawn garments: a stand-in for Fashion-MNIST on machines that have no data, and for tests. Ten
 * silhouettes with its classes and size, varied in proportions, place, brightness, pattern and noise.
 * Results on them say nothing about Fashion-MNIST.
 *
 * Only additions, multiplications, divisions and roundings are used, so a seed gives the same bytes
 * on every machine.
 *
 * @module
 */
import { permutation, type RandomState, randomState } from "../random.ts";
import type { LabelledImages } from "./dataset.ts";

/** Height and width of an image. */
const SIDE = 28;
/** A garment's middle, from the left. */
const MIDDLE = SIDE / 2;
/** Lines of coverage counted in each row of pixels. */
const LINES = 4;

/** `[x, y]` in pixels from the top left corner. */
type Point = readonly [x: number, y: number];

/** What a garment is drawn with. */
interface Pen {
  /** A number between `low` and `high`. */
  between(low: number, high: number): number;
  /** True in this share of the garments. */
  chance(share: number): boolean;
  /** Fills a polygon; `tone` is its brightness relative to the cloth, 1 if omitted, and 0 cuts a hole. */
  fill(outline: readonly Point[], tone?: number): void;
}

/**
 * Draws `count` garments, as many of each class as of the others (to within one), in random order:
 * images `[count, 28, 28, 1]`, labels `[count]` as Fashion-MNIST numbers them, 0 T-shirt/top to 9 ankle boot.
 *
 * @param seed an integer in [0, 2^32)
 */
export function drawGarments(count: number, seed: number): LabelledImages {
  const labels = Uint8Array.from(permutation(seed, count), (place) => place % garments.length);
  const random = randomState(seed);
  const data = new Uint8Array(count * SIDE * SIDE);
  for (let i = 0; i < count; i++) {
    data.set(drawGarment(garments[labels[i]], random), i * SIDE * SIDE);
  }
  return {
    images: { shape: [count, SIDE, SIDE, 1], data },
    labels: { shape: [count], data: labels },
  };
}

function drawGarment(garment: (pen: Pen) => void, random: RandomState): Uint8Array {
  const between = (low: number, high: number) => low + (high - low) * random.float64();
  const chance = (share: number) => random.float64() < share;

  // Where and how large: the garment's own proportions vary inside `garment`.
  const [scaleX, scaleY] = [between(0.86, 1.06), between(0.88, 1.04)];
  const [moveX, moveY] = [between(-1.3, 1.3), between(-1, 1)];
  const lean = between(-0.07, 0.07);
  const place = ([x, y]: Point): Point => [
    MIDDLE + moveX + scaleX * (x - MIDDLE) + lean * (y - MIDDLE),
    MIDDLE + moveY + scaleY * (y - MIDDLE),
  ];

  const tones = new Float64Array(SIDE * SIDE);
  const fill = (outline: readonly Point[], tone = 1) =>
    fillPolygon(tones, outline.map(place), tone);
  garment({ between, chance, fill });

  // Cloth: how bright, lit from where, with which pattern, and how rough.
  const brightness = between(70, 235);
  const [lightX, lightY] = [between(-0.012, 0.012), between(-0.008, 0.008)];
  const pattern = drawPattern(between, chance);
  const roughness = between(4, 26);
  return Uint8Array.from(tones, (tone, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const light = 1 + lightX * (x - MIDDLE) + lightY * (y - MIDDLE);
    const noise = roughness * (random.float64() + random.float64() - 1);
    if (tone < 0.04) return 0;
    const value = brightness * tone * light * pattern(x, y) + noise;
    return Math.max(0, Math.min(255, Math.round(value)));
  });
}

/** A pattern of the cloth, as a factor for every pixel: plain for most, stripes or checks for some. */
function drawPattern(
  between: Pen["between"],
  chance: Pen["chance"],
): (x: number, y: number) => number {
  const dark = between(0.55, 0.85);
  const period = Math.floor(between(3, 7));
  const band = (at: number) => at % period < period / 2 ? 1 : dark;
  if (chance(0.7)) return () => 1;
  if (chance(0.5)) return (_, y) => band(y);
  if (chance(0.5)) return (x) => band(x);
  return (x, y) => (band(x) + band(y)) / 2;
}

/** Blends a polygon (even-odd) into `tones` by the share of each pixel that it covers. */
function fillPolygon(tones: Float64Array, points: readonly Point[], tone: number): void {
  const cover = new Float64Array(SIDE);
  for (let row = 0; row < SIDE; row++) {
    cover.fill(0);
    for (let line = 0; line < LINES; line++) {
      const y = row + (line + 0.5) / LINES;
      const crossings: number[] = [];
      points.forEach(([x1, y1], i) => {
        const [x0, y0] = points[i === 0 ? points.length - 1 : i - 1];
        if ((y0 <= y) !== (y1 <= y)) crossings.push(x0 + (x1 - x0) * ((y - y0) / (y1 - y0)));
      });
      crossings.sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(0, crossings[i]);
        const to = Math.min(SIDE, crossings[i + 1]);
        for (let x = Math.floor(from); x < to; x++) {
          cover[x] += (Math.min(x + 1, to) - Math.max(x, from)) / LINES;
        }
      }
    }
    for (let x = 0; x < SIDE; x++) {
      const at = row * SIDE + x;
      tones[at] += (tone - tones[at]) * cover[x];
    }
  }
}

/** The outline of which `right` is the right half, from top to bottom; x counts from the middle. */
function symmetric(right: readonly Point[]): Point[] {
  return [
    ...right.map(([x, y]): Point => [MIDDLE + x, y]),
    ...right.toReversed().map(([x, y]): Point => [MIDDLE - x, y]),
  ];
}

/** Points on the quadratic Bézier curve from `a` to `c` with the control point `b`. */
function curve(a: Point, b: Point, c: Point): Point[] {
  return Array.from({ length: 9 }, (_, i) => {
    const t = i / 8;
    const mix = (k: 0 | 1) => (1 - t) * (1 - t) * a[k] + 2 * t * (1 - t) * b[k] + t * t * c[k];
    return [mix(0), mix(1)];
  });
}

/** An upright rectangle. */
function box(left: number, top: number, right: number, bottom: number): Point[] {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** How an upper garment is cut. All but the sleeve's length in pixels; x from the middle. */
interface Cut {
  readonly top: number;
  readonly hem: number;
  readonly shoulder: number;
  readonly chest: number;
  readonly hip: number;
  readonly neck: number;
  readonly neckDepth: number;
  /** 0 for none, 1 for down to the hem. */
  readonly sleeve: number;
}

/** Body, sleeves and neckline of an upper garment. */
function drawTop({ fill, between }: Pen, cut: Cut): void {
  const { top, hem, shoulder, chest, hip, neck, neckDepth, sleeve } = cut;
  const armpit = top + between(6.5, 8);
  fill(symmetric([[neck, top], [shoulder, top + 1.6], [chest, armpit], [
    (chest + hip) / 2 - between(0, 0.7),
    (armpit + hem) / 2,
  ], [hip, hem]]));
  if (sleeve > 0) {
    // From the shoulder outwards and down; long sleeves hang steeper.
    const length = sleeve * (hem - top - 2);
    const out = shoulder + between(3, 4.4) - 0.6 * sleeve + (sleeve < 0.5 ? 1 : 0);
    const cuff = between(2.3, 3.2);
    const end = top + 3 + length;
    for (const side of [-1, 1]) {
      fill(
        ([
          [shoulder - 1.5, top + 0.8],
          [shoulder + 0.4, top + 1.8],
          [out, end - (sleeve < 0.5 ? 1.6 : 0.3)],
          [out - cuff, end],
          [chest - 0.5, armpit + 0.5],
          [chest - 1.5, top + 4],
        ] as Point[]).map(([x, y]): Point => [MIDDLE + side * x, y]),
        between(0.86, 1.02),
      );
    }
  }
  // The neckline is cut out of what there is.
  fill(
    curve([MIDDLE - neck, top - 0.5], [MIDDLE, top + 2 * neckDepth], [MIDDLE + neck, top - 0.5]),
    0,
  );
}

/** Buttons, or a zip where there is no room between them, from `top` down to `hem`. */
function drawFront({ fill, between }: Pen, top: number, hem: number, tone: number): void {
  const step = between(2.2, 3.6);
  const half = between(0.35, 0.6);
  for (let y = top; y < hem - 1; y += step) {
    fill(box(MIDDLE - half, y, MIDDLE + half, y + 1.1), tone);
  }
}

/** One function a class, in the order of the labels. Toes point to the left, as Fashion-MNIST has them. */
const garments: readonly ((pen: Pen) => void)[] = [
  /** T-shirt/top */
  (pen) => {
    const { between, chance, fill } = pen;
    const chest = between(5.8, 7.4);
    const [top, hem] = [between(2, 4), between(23, 26)];
    drawTop(pen, {
      top,
      hem,
      shoulder: chest + between(-0.6, 0.8),
      chest,
      hip: chest + between(-0.7, 0.7),
      neck: between(2.4, 3.8),
      neckDepth: between(0.8, 2.2),
      sleeve: between(0.16, 0.34),
    });
    if (chance(0.35)) {
      const [half, y] = [between(1.5, 3.5), top + between(6, 9)];
      fill(box(MIDDLE - half, y, MIDDLE + half, y + between(2, 5)), between(0.4, 1.5));
    }
  },

  /** Trouser */
  ({ between, fill }) => {
    const [waist, hip] = [between(3.2, 4.4), between(4.2, 5.6)];
    const [crotch, end] = [between(8, 11), between(25.5, 27.5)];
    const [outer, inner] = [between(3.6, 5.8), between(0.5, 1.6)];
    fill(symmetric([[waist, 1], [hip, 6], [outer, end]]));
    fill([[MIDDLE, crotch], [MIDDLE + inner, end + 1], [MIDDLE - inner, end + 1]], 0);
    fill(box(MIDDLE - waist, 1, MIDDLE + waist, 2.2), between(0.7, 1.2));
    fill(box(MIDDLE - 0.25, 2.2, MIDDLE + 0.25, crotch), between(0.7, 0.95));
  },

  /** Pullover */
  (pen) => {
    const { between, chance, fill } = pen;
    const chest = between(5.8, 7.2);
    const [top, hem] = [between(2, 3.5), between(22.5, 26)];
    const hip = chest + between(-0.8, 0.5);
    drawTop(pen, {
      top,
      hem,
      shoulder: chest + between(-0.7, 0.5),
      chest,
      hip,
      neck: between(2, 3.2),
      neckDepth: between(0.3, 1.2),
      sleeve: between(0.78, 1),
    });
    if (chance(0.6)) fill(box(MIDDLE - hip, hem - 1.8, MIDDLE + hip, hem), between(0.75, 0.9));
    if (chance(0.25)) {
      const y = top + between(7, 10);
      fill(box(MIDDLE - chest + 1, y, MIDDLE + chest - 1, y + between(1.5, 4)), between(0.5, 1.4));
    }
  },

  /** Dress */
  (pen) => {
    const { between, chance } = pen;
    const chest = between(3.4, 4.8);
    const [top, hem] = [between(0.8, 2.5), between(25.5, 27.5)];
    const waist = chest - between(0.2, 1.2);
    const [waistline, flare] = [between(10, 13), between(4.4, 8.2)];
    drawTop(pen, {
      top,
      hem: waistline,
      shoulder: chest + between(-1, 0.4),
      chest,
      hip: waist,
      neck: between(1.4, 2.8),
      neckDepth: between(0.8, 2.6),
      sleeve: chance(0.6) ? 0 : between(0.3, 0.9),
    });
    pen.fill([
      ...curve(
        [MIDDLE + waist, waistline - 0.5],
        [MIDDLE + waist + between(0, 1), between(17, 21)],
        [MIDDLE + flare, hem],
      ),
      ...curve(
        [MIDDLE - flare, hem],
        [MIDDLE - waist - between(0, 1), between(17, 21)],
        [MIDDLE - waist, waistline - 0.5],
      ),
    ], between(0.9, 1.05));
    if (chance(0.4)) {
      pen.fill(
        box(MIDDLE - waist, waistline - 1, MIDDLE + waist, waistline + 0.4),
        between(0.5, 1.3),
      );
    }
  },

  /** Coat */
  (pen) => {
    const { between, chance, fill } = pen;
    const chest = between(5.6, 7);
    const [top, hem] = [between(1, 2.5), between(25, 27.5)];
    drawTop(pen, {
      top,
      hem,
      shoulder: chest + between(-0.6, 0.5),
      chest,
      hip: chest + between(-0.3, 1.2),
      neck: between(1.8, 2.8),
      neckDepth: between(0.3, 1),
      sleeve: between(0.76, 0.95),
    });
    // Lapels, then the opening between the halves.
    const lapel = top + between(4, 9);
    fill([[MIDDLE - 2.2, top], [MIDDLE + 2.2, top], [MIDDLE, lapel]], between(0.45, 0.85));
    const half = between(0.25, 0.6);
    fill(
      box(MIDDLE - half, top + 2, MIDDLE + half, hem + 0.5),
      chance(0.4) ? 0.1 : between(0.4, 0.8),
    );
    if (chance(0.4)) {
      const y = between(16, 19);
      for (const side of [-1, 1]) {
        const [a, b] = [MIDDLE + side * 2, MIDDLE + side * (chest - 1)];
        fill(box(Math.min(a, b), y, Math.max(a, b), y + 1), between(0.6, 0.85));
      }
    }
  },

  /** Sandal */
  ({ between, chance, fill }) => {
    const heel = chance(0.45) ? between(2, 7) : between(0, 1);
    const ground = between(20, 22.5);
    const [toe, back] = [between(1.5, 3), between(24.5, 26.5)];
    const sole = between(1, 2);
    // Height of the sole's upper side: level under the toes, rising to the heel.
    const floor = (x: number) => {
      const t = (x - toe) / (back - toe);
      return ground - sole - heel * t * t;
    };
    // Over the toes a dome of cloth, slit into straps in most.
    const [rise, length] = [between(3.3, 5.5), between(8.5, 12.5)];
    const front = toe + between(1, 2.5);
    fill(
      curve([front, floor(front)], [front + between(3, 6), floor(front) - 2 * rise], [
        front + length,
        floor(front + length) + 0.5,
      ]),
      between(0.8, 1.2),
    );
    const slits = chance(0.3) ? 0 : chance(0.5) ? 1 : 2;
    const width = between(1, 1.8);
    for (let i = 1; i <= slits; i++) {
      const x = front + (length * i) / (slits + 1);
      fill([[x - 1, floor(x)], [x + 1.5, 0], [x + 1.5 + width, 0], [x - 1 + width, floor(x)]], 0);
    }
    // Around the ankle a band, from the heel forwards, and on down to the toes.
    const ankle = floor(back) - between(5, 10);
    const band = between(1, 1.8);
    const forward = back - between(6, 9);
    if (chance(0.75)) {
      const tone = between(0.75, 1.1);
      const thick = between(1.6, 3.4);
      fill([[back - thick, floor(back - thick) + 0.3], [back - thick, ankle], [
        back - 0.6,
        ankle - 0.4,
      ], [back, floor(back) + 0.3]], tone);
      fill([[forward, ankle + 0.6], [back - 1, ankle], [back - 1, ankle + band], [
        forward,
        ankle + band + 0.6,
      ]], tone);
      const x = front + 0.55 * length;
      const y = floor(x) - 0.75 * rise;
      fill([
        [forward, ankle + 0.6],
        [forward + band + 0.6, ankle + 0.6],
        [x + band + 0.6, y + 1],
        [x - 0.3, y],
      ], tone);
    }
    fill([
      ...curve([toe, floor(toe)], [(toe + back) / 2, floor(toe)], [back, floor(back)]),
      ...curve([back, floor(back) + sole], [(toe + back) / 2, ground], [toe + 0.4, ground]),
    ], between(0.7, 1.2));
    if (heel > 1.5) {
      const high = floor(back) + sole - 0.4;
      fill([[back - 3, high], [back, high], [back - 0.5, ground], [back - 1.8, ground]]);
    }
  },

  /** Shirt */
  (pen) => {
    const { between, chance, fill } = pen;
    const chest = between(5.6, 7.2);
    const [top, hem] = [between(1.8, 3.5), between(23.5, 26.5)];
    drawTop(pen, {
      top,
      hem,
      shoulder: chest + between(-0.6, 0.6),
      chest,
      hip: chest + between(-0.6, 0.8),
      neck: between(2, 3.2),
      neckDepth: between(0.6, 1.8),
      sleeve: chance(0.35) ? between(0.2, 0.4) : between(0.7, 0.95),
    });
    for (const side of [-1, 1]) {
      fill([[MIDDLE + side * 0.3, top + 1.6], [MIDDLE + side * 2.6, top - 0.8], [
        MIDDLE + side * 3.2,
        top + 2.2,
      ]], between(0.8, 1.35));
    }
    if (chance(0.85)) drawFront(pen, top + 3, hem, between(0.4, 0.75));
    if (chance(0.35)) {
      fill(box(MIDDLE + 1.8, top + 6, MIDDLE + 4.6, top + 9), between(0.75, 1.2));
    }
  },

  /** Sneaker */
  ({ between, chance, fill }) => {
    const ground = between(19.5, 21.5);
    const [toe, back] = [between(1, 2.5), between(25, 27)];
    const sole = between(1.3, 2.4);
    const [low, high] = [between(2.5, 4), between(6.5, 9.5)];
    const opening = between(15, 18);
    const base = ground - sole;
    fill([
      ...curve([toe, base], [toe, base - low], [toe + 4.5, base - low - 0.6]),
      ...curve([toe + 5, base - low - 0.8], [opening - 3, base - low - 2], [opening, base - high]),
      [opening + 2.2, base - high + 1.2],
      ...curve([back - 3.2, base - high + 1], [back - 1, base - high], [
        back - 0.5,
        base - high - 0.2,
      ]),
      ...curve([back - 0.3, base - high / 2], [back + 0.2, base - 2], [back, base]),
    ]);
    fill(
      [[toe - 0.3, base - 0.2], [back + 0.3, base - 0.2], [back, ground], [toe + 0.8, ground]],
      between(0.5, 1.5),
    );
    if (chance(0.6)) {
      const x = between(10, 16);
      fill([[x, base - 1], [x + between(3, 6), base - high + 3], [x + 7, base - high + 3], [
        x + 2,
        base - 0.6,
      ]], between(0.5, 1.4));
    }
    for (let i = 0; i < 3; i++) {
      const x = opening - 1.4 - 1.9 * i;
      const y = base - high + 1.2 + 1.5 * i;
      fill(box(x, y, x + 1, y + 1.2), between(0.5, 1.4));
    }
  },

  /** Bag */
  ({ between, chance, fill }) => {
    const [top, bottom] = [between(9, 13), between(22, 26)];
    const [half, wider] = [between(8, 12), between(-1.5, 1.5)];
    const [grip, height, thick] = [between(3, 7), between(4, 9), between(0.8, 1.7)];
    if (chance(0.85)) {
      // A curve with its control point at `y` rises half the way there.
      const y = top - 2 * height;
      fill(
        curve([MIDDLE - grip, top + 1], [MIDDLE, y], [MIDDLE + grip, top + 1]),
        between(0.75, 1.1),
      );
      fill(
        curve([MIDDLE - grip + thick, top + 1.2], [MIDDLE, y + 2.2 * thick], [
          MIDDLE + grip - thick,
          top + 1.2,
        ]),
        0,
      );
    }
    fill(symmetric([[half - 1, top], [half, top + 1.2], [half + wider, bottom - 1], [
      half + wider - 1,
      bottom,
    ]]));
    if (chance(0.6)) {
      const flap = top + between(3, 7);
      fill(
        [[MIDDLE - half, top + 0.5], [MIDDLE + half, top + 0.5], [MIDDLE + half - 2, flap], [
          MIDDLE - half + 2,
          flap,
        ]],
        between(0.7, 1.2),
      );
      fill(box(MIDDLE - 1, flap - 1, MIDDLE + 1, flap + 1), between(0.3, 1.6));
    }
  },

  /** Ankle boot */
  ({ between, chance, fill }) => {
    const ground = between(22.5, 25.5);
    const sole = between(1, 2);
    const heel = chance(0.45) ? between(1.5, 4) : 0;
    const [toe, back] = [between(1, 3), between(22.5, 25)];
    const [low, high] = [between(3, 4.5), between(11, 18)];
    const shaft = between(11.5, 14);
    const base = ground - sole;
    fill([
      ...curve([toe, base], [toe, base - low], [toe + 4.5, base - low - 0.6]),
      ...curve([toe + 5, base - low - 0.8], [shaft - 1, base - low - 1.6], [shaft, base - low - 5]),
      [shaft - between(0, 0.8), base - heel - high],
      [back + between(-0.8, 0.5), base - heel - high + between(-1, 0.6)],
      ...curve([back - 0.6, base - heel - high / 2], [back + 0.4, base - heel - 3], [
        back,
        base - heel,
      ]),
      [back, base],
    ]);
    fill([[toe - 0.2, base - 0.2], [back + 0.2, base - 0.2], [back + 0.2, ground], [
      toe + 0.6,
      ground,
    ]], between(0.5, 1.2));
    if (heel > 0) {
      fill([[between(12.5, 14.5), ground + 0.3], [back - between(3, 5), base - heel + 1], [
        back - between(2.5, 4),
        ground + 0.3,
      ]], 0);
    }
    if (chance(0.4)) {
      fill(
        box(
          shaft + between(2, 5),
          base - heel - high + 1.5,
          shaft + between(6, 7.5),
          base - heel - 4,
        ),
        between(0.6, 0.9),
      );
    }
  },
];
