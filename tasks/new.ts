/** `deno task new FOLDER --data=PATH`: looks at labelled images, says what they are, and begins a study of them. @module */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { dataFiles } from "../src/data/description.ts";
import { rememberData } from "../src/data/places.ts";
import { recognize, type Recognized } from "../src/data/recognize.ts";
import { fromUser } from "../src/files/programs.ts";
import { writeWhole } from "../src/files/whole.ts";
import { count, counted } from "../src/report/markdown.ts";
import { beginStudy } from "../src/stages/begin.ts";
import { command } from "./command.ts";
import { counting } from "./display.ts";
import { Refused } from "./exits.ts";
import { screen, standardError } from "./screen.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

await command("new", async ({ flags, words }) => {
  const [home, images] = [words[0], flags.data].map((path) => fromUser(root, path));
  const file = join(home, "study.ts");
  if (await isThere(file)) throw new Refused(`${file} is there already; choose another folder.`);

  const view = screen(standardError());
  const show = counting(view);
  const found = await recognize(images, (done, total, note = "reading") => show(note, done, total))
    .finally(view.clear);
  for (const line of told(found)) console.log(line);

  const text = await formatted(beginStudy(found, planFrom(home)));
  await Deno.mkdir(home, { recursive: true });
  if (found.folder !== join(home, "data")) await rememberData(home, found.folder);
  const ignored = join(home, ".gitignore");
  if (!await isThere(ignored)) await writeWhole(ignored, ".cache/\ndata/\n");
  await writeWhole(file, text);
  const shown = isInside(home) ? relative(root, home) : home;
  console.log(`\n${join(shown, "study.ts")} is written. Read it, then run`);
  console.log(`  deno task all --study=${shown}`);
  return 0;
});

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

function isInside(home: string): boolean {
  return !relative(root, home).startsWith("..");
}

/** How a study in a folder of the project imports its type; undefined where it lies outside. */
function planFrom(home: string): string | undefined {
  if (!isInside(home)) return undefined;
  return relative(home, join(root, "src", "stages", "plan.ts")).replaceAll("\\", "/");
}

/** What was found, a line each. */
function told(found: Recognized): string[] {
  const { data, shape: [height, width, channels], classes, train, test, notes } = found;
  const images = counted(train.images, "image");
  return [
    `${data.name}: ${data.format}, ${images}${
      test ? ` to learn from and ${count(test.images)} to test with` : ""
    }, ${height} x ${width} pixels, ${channels === 1 ? "grey" : "in colour"}, ${
      counted(classes.length, "class", "classes")
    }.`,
    ...dataFiles(data).map(({ file, sha256 }) => `  ${sha256}  ${file}`),
    test ? "Images of each class, to learn from and to test with:" : "Images of each class:",
    ...classes.map((name, i) =>
      `  ${name}: ${count(train.counts[i])}${test ? ` and ${count(test.counts[i])}` : ""}`
    ),
    found.duplicates === 0
      ? `No image ${test ? "to learn from " : ""}repeats another one of its class.`
      : `${
        counted(found.duplicates, "image repeats", "images repeat")
      } an earlier one of the class; ` +
        "the first of equal ones stays.",
    ...(test
      ? [
        found.shared === 0
          ? "No image to test with is one to learn from, too."
          : `${counted(found.shared, "image")} to test with ${
            found.shared === 1 ? "is" : "are"
          } among those to learn from, too: accuracies may come out a little too good.`,
      ]
      : ["There is no test part: a fifth of each class is split off."]),
    ...notes,
  ];
}

/** Source code as `deno fmt` has it. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width=100", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
