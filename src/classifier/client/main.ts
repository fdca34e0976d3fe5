/** What runs in `classifier.html`: takes pictures in, and shows what becomes of them and what they show. @module */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { Pixels } from "../../data/preprocess.ts";
import type { Carried } from "../carried.ts";
import { showAnswer, showSteps } from "./answer.ts";
import { bytesOf } from "./bytes.ts";
import { paper } from "./drawing.ts";
import { make } from "../../page/client/dom.ts";
import { type Classify, openNetwork } from "./network.ts";
import { type Decoded, decoded, pixelsOf, shown } from "./pictures.ts";

const at = (id: string) => document.getElementById(id)!;

// What the page was built with is of this form.
const carried: Carried = JSON.parse(at("carried").textContent!);
at("carried").remove();
const { classes, form } = carried;

const messageOf = (error: unknown) => error instanceof Error ? error.message : String(error);

/** Lets the page be painted. */
const painted = () =>
  new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** Says something in place of an answer. */
function say(words: string): void {
  at("answer").replaceChildren(make("p", {}, words));
}

function fail(words: string): void {
  at("answer").replaceChildren(make("p", { class: "warning" }, words));
  at("probabilities").hidden = at("way").hidden = true;
}

const cannotRun = (error: unknown) =>
  fail(`This browser cannot run the network: ${messageOf(error)}.`);

/** How often something was asked for; what is not the last is not shown. */
let asked = 0;

/** Shows a picture and what the network says of it. */
async function look(
  picture: () => Decoded | Promise<Decoded>,
  { name, label, follow = true }: {
    /** What a sentence on its faults begins with. */
    readonly name: string;
    /** Its class, where the study knows it. */
    readonly label?: number;
    /** Whether the reader is led to the answer. */
    readonly follow?: boolean;
  },
): Promise<void> {
  const own = ++asked;
  say("Looking at it …");
  await painted();
  const classify = await network.catch(cannotRun);
  if (!classify) return;
  try {
    const given = await picture();
    const answer = await classify(given);
    if (own !== asked) return;
    showAnswer(at("answer"), at("probabilities"), answer, classes, label);
    showSteps(at("steps"), given, answer.steps);
    at("probabilities").hidden = at("way").hidden = false;
    const { top } = at("result").getBoundingClientRect();
    if (follow && (top < 0 || top > innerHeight / 2)) at("result").scrollIntoView();
  } catch (error) {
    if (own === asked) fail(`${name} ${messageOf(error)}`);
  }
}

const lookAtFile = (file: File | undefined) =>
  file && look(() => decoded(file), { name: file.name === "" ? "That" : file.name });

for (const input of document.querySelectorAll<HTMLInputElement>("input[type=file]")) {
  input.addEventListener("change", () => {
    void lookAtFile(input.files?.[0]);
    // So that the same file can be chosen again.
    input.value = "";
  });
}

for (const name of ["dragover", "drop"] as const) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    if (name === "dragover") return;
    const { files } = event.dataTransfer!;
    if (files.length > 0) void lookAtFile(files[0]);
    else fail("What was dropped is no file: save the picture first, or paste it.");
  });
}
for (const [name, over] of [["dragenter", true], ["dragleave", false], ["drop", false]] as const) {
  document.addEventListener(name, (event) => {
    // Leaving one element for another within the page is no leaving.
    if (name !== "dragleave" || event.relatedTarget === null) {
      at("drop").classList.toggle("over", over);
    }
  });
}
document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (files && files.length > 0) void lookAtFile(files[0]);
  else fail("What was pasted is no picture.");
});

const [height, width] = form.image;
at("examples").append(
  ...carried.examples.map(({ label, pixels }) => {
    const picture: Pixels = { height, width, channels: form.channels, data: bytesOf(pixels) };
    return make(
      "button",
      {
        type: "button",
        onclick: () => look(() => picture, { name: "This image", label }),
      },
      shown(picture, Infinity),
      make("span", {}, classes[label]),
    );
  }),
);

paper(at("drawing"), form.image, (canvas) => {
  if (canvas) return void look(() => pixelsOf(canvas), { name: "The drawing", follow: false });
  asked++;
  at("probabilities").hidden = at("way").hidden = true;
  say("The paper is empty.");
});

say("The network is being set up …");
const network: Promise<Classify> = painted().then(() => openNetwork(carried));
network.then(
  // Programs may ask, too: see docs/predict.md.
  (classify) => {
    Object.assign(globalThis, { classify });
    if (asked === 0) say("It is ready: choose a picture, or draw one.");
  },
  cannotRun,
);
