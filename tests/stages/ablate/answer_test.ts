/** The sentences on why LeNet-5 does better, and what turns each of them around. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { answer } from "../../../src/stages/ablate/answer.ts";
import { type Accuracies, findingsOf } from "../../../src/stages/ablate/findings.ts";
import { type Variant, variantNames } from "../../../src/stages/ablate/plan.ts";

/** Three seeds about a mean. */
const about = (mean: number) => [mean - 0.001, mean, mean + 0.001];

/** As one would expect it: convolutions help, by what is near. */
const expected: Readonly<Record<Variant, number>> = {
  "lenet5": 0.88,
  "mlp": 0.85,
  "mlp-multiplications": 0.855,
  "shuffled-lenet5": 0.84,
  "shuffled-mlp": 0.8501,
  "strides": 0.87,
  "average": 0.88,
  "frozen": 0.879,
  "one-convolution": 0.86,
  "kernels-3": 0.89,
};

interface Made {
  readonly variants?: Partial<Record<Variant, number>>;
  /** LeNet-5 and the perceptron by number of images. */
  readonly curve?: readonly (readonly [images: number, lenet5: number, mlp: number])[];
  /** Both, moved by two pixels. */
  readonly moved?: readonly [lenet5: number, mlp: number];
}

function accuracies({ variants = {}, curve, moved = [0.86, 0.7] }: Made): Accuracies {
  const means = { ...expected, ...variants };
  return {
    variants: new Map(variantNames.map((variant) => [variant, about(means[variant])])),
    curve: (curve ?? [[100, 0.8, 0.79], [1000, means.lenet5, means.mlp]]).map((
      [images, lenet5, mlp],
    ) => ({
      images,
      lenet5: about(lenet5),
      mlp: about(mlp),
    })),
    moved: [{ pixels: 2, lenet5: about(moved[0]), mlp: about(moved[1]) }],
  };
}

const answerTo = (made: Made) => answer(findingsOf(accuracies(made)));

/** One sentence for each question, in this order. */
const [BETTER, WORK, NEIGHBOURS, PARTS, IMAGES, MOVES, SUM] = [0, 1, 2, 3, 4, 5, 6];

function says(made: Made, sentence: number, ...words: string[]) {
  const sentences = answerTo(made);
  assertEquals(sentences.length, 7);
  for (const word of words) assertStringIncludes(sentences[sentence], word);
  for (const text of sentences) {
    assert(/^[A-Z*][^]*[.*]$/.test(text) && !/ {2}|NaN|undefined/.test(text), text);
  }
}

Deno.test("whether LeNet-5 does better than a perceptron with as many parameters turns with the numbers", () => {
  const interval = "[0.0277, 0.0323]";
  says({}, BETTER, `LeNet-5 does better than a perceptron`, `, by 0.0300 ${interval}.`);
  says(
    { variants: { mlp: 0.91 } },
    BETTER,
    "LeNet-5 does worse than a perceptron",
    ", by 0.0300 [",
  );
  says(
    { variants: { mlp: 0.8795 } },
    BETTER,
    "LeNet-5 is not told apart from a",
    " +0.0005 [-0.00",
  );
});

Deno.test("what its work explains turns with the numbers", () => {
  says({}, WORK, "It is not that it works more: it does better", ", too, by 0.0250 [");
  const as = (value: number) => ({ "mlp-multiplications": value });
  says({ variants: as(0.8802) }, WORK, "is not told apart", "it may be no more than the work");
  says({ variants: as(0.9) }, WORK, "does better than LeNet-5, by 0.0200 [");
  says({ variants: { mlp: 0.88, ...as(0.8802) } }, WORK, "is not told apart from it", ", either.");
  says({ variants: { mlp: 0.88 } }, WORK, "It does better than a", "multiplications, by 0.0250 [");
});

Deno.test("what shuffled pixels say turns with the numbers", () => {
  says({}, NEIGHBOURS, "LeNet-5 loses 0.0400 [", "all of its lead over the perceptron and more;");
  says({}, NEIGHBOURS, "; the perceptron, to which", "is not told apart from itself (+0.0001 [");
  const as = (lenet5: number, mlp = 0.85) => ({
    "shuffled-lenet5": lenet5,
    "shuffled-mlp": mlp,
  });
  says({ variants: as(0.865) }, NEIGHBOURS, "loses 0.0150 [", ", 50% of its lead over");
  says({ variants: as(0.84, 0.83) }, NEIGHBOURS, "; but the perceptron,", "as well, by -0.0200 [");
  says({ variants: as(0.8799) }, NEIGHBOURS, "It does without the neighbourhood", "(-0.0001 [");
  says({ variants: as(0.9) }, NEIGHBOURS, "With all pixels shuffled it does better, by 0.0200 [");
  const alike = answerTo({ variants: { mlp: 0.88, ...as(0.84, 0.88) } })[NEIGHBOURS];
  assert(!alike.includes("lead"), alike);
});

Deno.test("what each part is worth is told in order, and turns with the numbers", () => {
  says(
    {},
    PARTS,
    "accuracy is lost with one convolution in place of two (-0.0200 [",
    " and strides in place of pooling (-0.0100 [",
    "; accuracy is gained with kernels of 3 x 3 in place of 5 x 5 (+0.0100 [",
    "; no difference is told with a first convolution that stays as it was drawn (-0.0010 [",
    " and average in place of maximum pooling (0.0000 [",
  );
  const parts = ["strides", "average", "frozen", "one-convolution", "kernels-3"];
  const all = (mean: number) => Object.fromEntries(parts.map((part) => [part, mean]));
  const told = (mean: number) => answerTo({ variants: all(mean) })[PARTS];
  assert(/^As to its parts, no difference is told with [^;]+\.$/.test(told(0.88)), told(0.88));
  assert(/^As to its parts, accuracy is lost with [^;]+\.$/.test(told(0.8)), told(0.8));
  assert(/^As to its parts, accuracy is gained with [^;]+\.$/.test(told(0.9)), told(0.9));
});

Deno.test("what more images do turns with the numbers", () => {
  says({}, IMAGES, "grows with the number of images: +0.0100 [", "] with 100 images, +0.0300 [");
  const curve = (few: [number, number], many: [number, number]) => ({
    curve: [[100, ...few], [1000, 0.85, 0.8], [10_000, ...many]] as const,
  });
  says(curve([0.8, 0.7], [0.9, 0.89]), IMAGES, "shrinks with the number of images: +0.1000 [");
  says(curve([0.8, 0.7], [0.9, 0.8]), IMAGES, "is not told apart between few images and many");
  says(
    curve([0.8, 0.7], [0.9, 0.84]),
    IMAGES,
    "; with 1,000 images LeNet-5 is where the perceptron is",
  );
  says(
    curve([0.8, 0.7], [0.9, 0.89]),
    IMAGES,
    "; with fewer images than all of these, LeNet-5 does not",
  );
  says(
    curve([0.8, 0.7], [0.8, 0.9]),
    IMAGES,
    "; with none of these numbers of images does LeNet-5",
  );
});

Deno.test("what moved images cost turns with the numbers", () => {
  says({}, MOVES, "moved by 2 pixels LeNet-5 loses less than the perceptron: 0.0200 and 0.1500.");
  says({ moved: [0.7, 0.84] }, MOVES, "LeNet-5 loses more than the perceptron: 0.1800 and 0.0100.");
  says({ moved: [0.87, 0.84] }, MOVES, "what both lose is not told apart: 0.0100 and 0.0100.");
});

Deno.test("what it comes to follows from all of these", () => {
  const shuffled = (lenet5: number, mlp = 0.85) => ({
    "shuffled-lenet5": lenet5,
    "shuffled-mlp": mlp,
  });
  says(
    {},
    SUM,
    "improves the accuracy because its kernels take near pixels together**",
    "to learn.",
  );
  says({ variants: shuffled(0.87) }, SUM, "improves the accuracy, in part because its kernels");
  says(
    { variants: { "mlp-multiplications": 0.88 } },
    SUM,
    "; but a perceptron of as much work, and many more parameters, gets as far.",
  );
  for (const variants of [shuffled(0.88), shuffled(0.84, 0.8)]) {
    says(
      { variants },
      SUM,
      "**So LeNet-5 improves the accuracy**, but this experiment does not show",
    );
  }
  const none = "**So there is no improvement to explain here**";
  const even = (lenet5: number) => ({ mlp: 0.88, ...shuffled(lenet5, 0.88) });
  says({ variants: even(0.84) }, SUM, `${none}: LeNet-5 does use the neighbourhood`);
  says({ variants: even(0.88) }, SUM, `${none}: LeNet-5 gains nothing from the neighbourhood`);
  says({ variants: { ...even(0.84), "shuffled-mlp": 0.8 } }, SUM, `${none}.`);
  says(
    {
      variants: even(0.84),
      curve: [[100, 0.8, 0.8], [1000, 0.88, 0.88], [4000, 0.91, 0.89]],
    },
    SUM,
    `${none}, though there is one with 4,000 images: LeNet-5 does use`,
  );
});
