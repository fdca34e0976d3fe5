/** Sections of studies small, large and strange: no empty chart, no broken table, nothing that is not so. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { GRID_CLASSES } from "../../src/stages/prepare/kept.ts";
import { limits } from "../../src/report/limits.ts";
import { anchorOf, plain } from "../../src/report/markdown.ts";
import { renderSvg } from "../../src/report/svg.ts";
import {
  hostile,
  type Like,
  likes,
  numbered,
  plainStudy,
  published,
  type SearchedTrial,
  sectionsOf,
  type Written,
} from "../support/sections.ts";
import { assertLegible } from "../support/legible.ts";
import { texts } from "../support/svg_text.ts";

/** The cells of the rows of each table of a page, header and ruler included. */
const tables = (page: string): string[][][] =>
  page.split("\n\n").filter((part) => part.startsWith("|")).map((part) =>
    part.trim().split("\n").map((line) =>
      line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim())
    )
  );

/** What no page says, whatever the study is like. */
function checkPage(page: string, { published }: Like): void {
  for (const rows of tables(page)) {
    const [header, , ...body] = rows;
    assert(rows.every((row) => row.length === header.length), header.join(" | "));
    assert(body.length > 0, `an empty table: ${header.join(" | ")}`);
    // A column of dashes alone tells nothing.
    if (body.length > 1) {
      header.forEach((name, at) => {
        const some = body.some((row) => row[at] !== "–");
        assert(some || name === "Precision", `nothing under ${name}`);
      });
    }
  }
  const nothing = /\b(undefined|NaN|null|Infinity)\b|\[object/;
  const several =
    /(?<![\d,.-])1 (epochs|trials|classes|images|rows|columns|pixels|values|pairs|cores|threads|folds)\b/;
  for (const wrong of [nothing, several]) assertEquals(wrong.exec(page)?.[0], undefined);
  if (!published) assertEquals(/original/i.exec(page)?.[0], undefined);
  assertEquals(/Fashion|garment/i.exec(page)?.[0], undefined);
}

/** Draws the figures of a report, and fails where one has what no figure has. */
async function drawn({ page, figures }: Written): Promise<Map<string, string>> {
  const svgs = new Map<string, string>();
  for (const [name, spec] of figures) {
    const svg = await renderSvg(spec);
    svgs.set(name, svg);
    try {
      assertLegible(svg, { interpolated: name === "tune-pair" });
    } catch (error) {
      throw new Error(`Figure ${name} is not legible`, { cause: error });
    }
    const drawing = svg.replaceAll(/"data:[^"]*"/g, "");
    assertEquals(/NaN|undefined|Infinity/.exec(drawing)?.[0], undefined, name);
    assert(/class="mark-\w+ role-mark/.test(svg), name);
    assertStringIncludes(page, `](${name}.svg)`);
    assert(svg.length < 2e6, `${name} has ${svg.length} bytes`);
  }
  return svgs;
}

/** The texts of one figure of a report. */
const saidIn = async ({ figures }: Written, name: string) =>
  texts(await renderSvg(figures.get(name)!));

for (const [name, like] of Object.entries(likes)) {
  Deno.test(`a report on ${name} has whole tables and charts that show something`, async () => {
    const written = await sectionsOf({ ...like, champions: true });
    checkPage(written.page, like);
    const { page } = written;
    const figures = await drawn(written);
    const many = like.classes.length;
    assertEquals(figures.has("baseline-confusion"), many <= limits.matrix);
    assertEquals(figures.has("cv-curves"), like.epochs > 1);
    assertEquals(figures.has("baseline-curves"), like.epochs > 1);
    assertEquals(figures.has("tune-scores"), like.trials > 1);
    assertEquals(figures.has("replicate-seeds"), like.runs > 0);
    for (const figure of ["ablate-variants", "ablate-images", "ablate-moved"]) {
      assert(figures.has(figure), figure);
    }
    assertEquals(figures.has("champion-compact-curves"), like.epochs > 1);
    assert(figures.has("champion-computation"));
    assertEquals(figures.has("tune-course"), like.trials > 1);
    assert(figures.has("errors-reliability") && figures.has("errors-filters-baseline"));
    assertEquals(figures.has("errors-filters-tune-winner"), !like.alone);
    assertEquals(figures.has("errors-mistakes"), !/takes no test image for another/.test(page));
    if (many <= limits.list) {
      // Equal bars would say no more than a sentence does.
      assertEquals(figures.has("label-counts"), like.more > 1);
      assertEquals(/^Each of the \d+ classes has /m.test(page), like.more === 1);
      const named = ["baseline-classes", ...(like.more > 1 ? ["label-counts"] : [])];
      for (const figure of named) {
        const said = texts(figures.get(figure)!).map((text) => text.trim());
        // Long names have several lines, and the last of these may end in an ellipsis.
        const wholes = said.flatMap((_, i) =>
          [1, 2, 3].map((lines) => said.slice(i, i + lines).join(" ").replaceAll(/([/_-]) /g, "$1"))
        );
        for (const name of like.classes) {
          const whole = name.replaceAll(/([/_-]) /g, "$1");
          assert(
            wholes.some((text) =>
              text === whole || (text.endsWith("…") && whole.startsWith(text.slice(0, -1)))
            ),
            `${figure} does not show ${name}`,
          );
        }
      }
    }
    // Every class has a row.
    const places = /<image [^>]*transform="translate\([\d.-]+,([\d.-]+)\)"/g;
    const shown = new Set([...figures.get("images")!.matchAll(places)].map(([, y]) => y)).size;
    if (many > GRID_CLASSES) {
      assertEquals(shown, GRID_CLASSES);
      assertStringIncludes(page, `A sample of ${GRID_CLASSES} of the ${many} classes`);
    } else assertEquals(shown, many);
  });
}

/** Fails unless a line is like that; it names those that begin alike. */
const assertLine = (page: string, line: RegExp) =>
  assert(
    line.test(page),
    page.split("\n").filter((text) => text.startsWith(line.source.replaceAll("\\", "").slice(1, 4)))
      .join("\n"),
  );

const pageOf = async (like: Partial<Like>) => (await sectionsOf({ ...plainStudy, ...like })).page;

Deno.test("one epoch is told in a sentence, with its figures", async () => {
  const page = await pageOf({ epochs: 1 });
  assertStringIncludes(
    page,
    "LeNet-5 while it learns: after its one epoch, a loss of 1.0000 and an accuracy of 0.5000 on " +
      "training images, 1.1000 and 0.4000 on validation images.",
  );
  assertStringIncludes(
    page,
    "came, on the images learnt from, to accuracies of 0.5000 and 0.5455.",
  );
  assert(!/-curves\.svg/.test(page));
});

Deno.test("names of classes are shown as they are, in every table", async () => {
  const page = await pageOf({ classes: hostile });
  for (const name of hostile) {
    const rows = page.split("\n").filter((line) => line.startsWith("| " + plain(name) + " "));
    assert(rows.length >= 2, `${name}: ${rows.length}`);
  }
});

Deno.test("what is undefined is a dash: all scores of a class without images, the precision of one that is never predicted", async () => {
  const page = await pageOf({ classes: ["a", "b", "c"], untested: [1], wrong: 2, tested: 2 });
  assertLine(page, /^\| b +\| +– \| +– \| +– \| +0 \|$/m);
  assertLine(page, /^\| a +\| +0\.5000 \| 0\.5000 \| 0\.5000 \| +2 \|$/m);
  assertStringIncludes(page, "A class without test images has no scores: –.");
  assertStringIncludes(page, "A class without test images has none: –.");
  // Half of the images of both classes that have some are found, and none of b is there to be.
  assertLine(page, /^\| balanced accuracy +\| +0\.5000 \| +0\.5000 \|$/m);
  assertStringIncludes(
    page,
    "not seen it, have a balanced accuracy of 0.5000 and a macro F1 of 0.5",
  );
  // Recall by class, network by network.
  assertLine(page, /^\| b +\|( +– \|){3}$/m);
  const never = await pageOf({ classes: ["a", "b", "c"], wrong: 1, untested: [2], tested: 2 });
  // a is taken for b, b for c; none for a.
  assertLine(never, /^\| a +\| +– \| 0\.0000 \| 0\.0000 \| +2 \|$/m);
  assertLine(never, /^\| b +\| +0\.0000 \| 0\.0000 \| 0\.0000 \| +2 \|$/m);
  assertStringIncludes(never, "A class that no image was taken for has no precision: –.");
});

Deno.test("scores beside accuracy stand in the list of metrics where they have a threshold, with how it is to be read", async () => {
  const rowsOf = async (thresholds: Record<string, number>, classes = ["a", "b c", "d"]) =>
    (await pageOf({ classes, untested: [2], wrong: 4, tested: 4, thresholds })).split(
      "\n## All metrics\n",
    )[1];
  const plainly = await rowsOf({ "baseline.test.accuracy": 0.5 });
  assert(!/balancedAccuracy|macroF1|logLoss|recall/.test(plainly), plainly);
  assertStringIncludes(plainly, "| Accuracy ");
  const page = await rowsOf({
    "baseline.test.balancedAccuracy": 0.75,
    "tune.winner.validation.macroF1": 0.9,
    "baseline.validation.logLoss": 1.25,
    "tune.winner.test.logLoss": 1.2,
    "baseline.test.recall.b c": 0.8,
    "cv.pooled.recall.a": 0.7,
    "baseline.test.recall.d": 0,
  });
  assertStringIncludes(page, "| Metric ");
  for (
    const row of [
      /^\| `baseline\.test\.balancedAccuracy` +\| +0\.7500 +\| +8 \| at least 0\.7500 +\|$/m,
      /^\| `tune\.winner\.validation\.macroF1` +\| +0\.\d{4} +\| +8 \| \*\*below\*\* 0\.9000 +\|$/m,
      /^\| `baseline\.validation\.logLoss` +\| +1\.2500 +\| +8 \| at most 1\.2500 +\|$/m,
      /^\| `tune\.winner\.test\.logLoss` +\| +1\.2500 +\| +8 \| \*\*above\*\* 1\.2000 +\|$/m,
      /^\| `baseline\.test\.recall\.b c` +\| 0\.7500 \[0\.3006, 0\.9544\] \| +4 \| \*\*below\*\* 0\.8000 +\|$/m,
      /^\| `cv\.pooled\.recall\.a` +\| 0\.7500 \[.+\] \| +4 \| at least 0\.7000 +\|$/m,
      /^\| `baseline\.test\.recall\.d` +\| +– +\| +0 \| \*\*not\*\* at least 0\.0000 +\|$/m,
    ]
  ) assertLine(page, row);
  assertStringIncludes(page, " A class without images has no recall: –.");
  assert(!page.includes("`tune.winner.test.recall"));
  const [name] = hostile;
  const strange = await rowsOf({ [`baseline.test.recall.${name}`]: 0.1 }, ["x", name, "z"]);
  assertStringIncludes(strange, `| ${plain(`baseline.test.recall.${name}`)} `);
});

Deno.test("many classes: the pairs confused most, the worst and the best classes, and how many there are", async () => {
  const classes = numbered(200);
  const page = await pageOf({ classes, wrong: 3, tested: 4 });
  assertStringIncludes(
    page,
    "The 15 pairs of classes that are confused most, of 200 pairs ([the confusion matrix as CSV](",
  );
  const [pairs] = tables(page).filter(([header]) => header[1] === "taken for");
  assertEquals(pairs.length, 2 + limits.pairs);
  assertStringIncludes(page, "The 10 classes with the least F1, and the 10 with the highest ([all");
  const [scores] = tables(page).filter(([header]) => header[1] === "Precision");
  assertEquals(scores.length, 2 + 2 * limits.ends);
  const f1 = scores.slice(2).map((row) => Number(row[3]));
  assertEquals(f1, f1.toSorted((a, b) => a - b));
  assertStringIncludes(page, "The 200 classes have 3 to 6 images each ([all counts](");
  assertStringIncludes(page, "Recall of the 20 of 200 classes where networks differ most, on");
  assertStringIncludes(page, "1 in one of 200 places, counted from 0, and 0 in all others.");

  const right = await pageOf({ classes, wrong: Infinity, more: 1 });
  assertStringIncludes(
    right,
    "No image was taken for another class ([the confusion matrix as CSV](",
  );
  assertStringIncludes(right, "Every class has an F1 of 1.0000 ([all classes as CSV](");
  assertStringIncludes(right, "Each of the 200 classes has 3 training images.");
  assert(!/label-counts|baseline-classes/.test(right));

  const few = await pageOf({
    classes,
    wrong: 5,
    untested: classes.map((_, i) => i).filter((i) => i >= 12),
  });
  assertStringIncludes(few, "188 classes have no test image, and so no scores.");
  assertStringIncludes(
    few,
    "Every pair of classes that is confused ([the confusion matrix as CSV](",
  );
  assertStringIncludes(few, "Every class with test images, the least F1 first ([all classes");
});

Deno.test("the map of correlations is drawn of images in grey and colour, square or not, up to a size", async () => {
  const drawn: [image: number[], rows: number[]][] = [
    [[8, 8], [0, 1, 2, 3, 4, 5, 6, 7]],
    [[12, 9], [0, 2, 4, 6, 8, 10]],
    [[32, 32], [0, 5, 10, 15, 20, 25, 30]],
    [[8, 10, 3], [0, 1, 2, 3, 4, 5, 6, 7]],
  ];
  for (const [image, rows] of drawn) {
    const said = await saidIn(await sectionsOf({ ...plainStudy, image }), "correlation");
    assertEquals(said.filter((text) => /^\d+$/.test(text)).map(Number), rows);
  }
  for (
    const [image, values, pairs] of [[[33, 32], "1,056", "1,115,136"], [
      [100, 30, 3],
      "9,000",
      "81,000,000",
    ]]
  ) {
    const page = await pageOf({ image: [image].flat().map(Number) });
    assertStringIncludes(page, `is left out: ${values} values make ${pairs} pairs.`);
    assert(!/correlation\.svg/.test(page));
  }
  // Of images that are all alike.
  const page = await pageOf({
    images: 1,
    more: 1,
    classes: ["a", "b"],
    image: [8, 8],
    alike: true,
  });
  assertStringIncludes(page, "### How pixels go together");
});

Deno.test("colour is said to be colour, and grey to be repeated for networks that take colour", async () => {
  const colour = await pageOf({ image: [8, 8, 3] });
  assertStringIncludes(colour, "a label and 192 values, 64 pixels in 3 colours, from 0 to 255.");
  assertStringIncludes(colour, "as far as their weights can be had: images preprocessed as");
  const grey = await pageOf({});
  assertStringIncludes(grey, "a label and 64 pixels from 0 to 255.");
  assertStringIncludes(grey, "had: the grey image repeated in three channels and preprocessed as");
});

Deno.test("trainings that diverge have no accuracy, in the table and in the chart; one epoch is enough for both", async () => {
  const written = await sectionsOf({ ...plainStudy, causes: "diverged" });
  assert(
    /^\| no preprocessing +\| +– \| +– \| the loss was no number any more \|$/m.test(written.page),
    written.page,
  );
  const said = await saidIn(written, "transfer-causes");
  assertEquals(said.filter((text) => text === "diverged").length, 6);
  const { figures } = await sectionsOf({ ...plainStudy, epochs: 1 });
  assert(figures.has("transfer-causes"));
  const without = await sectionsOf({ ...plainStudy, causes: "missing" });
  assert(!without.figures.has("transfer-causes"));
});

/** A search in which trial 3 went on from trial 1 and trial 5 failed; only rates and dropouts vary. */
const searched = [
  { rate: 1e-3, dropout: 0, score: 0.7 },
  { rate: 2e-3, dropout: 0.1, score: 0.8 },
  { rate: 3e-3, dropout: 0.2, score: 0.72 },
  { rate: 2e-3, dropout: 0.1, score: 0.88, parent: 1 },
  { rate: 4e-3, dropout: 0.3, score: 0.85 },
  { rate: 5e-3, dropout: 0.1, score: NaN },
  { rate: 6.5432e-3, dropout: 0.3, score: 0.9 },
].map(({ rate, dropout, score, parent }, id): SearchedTrial => ({
  id,
  parent,
  iteration: 0,
  bracket: id < 4 ? 1 : 0,
  rung: parent === undefined ? 0 : 1,
  initialEpoch: parent === undefined ? 0 : 1,
  epochs: id < 3 ? 1 : 2,
  values: {
    CONV_1_FILTER: 40,
    KERNEL_1_FILTER: 3,
    CONV_2_FILTER: 50,
    KERNEL_2_FILTER: 5,
    DROPOUT_1: dropout,
    learning_rate: rate,
  },
  score,
}));

Deno.test("each configuration stands in the table once, score first, and what all have is told in a sentence", async () => {
  const part = partOf(await pageOf({ searched }), "Tuning");
  assertStringIncludes(
    part,
    "The best 5 configurations, each by its trial with the most epochs; all have CONV_1_FILTER 40, " +
      "CONV_2_FILTER 50, KERNEL_1_FILTER 3, and KERNEL_2_FILTER 5:",
  );
  const [header, , ...rows] = tables(part).find(([header]) => header[0] === "score")!;
  assertEquals(header, ["score", "trial", "bracket", "epochs", "DROPOUT 1", "learning rate"]);
  assertEquals(rows, [
    ["0.9000", "6", "0", "2", "0.3", "0.00654"],
    ["0.8800", "3", "1", "2", "0.1", "0.002"],
    ["0.8500", "4", "0", "2", "0.3", "0.004"],
    ["0.7200", "2", "1", "1", "0.2", "0.003"],
    ["0.7000", "0", "1", "1", "0", "0.001"],
  ]);
  // Neither an only bracket nor a bracket that there is not is told of.
  for (const bracket of [2, undefined]) {
    const page = partOf(
      await pageOf({ searched: searched.map((trial) => ({ ...trial, bracket })) }),
      "Tuning",
    );
    assert(!/bracket \||bracket 2 and|all have bracket/.test(page), page);
  }
});

Deno.test("the section on tuning says whether the trials leave a place of the ranking open, and how well forests predict", async () => {
  const sure = Array.from({ length: 60 }, (_, id): SearchedTrial => {
    const rate = (id * 37 % 60) / 60;
    const { values } = searched[0];
    return {
      ...searched[0],
      id,
      values: {
        ...values,
        DROPOUT_1: id % 11 / 20,
        CONV_1_FILTER: 32 + id % 33,
        learning_rate: 1e-4 * 100 ** rate,
      },
      score: 0.5 + 0.3 * rate + 0.15 * (id % 11) / 20 + 0.02 * (id % 33) / 33,
    };
  });
  const written = await sectionsOf({ ...plainStudy, searched: sure });
  assertStringIncludes(
    written.page,
    " Whichever tenth of the configurations is left out, the first 3 places stay as they are.",
  );
  const said = await saidIn(written, "tune-importance");
  assert(
    said.some((text) => /^60 trials of 60 configurations; R² on unseen trials 0\.\d\d$/.test(text)),
  );
  assert(said.includes("Lines: each tenth of the configurations left out in turn"));
  assert(written.figures.has("tune-pair"));
  const few = await sectionsOf({ ...plainStudy, searched });
  assert(
    / These 6 trials leave the (first|second|third) place open: with each configuration left out in turn, (DROPOUT_1|learning_rate|CONV_1_FILTER) takes it in \d of 5 forests(,| and) .+ in \d\.$/m
      .test(few.page),
    /^Importance is.*$/m.exec(few.page)?.[0],
  );
  assertStringIncludes(few.page, "The shade is a forest's guess");
});

Deno.test("variants that are all alike are not told apart, and nobody is said to have asked", async () => {
  const page = await pageOf({ alike: true });
  const [, part] = page.split("\n## Why LeNet-5 does better, if it does\n\n");
  assert(
    part.startsWith("LeNet-5 is not told apart from a perceptron with as many parameters"),
    part,
  );
  assertStringIncludes(
    part,
    "**So there is no improvement to explain here**: LeNet-5 gains nothing",
  );
  assert(!/lost with|gained with/.test(part), part);
  assertStringIncludes(
    await pageOf({ published }),
    "if it does\n\nThe original study asks why LeNet-5 improves the accuracy",
  );
});

Deno.test("more than some folds are drawn in part, and the chart says so", async () => {
  const written = await sectionsOf({ ...plainStudy, folds: 60 });
  const { page } = written;
  assertStringIncludes(page, "Accuracy by epoch in the first 20 folds,");
  const panels = (await saidIn(written, "cv-curves")).filter((text) => /^Fold \d+$/.test(text));
  assertEquals(panels.length, limits.folds);
  assertLine(page, /^\| 60 +\|/m);
});

Deno.test("an original study is told of where there is one, and has columns only where it has figures", async () => {
  const page = await pageOf({ folds: 5, published });
  assertStringIncludes(page, "| validation (original) |");
  assertStringIncludes(
    page,
    `\n\n${published!.about} Its accuracies on validation images are 0.8985 for`,
  );
  assertStringIncludes(page, "accuracies that the original study reports");
  assertStringIncludes(page, "### The winners, trained alike");
  assertStringIncludes(page, "original study's winner");
  const { source, winner } = published!;
  for (const part of [{ source }, { source, winner }]) {
    const bare = await pageOf({ published: part });
    checkPage(bare, { ...plainStudy, published: part });
    assert(!bare.includes(source));
    assertEquals(bare.includes("original study's winner"), "winner" in part);
  }
});

Deno.test("large images: what is kept of them is told, and no column is shown that is not there", async () => {
  const like = { ...plainStudy, image: [160, 120, 3] };
  const written = await sectionsOf(like);
  checkPage(written.page, like);
  await drawn(written);
  const { page } = written;
  assertStringIncludes(
    page,
    "does it (the label and 4,096 of the 57,600 values, spread evenly over them, [as CSV](",
  );
  assertStringIncludes(page, "Its first rows, some columns:");
  assertStringIncludes(page, "Images of 160 x 120 pixels are shown scaled down to 64 x 48.");
  assertLine(page, /^\| label +\| pixel1 \|.*\| pixel57600 \|$/m);
  const small = await pageOf({});
  assert(!/spread evenly|scaled down/.test(small));
});

Deno.test("that images are scaled is told once and for all, with what becomes of other proportions", async () => {
  const page = await pageOf({ resize: "fit" });
  assertStringIncludes(
    page,
    "Images are scaled to 8 x 8 pixels while they are read, each until it fits in, and padded with " +
      "zeros. All that follows is of the scaled images.",
  );
  assertStringIncludes(page, "Images are scaled as said above, split as scikit-learn's");
  assertStringIncludes(
    await pageOf({ resize: "crop" }),
    "until it covers them, and what stands over",
  );
  assertStringIncludes(await pageOf({ resize: "stretch" }), "height and width each by itself.");
});

/** A part of a page, from its heading to the next one of its kind. */
const partOf = (page: string, heading: string) =>
  page.split(/^(?=## )/m).find((part) => part.startsWith(`## ${heading}\n`)) ?? "";

Deno.test("the page says where it tells how much another run would differ, if it does", async () => {
  const told = "[that is told above](#how-much-another-training-run-would-differ)";
  const page = await pageOf({});
  assertStringIncludes(
    page,
    `not how much another training run would differ: ${told}. Figures of ` +
      "`replicate` and `random` are means over several seeds, with Student's intervals of these " +
      "means. Training",
  );
  assertLine(
    page,
    /^\| `replicate\.lenet5\.test\.accuracy` +\| +0\.\d{4} \[0\.\d{4}, [01]\.\d{4}\] \|/m,
  );
  const without = await pageOf({ runs: 0, random: undefined });
  assertStringIncludes(
    without,
    "not how much another training run would differ. Training accuracies",
  );
  assert(!/replicate|How much another/.test(without));
});

/** What a page begins with, from the title to the first section. */
const beginningOf = async (like: Partial<Like>) =>
  (await pageOf(like)).split("\n## The networks\n")[0];

Deno.test("a page begins with what was found, a sentence or two each, and links to all of its sections", async () => {
  const page = await pageOf({ published, tested: 40, runs: 6 });
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  const [beginning] = page.split("\n## The networks\n");
  const anchors = new Set(headings.map(anchorOf));
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  for (const link of links) assert(anchors.has(link), link);
  const contents = beginning.split("\n").find((line) => line.startsWith("**Contents:**"))!;
  const told = headings.filter((heading) => !/^(What was found|Where the numbers)/.test(heading));
  for (const heading of told) assertStringIncludes(contents, `[${heading}](#${anchorOf(heading)})`);
  const findings = beginning.split("\n").filter((line) => line.startsWith("- "));
  assert(findings.length >= 5 && findings.length <= 6, beginning);
  for (const finding of findings) {
    assertMatch(finding, /\d/);
    assertMatch(finding, /\. \(\[[^\]]+\]\(#[a-z0-9-]+\)\)$/);
  }
});

Deno.test("the best network is named with its interval, over seeds where there are some, and one alone is not compared", async () => {
  const several = await beginningOf({ wrong: 4, tested: 40, runs: 3 });
  assertLine(
    several,
    /^- \*\*Of 5 networks, .+ does best on the test images\*\*: it gets 0\.\d{4} \[.+\] of them right; LeNet-5 gets 0\.\d{4} \[.+\] \(the mean of 3 trainings\)\./m,
  );
  assert(!/original/.test(several));
  const networks = partOf(await pageOf({ wrong: 4, tested: 40, runs: 3 }), "The networks");
  const rows = tables(networks)[0].slice(2);
  const tests = rows.map((row) => row[2]).filter((cell) => /^\d/.test(cell)).map((cell) =>
    Number(cell.slice(0, 6))
  );
  assertEquals(tests, tests.toSorted((a, b) => b - a));
  assertEquals(rows.find(([name]) => name === "LeNet-5")?.[3], "3");
});

Deno.test("against an original study, higher and lower accuracies are counted as far as they are beyond chance", async () => {
  const figures = (value: number) => ({
    ...published!,
    figures: Object.fromEntries(
      ["train", "validation"].map((part) => [`baseline.${part}.accuracy`, { value, n: 10_000 }]),
    ),
  });
  const finding = async (value: number) =>
    (await beginningOf({ tested: 40, wrong: 4, published: figures(value) })).split("\n")
      .find((line) => line.includes("accuracies that the original study reports"));
  assertStringIncludes(
    await finding(0.2) ?? "",
    "**2 of the 2 accuracies that the original study reports are higher here** by more than chance, by 0.5",
  );
  assertStringIncludes(
    await finding(0.9999) ?? "",
    "**2 of the 2 accuracies that the original study reports are lower here** by more than chance, by 0.2",
  );
  assertStringIncludes(
    await finding(0.74) ?? "",
    "**None of the 2 accuracies that the original study reports differs from those here by more than chance.**",
  );
});

Deno.test("trainings with other seeds: how many, where the one that is shown stands, and its seed", async () => {
  const part = partOf(
    await pageOf({ published, runs: 2, tested: 40 }),
    "How much another training run would differ",
  );
  assertStringIncludes(
    part,
    "Here LeNet-5 was trained twice, the winner of the search twice, and the original study's winner " +
      "twice, always on the same images by the same recipe",
  );
  assertStringIncludes(
    part,
    "The first training, with the seed 43, is the one that the report shows;",
  );
  assertStringIncludes(
    part,
    "the run that the report shows is number 1 of the 2 of LeNet-5, number 1",
  );
  const [seeds, pairs] = tables(part);
  assertEquals(seeds.slice(2).map(([network, images]) => `${network}, ${images}`), [
    "LeNet-5, validation",
    "LeNet-5, test",
    "Winner of the search, validation",
    "Winner of the search, test",
    "Original study's winner, validation",
    "Original study's winner, test",
  ]);
  assertEquals(pairs.slice(2).map(([first, second]) => `${first} / ${second}`), [
    "LeNet-5 / Winner of the search",
    "LeNet-5 / Original study's winner",
    "Winner of the search / Original study's winner",
  ]);
  const alone = partOf(await pageOf({ trials: 1 }), "How much another training run would differ");
  assertStringIncludes(alone, "Here LeNet-5 was trained 3 times, always on");
  assert(!/recipes|Winner|winner/.test(alone));
});

/** Trainings of LeNet-5 and of the winner of a search that get so many of 400 images right. */
const trained = (lenet5: readonly number[], winner: readonly number[]) => {
  const labels = 400;
  const predicted = (counts: readonly number[]) =>
    counts.map((right) => Array.from({ length: labels }, (_, i) => i < right ? 0 : 1));
  return { labels, runs: { lenet5: predicted(lenet5), winner: predicted(winner) } };
};

/** What is said of these two networks. */
async function verdict(lenet5: readonly number[], winner: readonly number[]): Promise<string> {
  const page = await pageOf({ trained: trained(lenet5, winner) });
  return partOf(page, "How much another training run would differ").trimEnd().split("\n").at(-1)!;
}

Deno.test("of two networks the trainings that are shown may differ, or their recipes, or both, or neither", async () => {
  assertEquals(
    await verdict([340, 344, 342], [380, 382, 384]),
    "Beyond the spread of seeds, the winner of the search is better than LeNet-5 by 0.1000 on average.",
  );
  assertEquals(
    await verdict([360, 340, 342, 341], [362, 380, 382, 384]),
    "Beyond the spread of seeds, the winner of the search is better than LeNet-5 by 0.0781 on average " +
      "(though these two runs differ by no more than chance).",
  );
  assertEquals(
    await verdict([340, 380, 300], [360, 300, 370]),
    "Another run may turn round what is between the winner of the search and LeNet-5: these two runs " +
      "differ, and the seeds cannot tell the recipes apart.",
  );
  assertEquals(
    await verdict([340, 342, 338], [341, 339, 342]),
    "Neither these runs nor the recipes differ by more than chance between the winner of the search and " +
      "LeNet-5.",
  );
});

Deno.test("which trials the seeds cannot tell apart from the best is told by the spread of the winner's", async () => {
  const sentence = async (like: Partial<Like>) =>
    /^Trained with .*$/m.exec(partOf(await pageOf(like), "Tuning"))?.[0];
  // Trials score 0.5, 0.625, 0.75 and 0.875. scipy.stats.t.ppf(0.975, 2) * 0.025 * sqrt(2) is 0.1521.
  assertStringIncludes(
    await sentence({ trained: trained([300, 301], [200, 210, 190]) }) ?? "",
    "Trained with 3 seeds, the winner has validation accuracies with a standard deviation of 0.0250 " +
      "([more on that](#how-much-another-training-run-would-differ)), so that two runs may lie 0.1521 " +
      "apart by their seeds alone (95%, Student's t); trials of fewer epochs may spread more. That cannot " +
      "tell the best trial, 3, apart from 1 of the 3 others: 2.",
  );
  assertStringIncludes(
    await sentence({ trained: trained([300, 301], [200, 201, 199]) }) ?? "",
    "No other trial comes so near to the best.",
  );
  assertStringIncludes(
    await sentence({ trials: 40, alike: true }) ?? "",
    "standard deviation of 0.0000 ([more on that](#how-much-another-training-run-would-differ)), so " +
      "that two runs may lie 0.0000 apart by their seeds alone (95%, Student's t); trials of fewer " +
      "epochs may spread more. That cannot tell the best trial, 0, apart from 39 of the 39 others: 1, 2, " +
      "3, 4, 5, 6, 7, 8, 9, and 30 more.",
  );
  assertEquals(await sentence({ runs: 0 }), undefined);
  assertEquals(await sentence({ trials: 1 }), undefined);
});

/** What a page tells of errors. */
const errorsOf = async (like: Partial<Like>) => {
  const page = await pageOf(like);
  return page.slice(page.indexOf("## Errors"), page.indexOf("## All metrics"));
};

Deno.test("a network is called overconfident or not by the interval of its accuracy, and what its temperature does is told", async () => {
  const over = await errorsOf({ classes: numbered(200), wrong: 3 });
  assert(
    /^\*\*LeNet-5 is overconfident\*\*: its probabilities are 0\.\d{4} on average, 1\d\.\d percentage points more than its accuracy of 0\.\d{4} \[.+\]\. A temperature of 1\.\d\d lowers its calibration error from 0\.\d{4} to 0\.\d{4} and its log loss from \d\.\d{4} to \d\.\d{4}\.$/m
      .test(over),
    over,
  );
  const under = await errorsOf({ classes: numbered(60), wrong: Infinity });
  assertStringIncludes(under, "**LeNet-5 is underconfident**: its probabilities are");
  assertStringIncludes(under, "percentage points less than its accuracy of 1.0000 [");
  assertStringIncludes(under, "It is no estimate: without a mistake on the validation images");
  const neither = await errorsOf({});
  assertStringIncludes(neither, "LeNet-5 is as sure as it should be, as far as these images tell:");
  const never = await errorsOf({ wrong: 1 });
  assertStringIncludes(never, "It is no estimate: it is the highest that is looked at.");
});

Deno.test("of networks without probabilities it is said that they have no calibration, and of one network nothing is compared", async () => {
  const all = await errorsOf({});
  assertStringIncludes(all, "Of the other 3 networks, predictions alone are kept:");
  assertStringIncludes(all, "none is better on the validation images than LeNet-5.");
  assertStringIncludes(all, "### Where the two best networks disagree");
  const alone = await errorsOf({ alone: true, wrong: 3 });
  assertStringIncludes(alone, "What LeNet-5 makes of 8 test images:");
  assert(!/transfer|winner|every network|two best|none is better/.test(alone), alone);
  assertStringIncludes(alone, "LeNet-5 takes 2 of 8 test images (0.2500 [");
});

Deno.test("images that every network gets wrong are counted and shown, and where there is none, that is said", async () => {
  const classes = numbered(200);
  const some = await sectionsOf({ ...plainStudy, classes, wrong: 3, image: [100, 30, 3] });
  assertStringIncludes(some.page, "All 5 networks get 66 of 800 test images (0.0825 [");
  assertStringIncludes(some.page, "10 of them, those first on which most agree:");
  const said = await saidIn(some, "errors-missed");
  assertEquals(said.filter((text) => text === "by 5 of 5").length, 10);
  assertEquals(
    (await saidIn(some, "errors-mistakes")).filter((text) => /^→/.test(text)).length,
    10,
  );
  const none = await errorsOf({ wrong: Infinity });
  assertStringIncludes(none, "There is none: each of 8 test images is right for at least one");
  assertStringIncludes(none, "LeNet-5 takes no test image for another class.");
  assertStringIncludes(none, "So there is no image that one of them gets right and the other");
});

Deno.test("of many filters some are drawn, and it is said how; grey ones by sign, others in colour", async () => {
  const grey = await errorsOf({});
  assertStringIncludes(grey, "red where it looks for bright pixels, blue for dark ones");
  assertStringIncludes(
    grey,
    "of the 70 filters of the winner of the search: these answer to edges",
  );
  assertStringIncludes(grey, "The first 64:");
  const colour = await errorsOf({ image: [8, 8, 3] });
  assertStringIncludes(colour, "in the colours that it looks for, grey where it does not look.");
});
