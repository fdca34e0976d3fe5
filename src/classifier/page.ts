/**
 * A network that runs in a browser, as one file: `classifier.html`. It takes a picture in, and shows what
 * becomes of it, what it shows by the network, and what to believe of that. It loads nothing.
 *
 * @module
 */
import { clientScript } from "../page/bundle.ts";
import { htmlDocument } from "../page/document.ts";
import { escapeHtml } from "../page/markdown.ts";
import type { NdArray } from "../ndarray.ts";
import type { Carried, Values } from "./carried.ts";
import { style } from "./style.ts";

/** A network, and what is said of it. */
export interface Shown extends
  Pick<
    Carried,
    "classes" | "form" | "model" | "manifest" | "temperature" | "limits"
  > {
  /** Of the study. */
  readonly title: string;
  /** Of drawn garments. */
  readonly synthetic: boolean;
  readonly network: string;
  /** On test images, in words: `0.927 [0.922, 0.932]`. */
  readonly accuracy: string;
  /** What the study's best network is called, where it is another one. */
  readonly best?: string;
  /** As `model.json` tells. */
  readonly weights: Uint8Array;
  readonly known: {
    readonly picture: NdArray<Float32Array>;
    readonly classes?: NdArray<Float32Array>;
    readonly all?: NdArray<Float32Array>;
  };
  /** Images as the network reads them, `[N, height, width, channels]`, and their labels. */
  readonly examples: {
    readonly images: NdArray<Uint8Array>;
    readonly labels: ArrayLike<number>;
  };
}

/** So many classes are named; of more, their number. */
const NAMED = 20;

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).toBase64();

const valuesOf = ({ shape, data }: NdArray<Float32Array>): Values => ({
  shape,
  data: base64(data),
});

/**
 * Writes the page: HTML, the same for the same network.
 *
 * @throws {Error} where its script cannot be bundled
 */
export async function classifierPage(shown: Shown): Promise<string> {
  const { title, classes, form, model, manifest, temperature, limits, known, examples } = shown;
  const wasm = import.meta.resolve(
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  );
  const carried: Carried = {
    classes,
    form,
    model,
    manifest,
    weights: base64(shown.weights),
    temperature,
    known: {
      picture: valuesOf(known.picture),
      ...(known.classes && known.all
        ? { classes: valuesOf(known.classes), all: valuesOf(known.all) }
        : {}),
    },
    limits,
    examples: Array.from(examples.labels, (label, n) => ({
      label,
      pixels: base64(withoutPadding(examples.images, n, form)),
    })),
    wasm: base64(await Deno.readFile(new URL(wasm))),
  };
  return await htmlDocument({
    title: `A classifier: ${title}`,
    style,
    body: bodyOf(shown),
    carried,
    script: await clientScript(import.meta.resolve("./client/main.ts")),
    allows: "'wasm-unsafe-eval'",
  });
}

/** An image as the data have it, of images as networks read them. */
function withoutPadding(
  { shape: [, height, width, channels], data }: NdArray<Uint8Array>,
  n: number,
  { image: [high, wide] }: Carried["form"],
): Uint8Array {
  const [top, left] = [(height - high) >> 1, (width - wide) >> 1];
  const image = new Uint8Array(high * wide * channels);
  const row = wide * channels;
  for (let y = 0; y < high; y++) {
    const start = ((n * height + top + y) * width + left) * channels;
    image.set(data.subarray(start, start + row), y * row);
  }
  return image;
}

/** What stands in the page. */
function bodyOf(
  { title, synthetic, classes, network, accuracy, best, form, examples }: Shown,
): string {
  const named = classes.length <= NAMED
    ? `: ${new Intl.ListFormat("en", { type: "disjunction" }).format(classes)}`
    : "";
  const text = escapeHtml;
  return `<a class="skip" href="#result">To the answer</a>
<main>
<h1>${text(title)}: a classifier</h1>
${
    synthetic
      ? "<blockquote><p><strong>Synthetic data.</strong> The images of this study are drawn by a " +
        "program: what this network says of real pictures means nothing.</p></blockquote>\n"
      : ""
  }<p>This page says which of ${classes.length} classes a picture is most likely of${
    text(named)
  }. ` +
    `It runs ${text(network)}, which is right on ${text(accuracy)} of the study’s test images.${
      best === undefined ? "" : ` The study’s best network, ${text(best)}, is too large for a page.`
    } Pictures never leave this machine: all happens in this file, which asks for nothing and works ` +
    `without a network connection.</p>
<noscript><p class="warning">The network is a script, and scripts are switched off in this browser.</p></noscript>
<div class="columns">
<section aria-labelledby="ways">
<h2 id="ways">A picture</h2>
<div id="drop">
<label class="file"><input type="file" accept="image/*"><span>Choose a picture</span></label>
<label class="file photograph"><input type="file" accept="image/*" capture="environment"><span>Take a photograph</span></label>
<p>Or drop or paste one.${
      form.ground
        ? " Best is one thing alone, on an even ground that it stands out from, darker or lighter."
        : ""
    }</p>
</div>
${
      examples.labels.length > 0
        ? `<h3 id="tests">Or one of the study’s test images</h3>
<div id="examples" role="group" aria-labelledby="tests"></div>
`
        : '<div id="examples" hidden></div>\n'
    }<h3>Or draw one</h3>
<div id="drawing"></div>
</section>
<section aria-labelledby="result">
<h2 id="result" tabindex="-1">What it shows</h2>
<div id="answer" role="status"></div>
<div id="probabilities" hidden></div>
<div id="way" hidden>
<h3>What became of the picture</h3>
<ol id="steps"></ol>
</div>
</section>
</div>
<h2>What it cannot do</h2>
<p>It knows no other classes, and has no answer for “none of these”. It looks at one thing, alone in the ` +
    `picture. On pictures that were not made as the study’s were it is worse than it is on those, and how ` +
    `much worse has not been measured. That there is no warning is no sign that a picture shows one of the ` +
    `classes.${
      form.ground
        ? " A thing that is partly lighter and partly darker than its ground loses a part."
        : ""
    }</p>
</main>`;
}
