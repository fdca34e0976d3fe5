/** Why LeNet-5 does better, if it does: in sentences that follow from the findings. @module */
import { count, counted, decimal, listed, signed, withInterval } from "../../report/markdown.ts";
import type { Compared, Findings } from "./findings.ts";
import type { Variant } from "./plan.ts";

/** Variants as parts that were taken away or changed. */
const parts = {
  "strides": "strides in place of pooling",
  "average": "average in place of maximum pooling",
  "frozen": "a first convolution that stays as it was drawn",
  "one-convolution": "one convolution in place of two",
  "kernels-3": "kernels of 3 x 3 in place of 5 x 5",
} as const satisfies { readonly [V in Variant]?: string };

const partNames = ["strides", "average", "frozen", "one-convolution", "kernels-3"] as const;

/** A difference with its interval. */
const by = ({ value, low, high }: Compared) => withInterval(value, [low, high], signed);
/** The same from the other side. */
const turned = ({ value, low, high }: Compared) => withInterval(-value, [-high, -low], signed);
/** How large it is, where words say which way it goes. */
const size = ({ value, low, high }: Compared) =>
  value < 0 ? withInterval(-value, [-high, -low]) : withInterval(value, [low, high]);

/** The paragraph, sentence by sentence. */
export function answer(findings: Findings): string[] {
  const of = (variant: Variant) => findings.comparisons.get(variant)!;
  return [
    better(of("mlp")),
    work(of("mlp"), of("mlp-multiplications")),
    neighbours(of("mlp"), of("shuffled-lenet5"), of("shuffled-mlp")),
    partsOf(of),
    images(findings),
    moves(findings),
    sum(of, findings.leads),
  ];
}

/** The paragraph in short: whether there is anything to explain, and what explains it. */
export function inShort(findings: Findings): string {
  const of = (variant: Variant) => findings.comparisons.get(variant)!;
  return `${better(of("mlp"))} ${sum(of, findings.leads)}`;
}

/** Whether there is anything to explain. `mlp` is the perceptron against LeNet-5. */
const better = (mlp: Compared) => ({
  less: `LeNet-5 does better than a perceptron with as many parameters, by ${size(mlp)}.`,
  more: `LeNet-5 does worse than a perceptron with as many parameters, by ${size(mlp)}.`,
  alike: `LeNet-5 is not told apart from a perceptron with as many parameters: the difference of ` +
    `${turned(mlp)} is within the spread of seeds.`,
}[mlp.verdict]);

/** Whether the work that it does explains it. */
function work(mlp: Compared, multiplications: Compared): string {
  const leads = mlp.verdict === "less";
  return {
    less: leads
      ? `It is not that it works more: it does better than a perceptron with as many ` +
        `multiplications, too, by ${size(multiplications)}.`
      : `It does better than a perceptron with as many multiplications, by ` +
        `${size(multiplications)}.`,
    more: `A perceptron with as many multiplications does better than LeNet-5, by ` +
      `${size(multiplications)}.`,
    alike: `A perceptron with as many multiplications is not told apart from it ` +
      `(${turned(multiplications)})` +
      (leads ? `, so that it may be no more than the work that it does.` : `, either.`),
  }[multiplications.verdict];
}

/** Whether it needs pixels beside those that they belong to. */
function neighbours(mlp: Compared, lenet5: Compared, control: Compared): string {
  if (lenet5.verdict === "alike") {
    return `It does without the neighbourhood of pixels: with all pixels shuffled it is not told apart ` +
      `from itself (${by(lenet5)}).`;
  }
  if (lenet5.verdict === "more") {
    return `With all pixels shuffled it does better, by ${size(lenet5)}, so that ` +
      `their neighbourhood does not help it.`;
  }
  const ratio = lenet5.value / mlp.value;
  const share = mlp.verdict !== "less"
    ? ""
    : ratio < 1
    ? `, ${decimal(100 * ratio, 0)}% of its lead over the perceptron`
    : `, all of its lead over the perceptron and more`;
  const lost = `With all pixels shuffled, so that kernels see no neighbours, LeNet-5 loses ` +
    `${size(lenet5)}${share}`;
  return control.verdict === "alike"
    ? `${lost}; the perceptron, to which the order of pixels is nothing, is not told apart from ` +
      `itself (${by(control)}).`
    : `${lost}; but the perceptron, to which the order of pixels should be nothing, changes as well, ` +
      `by ${by(control)}, so that shuffling does more than it was meant to.`;
}

/** Which parts it needs. */
function partsOf(of: (variant: Variant) => Compared): string {
  const kinds = {
    less: "accuracy is lost with",
    more: "accuracy is gained with",
    alike: "no difference is told with",
  };
  const told = (["less", "more", "alike"] as const).flatMap((verdict) => {
    const named = partNames.filter((name) => of(name).verdict === verdict)
      .toSorted((a, b) => Math.abs(of(b).value) - Math.abs(of(a).value))
      .map((name) => `${parts[name]} (${by(of(name))})`);
    return named.length === 0 ? [] : [`${kinds[verdict]} ${listed(named)}`];
  });
  return `As to its parts, ${told.join("; ")}.`;
}

/** What more images do to its lead. */
function images({ leads, growth, enough }: Findings): string {
  const [fewest, most] = [leads[0], leads[leads.length - 1]];
  const course = {
    more: "grows with the number of images",
    less: "shrinks with the number of images",
    alike: "is not told apart between few images and many",
  }[growth.verdict];
  const reached = enough === undefined
    ? `with none of these numbers of images does LeNet-5 reach what the perceptron reaches with ` +
      `${count(most.images)}`
    : enough < most.images
    ? `with ${counted(enough, "image")} LeNet-5 is where the perceptron is with ${
      count(most.images)
    }`
    : `with fewer images than all of these, LeNet-5 does not reach what the perceptron reaches`;
  return `Its lead over the perceptron ${course}: ${by(fewest)} with ${
    counted(fewest.images, "image")
  }, ${by(most)} with ${count(most.images)}; ${reached}.`;
}

/** Whether it bears images that lie elsewhere. */
function moves({ losses: { pixels, lenet5, mlp }, sensitivity }: Findings): string {
  const course = {
    more: "LeNet-5 loses more than the perceptron",
    less: "LeNet-5 loses less than the perceptron",
    alike: "what both lose is not told apart",
  }[sensitivity.verdict];
  return `On test images moved by ${counted(pixels, "pixel")} ${course}: ${decimal(lenet5)} and ` +
    `${decimal(mlp)}.`;
}

/** What it comes to. */
function sum(of: (variant: Variant) => Compared, leadsOf: Findings["leads"]): string {
  const [mlp, shuffled] = [of("mlp"), of("shuffled-lenet5")];
  const leads = mlp.verdict === "less";
  const uses = shuffled.verdict === "less" && of("shuffled-mlp").verdict === "alike";
  if (!leads) {
    const most = leadsOf[leadsOf.length - 1];
    return `**So there is no improvement to explain here**` +
      (most.verdict === "more" ? `, though there is one with ${count(most.images)} images` : "") +
      (uses
        ? `: LeNet-5 does use the neighbourhood of pixels, but a perceptron does without.`
        : shuffled.verdict === "less"
        ? `.`
        : `: LeNet-5 gains nothing from the neighbourhood of pixels, which is what sets it apart.`);
  }
  if (!uses) {
    return `**So LeNet-5 improves the accuracy**, but this experiment does not show that it is because ` +
      `of the neighbourhood of pixels.`;
  }
  const most = 2 * shuffled.value <= mlp.value;
  return `**So LeNet-5 improves the accuracy${
    most ? "" : ", in part"
  } because its kernels take near ` +
    `pixels together**, in the same way at every place, which holds for images and which a perceptron ` +
    `would have to learn` +
    (of("mlp-multiplications").verdict === "less"
      ? `.`
      : `; but a perceptron of as much work, and many more parameters, gets as far.`);
}
