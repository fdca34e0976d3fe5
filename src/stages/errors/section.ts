/** The report's section on errors: how far probabilities can be believed, and which images are mistaken. @module */
import { z } from "zod";
import { TEMPERATURES } from "../../evaluation/calibration.ts";
import { wilson } from "../../evaluation/intervals.ts";
import type { NdArray } from "../../ndarray.ts";
import {
  count,
  counted,
  decimal,
  listed,
  plain,
  sentence,
  table,
  withInterval,
} from "../../report/markdown.ts";
import type { Explored } from "../../page/explored.ts";
import { nameOf, titleOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import {
  COLUMNS,
  type Exhibit,
  filterPicture,
  gallery,
  MOST_FILTERS,
  reliabilityDiagrams,
} from "./charts.ts";
import { IN_A_ROW } from "./kept.ts";
import type { errors } from "./stage.ts";

type Context = SectionContextOf<typeof errors>;

/** What is shown of each image of the gallery. */
type Rows = Awaited<ReturnType<Context["inputs"]["gallery"]["read"]>>;

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { networks, images } = await context.inputs.comparison.read();
  return [
    "## Errors",
    `What ${
      networks.length === 1 ? "LeNet-5 makes" : `the ${networks.length} networks of this study make`
    } of ${
      counted(images, "test image")
    }: how far their probabilities can be believed, and which ` +
    `images are taken for what they are not.`,
    ...await calibrationPart(context),
    ...await mistakesPart(context),
    ...await missedPart(context),
    ...await disagreementPart(context),
    ...await filtersPart(context),
  ];
}

/** How many images no network gets right, and how sure the best one is of its mistakes. */
export async function finding({ inputs }: Context): Promise<string> {
  const { images, missed, networks, mistakes } = await inputs.comparison.read();
  const { network, images: wrong, sure } = mistakes;
  const name = sentence(nameOf(network));
  const all = networks.length === 2 ? "Both networks" : `All ${networks.length} networks`;
  return [
    ...(missed ? [`**${all} get the same ${shareOf(missed.images, images)} wrong.**`] : []),
    wrong === 0
      ? `${name} takes no test image for another class.`
      : `${name} takes ${counted(wrong, "test image")} for another class, ${
        sure === 0 ? "none" : count(sure)
      } of them with a probability of 0.9 or more.`,
  ].join(" ");
}

/** The images that networks get wrong. */
export async function explored({ inputs }: Context): Promise<Explored> {
  const png = await inputs.mistakenSprite.read();
  if (!png) return {};
  const images = await inputs.mistakenImages.read();
  // A PNG file tells its width and height at its beginning: https://www.w3.org/TR/png-3/#11IHDR
  const head = new DataView(png.buffer, png.byteOffset);
  const size = {
    width: head.getUint32(16) / IN_A_ROW,
    height: head.getUint32(20) / Math.ceil(images.length / IN_A_ROW),
  };
  return { mistaken: { png, size, columns: IN_A_ROW, images } };
}

/** How far probabilities can be believed, before and after scaling. */
async function calibrationPart(
  { settings: { bins }, inputs, figure, link }: Context,
): Promise<string[]> {
  const rows = await inputs.calibration.read();
  const temperatures = await inputs.temperatures.read();
  const points = await inputs.reliability.read();
  const { networks } = await inputs.comparison.read();
  const told = temperatures.map(({ network, temperature }) => {
    const [validation, , before, after] = rows.filter((row) => row.network === network);
    return { network, temperature, before, after, validation: validation.accuracy };
  });
  const without = networks.length - told.length;
  return [
    "### How far probabilities can be believed",
    `Of images that a network is 80% sure of, 80% should be right. The calibration error is how far the ` +
    `share that is right lies from the mean probability, on average over ${
      counted(bins, "bin")
    } of ` +
    `equal width (ECE). One temperature a network, by which what its softmax is given is divided, was ` +
    `fitted on the validation images, where it minimises the log loss ` +
    `(${link(inputs.temperatures, "temperatures")}). It changes probabilities and no prediction.`,
    table(
      [
        "Network",
        "accuracy",
        "mean probability",
        "ECE",
        "log loss",
        "temperature",
        "then ECE",
        "log loss",
      ],
      told.map(({ network, temperature, before, after }) => [
        titleOf(network),
        decimal(before.accuracy),
        decimal(before.confidence),
        decimal(before.ece),
        decimal(before.logLoss),
        decimal(temperature, 2),
        decimal(after.ece),
        decimal(after.logLoss),
      ]),
    ),
    ...told.map(believed),
    ...(without > 0
      ? [
        `Of the other ${counted(without, "network")}, predictions alone are kept: nothing can be ` +
        `said of ${without === 1 ? "its" : "their"} probabilities.`,
      ]
      : []),
    await figure(
      "errors-reliability",
      reliabilityDiagrams(
        "How sure networks are, and how often they are right",
        told.map(({ network }) => titleOf(network)),
        points.map(({ network, scaled, images, right, confidence }) => ({
          network: titleOf(network),
          scaled,
          images,
          accuracy: right / images,
          confidence,
        })),
      ),
      "Reliability diagrams: the share of images that is right over the mean probability, before and " +
        "after scaling",
    ),
  ];
}

/** Figures of one network. */
interface Told {
  readonly network: string;
  readonly temperature: number;
  readonly before: Readonly<
    Record<"images" | "accuracy" | "confidence" | "ece" | "logLoss", number>
  >;
  readonly after: Told["before"];
  /** Its accuracy on the validation images. */
  readonly validation: number;
}

/** Whether a network takes itself for better than it is, and what its temperature does about that. */
function believed({ network, temperature, before, after, validation }: Told): string {
  const { images, accuracy, confidence } = before;
  const { low, high } = wilson(Math.round(accuracy * images), images);
  const interval = withInterval(accuracy, [low, high]);
  const points = (100 * Math.abs(confidence - accuracy)).toFixed(1);
  const how = confidence > high ? "over" : confidence < low ? "under" : undefined;
  const name = sentence(nameOf(network));
  const sure = how
    ? `**${name} is ${how}confident**: its probabilities are ${
      decimal(confidence)
    } on average, ${points} ` +
      `percentage points ${how === "over" ? "more" : "less"} than its accuracy of ${interval}.`
    : `${name} is as sure as it should be, as far as these images tell: its probabilities are ${
      decimal(confidence)
    } on average, ` +
      `within the interval of its accuracy, ${interval}.`;
  const [errors, losses] = (["ece", "logLoss"] as const).map((figure) => {
    const [then, now] = [before, after].map((told) => told[figure]);
    return decimal(then) === decimal(now) ? { verb: "leaves", change: `at ${decimal(then)}` } : {
      verb: now < then ? "lowers" : "raises",
      change: `from ${decimal(then)} to ${decimal(now)}`,
    };
  });
  const atEnd = temperature < TEMPERATURES.least * 1.001 || temperature > TEMPERATURES.most / 1.001;
  const why = validation === 1
    ? "without a mistake on the validation images, their log loss has no minimum"
    : `it is the ${temperature > 1 ? "highest" : "lowest"} that is looked at`;
  return `${sure} A temperature of ${
    decimal(temperature, 2)
  } ${errors.verb} its calibration error ` +
    `${errors.change} and ${losses.verb === errors.verb ? "" : `${losses.verb} `}its log loss ` +
    `${losses.change}.` + (atEnd || validation === 1 ? ` It is no estimate: ${why}.` : "");
}

/** The images of the gallery that are in some groups, with what is said of each. */
async function exhibits(
  groups: readonly string[],
  { gallery, images }: Context["inputs"],
  said: (row: Rows[number]) => string[],
): Promise<{ images: NdArray<Uint8Array> | undefined; groups: Exhibit[][] }> {
  const rows = await gallery.read();
  return {
    images: await images.read(),
    groups: groups.map((group) =>
      rows.flatMap((row, at) => row.gallery === group ? [{ at, said: said(row) }] : [])
    ),
  };
}

/** Shares with their interval, as `12 of 40 images, 0.3000 [0.1807, 0.4543]`. */
const shareOf = (images: number, of: number) => {
  const { low, high } = wilson(images, of);
  return `${count(images)} of ${counted(of, "test image")} (${
    withInterval(images / of, [low, high])
  })`;
};

/** The mistakes of the best network, those first that it was surest of. */
async function mistakesPart(context: Context): Promise<string[]> {
  const { study: { classes }, inputs, figure } = context;
  const { images, mistakes: { network, images: wrong, sure, pairs }, networks } = await inputs
    .comparison.read();
  const name = nameOf(network);
  const best = networks.length === 1
    ? ""
    : `Of the networks whose probabilities are kept, none is better on the validation images than ${name}. `;
  if (wrong === 0) {
    return [
      "### The surest mistakes",
      `${best}${sentence(name)} takes no test image for another class.`,
    ];
  }
  const shown = await exhibits(["mistakes"], inputs, ({ label, networks, probability }) => [
    classes[label],
    `→ ${classes[networks[network]]}`,
    probability > 0.9999 ? "above 0.9999" : decimal(probability),
  ]);
  return [
    "### The surest mistakes",
    `${best}${sentence(name)} takes ${shareOf(wrong, images)} for another class, ${
      sure === 0 ? "none" : count(sure)
    } of them with a probability of 0.9 or more. Confused most: ${
      listed(pairs.map(({ actual, predicted, images }) =>
        `${plain(classes[actual])} taken for ${plain(classes[predicted])} (${
          counted(images, "image")
        })`
      ))
    }.`,
    await figure(
      "errors-mistakes",
      gallery(`The surest mistakes of ${name}`, shown.images!, shown.groups),
      `Images that ${name} takes for another class with the highest probabilities: true class, ` +
        `predicted class, probability`,
    ),
  ];
}

/** What no network gets right. */
async function missedPart(
  { study: { classes }, inputs, figure }: Context,
): Promise<string[]> {
  const { images, missed, networks } = await inputs.comparison.read();
  if (!missed) return [];
  const all = networks.length;
  const heading = "### Images that every network gets wrong";
  const whole = all === 2 ? "both networks" : `all ${all} networks`;
  if (missed.images === 0) {
    return [
      heading,
      `There is none: each of ${counted(images, "test image")} is right for at least one network.`,
    ];
  }
  const votes = ({ networks }: Rows[number]) => {
    const given = Object.values(networks);
    const times = (label: number) => given.filter((vote) => vote === label).length;
    const [most] = given.toSorted((a, b) => times(b) - times(a) || a - b);
    return { most, times: times(most) };
  };
  const shown = await exhibits(["missed"], inputs, (row) => {
    const { most, times } = votes(row);
    return [classes[row.label], `→ ${classes[most]}`, `by ${times} of ${all}`];
  });
  const some = shown.groups.flat().length;
  return [
    heading,
    `${sentence(whole)} get ${
      shareOf(missed.images, images)
    } wrong: whoever chose for each image the ` +
    `network that is right would still miss these. ${
      missed.alike === 0
        ? "On none of them do all agree"
        : missed.alike === missed.images
        ? "On each of them all agree"
        : `On ${count(missed.alike)} of them all agree`
    } which class it is instead${
      missed.alike === 0
        ? ""
        : "; there the label may be wrong, the picture may not tell, or all have learnt the same mistake"
    }. ${some < missed.images ? `${some} of them, those first on which most agree` : "They are"}:`,
    await figure(
      "errors-missed",
      gallery("Images that every network gets wrong", shown.images!, shown.groups),
      "Images that every network gets wrong: true class, the class that most take them for, and how " +
        "many do",
    ),
  ];
}

/** What the two best networks make of the same images. */
async function disagreementPart(
  { study: { classes }, inputs, figure }: Context,
): Promise<string[]> {
  const { images, disagreement } = await inputs.comparison.read();
  if (!disagreement) return [];
  const { first, second, bothRight, onlyFirst, onlySecond, wrongAlike, wrongApart } = disagreement;
  const [a, b] = [first, second].map(nameOf);
  const row = (what: string, n: number) => [what, count(n), decimal(n / images)];
  const shown = await exhibits(
    ["onlyFirst", "onlySecond"],
    inputs,
    ({ gallery, label, networks }) => [
      classes[label],
      `→ ${classes[networks[gallery === "onlyFirst" ? second : first]]}`,
    ],
  );
  const groups = shown.groups.flat().length;
  return [
    "### Where the two best networks disagree",
    `On the validation images no other network is better than ${a} and ${b}. Of ${
      counted(images, "test image")
    }:`,
    table(["", "images", "share"], [
      row("both are right", bothRight),
      row(`only ${a} is right`, onlyFirst),
      row(`only ${b} is right`, onlySecond),
      row("both are wrong, alike", wrongAlike),
      row("both are wrong, each in its way", wrongApart),
    ]),
    ...(groups === 0
      ? [`So there is no image that one of them gets right and the other does not.`]
      : [
        `The first images that one of them gets right, with the class that the other takes them for: ` +
        listed([
          ...(onlyFirst > 0 ? [`${a} is right in the first ${rowsOf(shown.groups[0])}`] : []),
          ...(onlySecond > 0
            ? [
              `${b} in the ${onlyFirst > 0 ? "last" : "first"} ${rowsOf(shown.groups[1])}`,
            ]
            : []),
        ]) + ".",
        await figure(
          "errors-disagreement",
          gallery("Where the two best networks disagree", shown.images!, shown.groups),
          `Images that only one of ${a} and ${b} gets right: true class, and the class that the other ` +
            `takes them for`,
        ),
      ]),
  ];
}

/** `row`, or `2 rows`. */
const rowsOf = (group: readonly Exhibit[]) => {
  const rows = Math.ceil(group.length / COLUMNS);
  return rows === 1 ? "row" : `${rows} rows`;
};

/** Of a TensorFlow.js model, what lies where in its weight file. */
const weightsOf = z.object({
  weightsManifest: z.array(z.object({
    weights: z.array(z.object({ name: z.string(), shape: z.array(z.int()) })),
  })),
});

/** The kernel of a model's first layer, which its weight file begins with; none where it is no picture's. */
function firstKernel(model: string, weights: Uint8Array): NdArray<Float32Array> | undefined {
  const [{ shape }] = weightsOf.parse(JSON.parse(model)).weightsManifest[0].weights;
  if (shape.length !== 4 || ![1, 3].includes(shape[2])) return undefined;
  const bytes = 4 * shape.reduce((product, n) => product * n, 1);
  return { shape, data: new Float32Array(weights.slice(0, bytes).buffer) };
}

/** How many filters of a kernel have weights of both signs that cancel each other by more than half. */
function edges({ shape, data }: NdArray<Float32Array>): number {
  const filters = shape[3];
  const [sums, sizes] = [0, 0].map(() => new Float64Array(filters));
  data.forEach((weight, i) => {
    sums[i % filters] += weight;
    sizes[i % filters] += Math.abs(weight);
  });
  return sums.filter((sum, filter) => Math.abs(sum) < sizes[filter] / 2).length;
}

/** What the first layers of the networks whose weights are kept have learnt to look for. */
async function filtersPart({ shows: { lenet5, winner }, figure }: Context): Promise<string[]> {
  const kept = { "baseline": lenet5, "tune.winner": winner };
  const parts: string[] = [];
  let colours = 1;
  for (const [network, { model, weights }] of Object.entries(kept)) {
    const [text, bytes] = [await model.read(), await weights.read()];
    const kernel = text && bytes ? firstKernel(text, bytes) : undefined;
    if (!kernel) continue;
    const name = nameOf(network);
    const filters = kernel.shape[3];
    colours = kernel.shape[2];
    parts.push(
      `Weights of both signs cancel each other by more than half in ${
        count(edges(kernel))
      } of the ` +
        `${
          counted(filters, "filter")
        } of ${name}: these answer to edges rather than to brightness.` +
        (filters > MOST_FILTERS ? ` The first ${MOST_FILTERS}:` : ""),
      await figure(
        `errors-filters-${network.replace(".", "-")}`,
        filterPicture(`First filters of ${name}`, kernel),
        `The filters of the first layer of ${name}, a small picture each`,
      ),
    );
  }
  if (parts.length === 0) return [];
  return [
    "### What the first layer looks for",
    "Each filter of the first convolution is drawn as the picture that it answers to most: " +
    (colours === 1
      ? "red where it looks for bright pixels, blue for dark ones, white where it does not look."
      : "in the colours that it looks for, grey where it does not look."),
    ...parts,
  ];
}
