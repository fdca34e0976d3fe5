/** A stage is added by a folder of its own, a line in `rooms.ts`, its settings in `study.ts` and a task. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { replacing, withCopy } from "../support/copy.ts";

const folder: Record<string, string> = {
  "stage.ts": `/** Stage \`ink\`: how much of the images is not background. @module */
import { z } from "zod";
import { number, word } from "../../files/table.ts";
import { table } from "../../pipeline/artifacts.ts";
import { settings } from "../../schema.ts";
import { metrics } from "../metrics.ts";
import { trainingImages } from "../prepare/stage.ts";
import { defineRoom } from "../room.ts";
import { job as measure } from "./job.ts";

export const ink = defineRoom({
  name: "ink",
  about: "Measure ink",
  optional: true,
  settings: settings({ above: z.int().min(0).max(254) }),
  module: import.meta.resolve("./run.ts"),
  section: import.meta.resolve("./section.ts"),
  parameters: (ink, { classes }) => ({ ...ink, classes }),
  keyed: (parameters) => parameters,
  metrics: () => ["ink.mean.share"],
  reads: trainingImages,
  writes: { metrics, shares: table({ class: word, share: number }) },
  jobs: { measure },
  shows: {},
});
`,
  "job.ts": `/** The job that measures. @module */
import { z } from "zod";
import { array, json } from "../../pipeline/artifacts.ts";
import { defineJob } from "../../pipeline/stage.ts";
import { count, settings } from "../../schema.ts";

export const job = defineJob({
  name: "measure",
  declaration: import.meta.url,
  module: import.meta.resolve("./measure.ts"),
  parameters: settings({ above: z.int(), classes: count }),
  reads: {
    trainImages: array("uint8", [null, null, null, 1]),
    trainLabels: array("uint8", [null]),
  },
  writes: { shares: json(z.array(z.number())) },
});
`,
  "measure.ts": `/** What the job does. @module */
import type { JobContextOf } from "../../pipeline/stage.ts";
import type { job } from "./job.ts";

export async function run(
  { parameters: { above, classes }, inputs, outputs, progress }: JobContextOf<typeof job>,
): Promise<void> {
  const images = await inputs.trainImages.read();
  const labels = (await inputs.trainLabels.read()).data;
  const size = images.data.length / labels.length;
  const [inked, all] = [0, 0].map(() => new Float64Array(classes));
  images.data.forEach((pixel, i) => {
    const label = labels[Math.floor(i / size)];
    all[label]++;
    if (pixel > above) inked[label]++;
  });
  progress(1, 1);
  await outputs.shares.write(Array.from(inked, (n, label) => n / all[label]));
}
`,
  "run.ts": `/** What the stage does. @module */
import type { ContextOf } from "../../pipeline/stage.ts";
import type { ink } from "./stage.ts";

export async function run(
  { parameters: { above, classes }, inputs, outputs, jobs }: ContextOf<typeof ink>,
): Promise<void> {
  const measured = await jobs.measure({
    name: "all",
    parameters: { above, classes: classes.length },
    inputs,
  });
  const shares = await measured.shares.read();
  await outputs.shares.write(classes.map((name, i) => ({ class: name, share: shares[i] })));
  const n = (await inputs.trainLabels.read()).data.length;
  const value = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  await outputs.metrics.write([{ name: "ink.mean.share", value, interval: null, n }]);
}
`,
  "charts.ts": `/** The stage's chart. @module */
import type { TopLevelSpec } from "vega-lite";

export const bars = (rows: readonly { class: string; share: number }[]): TopLevelSpec => ({
  title: "Ink of each class",
  description: "Ink of each class, as bars.",
  data: { values: [...rows] },
  mark: "bar",
  encoding: {
    x: { field: "share", type: "quantitative" },
    y: { field: "class", type: "nominal" },
  },
});
`,
  "section.ts": `/** The report's section on ink. @module */
import { decimal, table } from "../../report/markdown.ts";
import type { SectionContextOf } from "../room.ts";
import { bars } from "./charts.ts";
import type { ink } from "./stage.ts";

export async function section(
  { settings: { above }, inputs, figure, link }: SectionContextOf<typeof ink>,
): Promise<string[]> {
  const shares = await inputs.shares.read();
  return [
    "## Ink",
    \`The share of pixels above \${above} (\${link(inputs.shares, "as CSV")}).\`,
    table(["Class", "share"], shares.map(({ class: name, share }) => [name, decimal(share)])),
    await figure("ink-shares", bars(shares), "Ink of each class"),
  ];
}
`,
};

/** What is changed of the files that are there: a line in each list, and what the study says of the stage. */
const changes: Record<string, [from: string, to: string][]> = {
  "src/stages/rooms.ts": [
    ["import { prepare }", 'import { ink } from "./ink/stage.ts";\nimport { prepare }'],
    ["  prepare,\n  baseline,", "  prepare,\n  ink,\n  baseline,"],
  ],
  // A small study, in which TensorFlow has nothing to do.
  "studies/garments/study.ts": [
    ["export const study: Study = {", "const whole: Study = {"],
    [
      "  published: undefined,\n};\n",
      `  published: undefined,
};

export const study: Study = {
  ...whole,
  data: { name: "Garments", format: "synthetic", seed: 43, train: 60, test: 20 },
  ink: { above: 20 },
  baseline: { ...original.baseline, epochs: 1 },
  tune: undefined,
  cv: undefined,
  thresholds: { "ink.mean.share": 0.1 },
};
`,
    ],
  ],
  "deno.json": [
    [
      '    "cv": {',
      '    "ink": { "description": "Measure ink", "command": "deno task -q start run ink" },\n    "cv": {',
    ],
  ],
};

Deno.test("a new stage takes a folder, a line in rooms.ts, its settings and a task", () =>
  withCopy(async (copy) => {
    for (const [name, text] of Object.entries(folder)) {
      await copy.write(`src/stages/ink/${name}`, text);
    }
    for (const [name, replacements] of Object.entries(changes)) {
      for (const [from, to] of replacements) await copy.write(name, replacing(from, to));
    }
    const succeed = async (...args: string[]) => {
      const { success, stdout, stderr } = await copy.deno(...args);
      assert(success, `${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    const of = `--study=${copy.path("studies/garments")}`;
    const checked = succeed("check", "--quiet", "src/stages", "tasks", "studies");

    assertMatch(await succeed("task", "-q", "ink", of), /ink +done in/);
    const metrics = z.array(z.looseObject({ name: z.string(), value: z.number() })).parse(
      JSON.parse(await succeed("run", "-A", "tasks/metrics.ts", of, "--json")),
    );
    assertEquals(metrics.map(({ name }) => name), ["ink.mean.share"]);
    const { value, threshold } = metrics[0];
    assert(value > 0.1 && value < 0.9);
    assertEquals(threshold, 0.1);

    await succeed("task", "-q", "report", of, "--backend=wasm");
    const page = await Deno.readTextFile(copy.path("studies/garments/report.md"));
    assertStringIncludes(
      page,
      "\n## Ink\n\nThe share of pixels above 20 ([as CSV](results/ink/shares-",
    );
    assertMatch(page, new RegExp(`\\| \`ink\\.mean\\.share\` +\\| +${value.toFixed(4)} +\\|`));
    const figure = page.match(/!\[Ink of each class\]\((results\/report\/ink-shares-\w+\.svg)\)/);
    assert(figure, "the page has no such figure");
    const svg = await Deno.readTextFile(copy.path(`studies/garments/${figure[1]}`));
    assertStringIncludes(svg, "Ink of each class (synthetic data)");
    const status = await succeed("run", "-A", "tasks/status.ts", of, "--check");
    assertMatch(status, / prepare +up to date.*\n.* ink +up to date.*\n.* baseline +up to date/);

    const path = "studies/garments/study.ts";
    await copy.write(path, replacing('"ink.mean.share": 0.1', '"ink.means.share": 0.1'));
    const refused = await copy.run("tasks/run.ts", of, "ink");
    assertEquals(
      [refused.success, refused.stderr],
      [
        false,
        `error: ${path} is refused:\n  thresholds.ink.means.share: no stage reports such a metric; ` +
        "there is no ink.means.share; did you mean ink.mean.share?\n",
      ],
    );
    await copy.write(path, replacing("ink: { above: 20 }", "ink: { over: 20 }"));
    const misspelt = await copy.run("tasks/run.ts", of, "ink");
    assertStringIncludes(misspelt.stderr, "\n  ink.above: is missing; expected a number\n");
    assertStringIncludes(misspelt.stderr, "\n  ink: there is no over; there are above\n");
    await checked;
  }));
