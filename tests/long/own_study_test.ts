/**
 * What `docs/your-own-study.md` says, done to the letter with images that a newcomer might have: from
 * the data to a report that holds.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { encode } from "fast-png";
import { dirname, join } from "node:path";
import { isReady } from "../../src/runtime/choice.ts";
import { randomState } from "../../src/random.ts";
import { replacing, withCopy } from "../support/copy.ts";
import { gzip, idx, npy, npz } from "../support/data_files.ts";

const guide = await Deno.readTextFile(new URL("../../docs/your-own-study.md", import.meta.url));

/** The guide's blocks of a language, in order. */
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(([, text]) =>
    text.trim()
  );

/**
 * Images of some classes: each a pattern of its class, as dark as it comes, and noise.
 *
 * @param sizes how many images each class has
 * @returns the images of each class, each `height * width * channels` bytes
 */
function drawn(
  sizes: readonly number[],
  [height, width, channels]: readonly [number, number, number],
): Uint8Array[][] {
  const random = randomState(7);
  // Patches of four pixels a side, so that convolutions see something.
  const across = Math.ceil(width / 4);
  return sizes.map((size) => {
    const patches = Array.from(
      { length: Math.ceil(height / 4) * across * channels },
      () => random.interval(1) * 150,
    );
    return Array.from({ length: size }, () => {
      const bytes = new Uint8Array(height * width * channels);
      const dark = random.interval(40);
      for (let i = 0; i < bytes.length; i++) {
        const [y, x, channel] = [
          Math.floor(i / (width * channels)),
          Math.floor(i / channels) % width,
          i % channels,
        ];
        const patch = patches[((y >> 2) * across + (x >> 2)) * channels + channel];
        bytes[i] = patch + dark + random.interval(60);
      }
      return bytes;
    });
  });
}

/** Images of all classes by turns, with their labels. */
function mixed(classes: readonly (readonly Uint8Array[])[]) {
  const all = classes.flatMap((images, label) => images.map((bytes, i) => ({ bytes, label, i })))
    .sort((a, b) => a.i - b.i || a.label - b.label);
  const bytes = new Uint8Array(all.length * all[0].bytes.length);
  all.forEach(({ bytes: image }, i) => bytes.set(image, i * image.length));
  return { count: all.length, bytes, labels: all.map(({ label }) => label) };
}

/** Data that a newcomer might have: how they are written, what they are called, what is said of them. */
const data: Record<string, {
  write(folder: string): Promise<string>;
  readonly found: RegExp[];
  readonly page: RegExp[];
}> = {
  "pictures in colour, 40 x 24, five classes of 50 to 500, no test part": {
    async write(folder) {
      const names = ["apples", "pears", "plums", "quinces", "sloes"];
      const classes = drawn([500, 350, 200, 100, 50], [40, 24, 3]);
      for (const [label, name] of names.entries()) {
        for (const [i, data] of classes[label].entries()) {
          const path = join(folder, "pictures", name, `${String(i).padStart(4, "0")}.png`);
          await Deno.mkdir(dirname(path), { recursive: true });
          await Deno.writeFile(path, encode({ width: 24, height: 40, channels: 3, data }));
        }
      }
      return "pictures";
    },
    found: [
      /^pictures: pictures, 1,200 images, 40 x 24 pixels, in colour, 5 classes\.$/m,
      /^ {2}sloes: 50$/m,
      /^There is no test part: a fifth of each class is split off\.$/m,
    ],
    page: [
      /1,200 rows and 2,881 columns/,
      /\| test +\| \[240, 40, 32, 3\] +\|/,
      /padded with zeros/,
      /\| sloes +\| +1\.0000 \|/,
    ],
  },
  "IDX of 47 classes, with a test part": {
    async write(folder) {
      const classes = drawn(new Array(47).fill(30), [28, 28, 1]);
      const parts = {
        train: mixed(classes.map((images) => images.slice(0, 24))),
        t10k: mixed(classes.map((images) => images.slice(24))),
      };
      await Deno.mkdir(join(folder, "letters"));
      for (const [name, { count, bytes, labels }] of Object.entries(parts)) {
        const path = (what: string) => join(folder, "letters", `${name}-${what}-ubyte.gz`);
        await Deno.writeFile(path("images-idx3"), gzip(idx([count, 28, 28], bytes)));
        await Deno.writeFile(path("labels-idx1"), gzip(idx([count], labels)));
      }
      return "letters";
    },
    found: [
      /^letters: idx, 1,128 images to learn from and 282 to test with, 28 x 28 pixels, grey, 47 classes\.$/m,
      /^ {2}46: 24 and 6$/m,
      /^No image to test with is one to learn from, too\.$/m,
    ],
    page: [
      /1,128 rows and 785 columns/,
      /47 classes/,
      /\| test +\| \[282, 32, 32, 1\] +\|/,
    ],
  },
  "NPZ of 28 x 28 with Keras's names": {
    async write(folder) {
      const classes = drawn([120, 120, 120], [28, 28, 1]);
      const [train, test] = [[0, 100], [100, 120]].map(([from, to]) =>
        mixed(classes.map((images) => images.slice(from, to)))
      );
      const images = ({ count, bytes }: typeof train) => npy("|u1", [count, 28, 28], bytes);
      const labels = ({ count, labels }: typeof train) =>
        npy("<i8", [count, 1], labels.flatMap((label) => [label, 0, 0, 0, 0, 0, 0, 0]));
      await npz(join(folder, "shapes.npz"), {
        x_train: images(train),
        y_train: labels(train),
        x_test: images(test),
        y_test: labels(test),
      });
      return "shapes.npz";
    },
    found: [
      /^shapes: numpy, 300 images to learn from and 60 to test with, 28 x 28 pixels, grey, 3 classes\.$/m,
    ],
    page: [/300 rows and 785 columns/, /\| test +\| \[60, 32, 32, 1\] +\|/],
  },
};

for (const [name, { write, found, page }] of Object.entries(data)) {
  Deno.test(`the guide leads to a report: ${name}`, {
    ignore: !await isReady("tensorflow"),
  }, () =>
    withCopy(async (copy) => {
      const path = await write(copy.path("."));
      const commands = blocks("sh").map((command) =>
        command.replace("--data=pictures", `--data=${path}`)
      );
      const [threshold] = blocks("ts");
      const outputs: string[] = [];
      for (const command of commands) {
        assertMatch(command, /^deno task \w+ [^\n]+$/);
        const [, ...args] = command.split(" ");
        const { success, stdout, stderr } = await copy.deno(...args);
        assert(success, `${command}\n${stdout}\n${stderr}`);
        outputs.push(stdout);
        // As the third step has it.
        if (args[1] === "new") {
          await copy.write("studies/mine/study.ts", replacing("thresholds: {},", threshold));
        }
      }
      for (const line of found) assertMatch(outputs[0], line);
      assertMatch(outputs.at(-1)!, /^\d+ ok, 0 differ, \d+ not checked\.$/m);
      const again = await copy.deno("task", "-q", "status", "--check", "--study=studies/mine");
      assert(again.success, again.stdout);
      const report = await Deno.readTextFile(copy.path("studies/mine/report.md"));
      for (const line of page) assertMatch(report, line);
      assertMatch(report, /at least 0\.8000/);
      // What was not asked for, or belongs to another study.
      const strange = /original|Fashion|synthetic|How pixels go together|undefined|NaN/i;
      assertEquals(strange.exec(report)?.[0], undefined);
    }));
}
