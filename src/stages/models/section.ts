/** The report's model card: what the kept networks are for, how good they are, and where that ends. @module */
import {
  count,
  counted,
  decimal,
  listed,
  plain,
  table,
  withInterval,
} from "../../report/markdown.ts";
import { nameOf } from "../network.ts";
import type { SectionContextOf } from "../room.ts";
import { inPage } from "./in_page.ts";
import type { ListedNetwork, models, ModelsFile } from "./stage.ts";

type Context = SectionContextOf<typeof models>;

/** So many classes are named; of more, their number. */
const NAMED = 20;

/** Writes the section. */
export async function section(context: Context): Promise<string[]> {
  const { study: { data, classes, published }, inputs, link } = context;
  const file = await inputs.models.read();
  const best = file.networks.find(({ name }) => name === file.best)!;
  const shown = classes.length <= NAMED ? `: ${listed(classes.map(plain))}` : "";
  return [
    "## Model card",
    `**What it is.** ${
      counted(file.networks.length, "network is", "networks are")
    } kept for use, in ` +
    `the format of TensorFlow.js; ${
      link(inputs.models, "models.json")
    } lists files, digests and all ` +
    `that use takes. \`deno task predict FILE...\` uses ${nameOf(file.best)}, which has the best ` +
    `validation accuracy of them.`,
    table(
      ["Network", "parameters", "kept as", "validation [95%]", "test [95%]", "temperature"],
      file.networks.map(({ title, parameters, precision, accuracy, temperature }) => [
        plain(title),
        count(parameters),
        precision,
        withInterval(accuracy.validation.value, accuracy.validation.interval),
        withInterval(accuracy.test.value, accuracy.test.interval),
        decimal(temperature, 2),
      ]),
    ),
    ...pagePart(file),
    ...halfPart(file.networks),
    `**What it is for.** It tells which of ${
      counted(classes.length, "class", "classes")
    } a picture ` +
    `of one such thing is most likely of${shown}. It is the result of a study, meant for studying ` +
    `and showing how such a network is made and judged. It has not been tried where a wrong answer ` +
    `would harm somebody, and is not meant for that.`,
    await dataPart(context, file),
    `**What it reads.** ${plain(file.input.meaning)} ${pictures(file)}`,
    `**How good it is.** The figures above are of images of the same collection, made in the same ` +
    `way; on other pictures it will be worse, and how much worse has not been measured. What its ` +
    `probabilities are worth, they are worth after division by the temperature, which was fitted on ` +
    `the validation images.`,
    unlikePart(best),
    `**Where it ends.** It knows no other classes, and has no answer for "none of these". It looks at ` +
    `one object, alone in the picture. ` +
    (file.preprocessing.ground
      ? `The object has to stand out from an even ground; where it is partly darker and partly lighter ` +
        `than that, a part of it is lost. `
      : "") +
    `Whose things are pictured, and whose are not, is not known of these data, so nothing can be said ` +
    `of whom it serves worse.` +
    (published ? ` Its training follows another study's, and so do its weaknesses.` : "") +
    (data.format === "synthetic"
      ? ` **Its images were drawn by a program: it says nothing about real pictures.**`
      : ""),
  ];
}

/** The page in which a network runs. */
function pagePart(file: ModelsFile): string[] {
  const network = inPage(file);
  if (!network) return [];
  return [
    `**Try it.** [\`classifier.html\`](classifier.html) runs ${
      plain(nameOf(network.name))
    } in a browser, on pictures that one chooses, photographs or draws: one file, which works without ` +
    `a network connection and sends nothing anywhere.`,
  ];
}

/** What half precision costs. */
function halfPart(networks: readonly ListedNetwork[]): string[] {
  return networks.flatMap(({ name, accuracy, trained }) => {
    if (!trained) return [];
    const change = (part: "validation" | "test") =>
      `${decimal(trained[part].value)} as it was trained, ${
        decimal(accuracy[part].value)
      } as it is kept`;
    return [
      `The weights of ${
        plain(nameOf(name))
      } are kept in half precision, so that they can lie beside the ` +
      `results; its accuracy is ${change("validation")} on validation images, ${
        change("test")
      } on ` +
      `test images.`,
    ];
  });
}

/** What it learnt from. */
async function dataPart({ study: { data }, shows }: Context, file: ModelsFile): Promise<string> {
  const summary = await shows.summary.read();
  const parts = summary
    ? ["train", "validation", "test"].flatMap((part) => {
      const [images] = summary.shapes[part] ?? [];
      return images === undefined ? [] : [
        `${count(images)} to ${
          part === "train" ? "learn from" : part === "validation" ? "validate with" : "test with"
        }`,
      ];
    })
    : [];
  return `**What it learnt from.** ${plain(data.name)}${
    parts.length > 0 ? `: ${listed(parts)}` : ""
  }.${file.synthetic ? " They are drawn by a program." : ""}`;
}

/** What becomes of pictures of another size. */
function pictures(
  { preprocessing: { image: [height, width], ground, resize } }: ModelsFile,
): string {
  const size = `${height} x ${width} pixels`;
  if (resize !== undefined) {
    return `Pictures are scaled to ${size}, as the study's are (${resize}).`;
  }
  if (!ground) return `Pictures of another size are scaled until they fit into ${size}.`;
  return `An image of ${size} that looks so is read as it is. Of any other picture the ground is found ` +
    `from its border and made even, the picture is inverted where it is the other way round, cropped ` +
    `to what stands out, and scaled to that size.`;
}

/** When it says that a picture is unlike what it knows. */
function unlikePart({ likeness: { layer, unlike } }: ListedNetwork): string {
  return `**When it warns.** A picture is called unlike the training images where its brightness over a ` +
    `coarse grid${
      layer === undefined ? "" : `, or what layer \`${layer}\` makes of it,`
    } lies farther ` +
    `from theirs than it does for all but ${
      share(unlike.validation)
    } of the validation images; so it is ` +
    `for ${
      share(unlike.test)
    } of the test images. What is not called so need not be of any of the ` +
    `classes.`;
}

const share = (value: number) => `${(100 * value).toFixed(1)}%`;
