/** What stage `report` does: has every stage's section written, and puts a page around them. @module */
import type { TopLevelSpec } from "vega-lite";
import { type Score, scoreList } from "../../evaluation/metrics.ts";
import { isArtifact, type Tree } from "../../pipeline/artifacts.ts";
import type { ContextOf, Reader, Written } from "../../pipeline/stage.ts";
import type { Figure } from "../../page/figures.ts";
import { CURVES, htmlPage } from "../../page/page.ts";
import { badgeSvg } from "../../report/badge.ts";
import { renderSvg } from "../../report/svg.ts";
import { rooms } from "../rooms.ts";
import type { SectionModule } from "../room.ts";
import { badgeOf } from "./badge.ts";
import { classifierOf, type Own } from "./classifier.ts";
import { metricsPart } from "./metrics.ts";
import { exploredIn } from "./explored.ts";
import { bestFirst, CONTENTS, openingPart } from "./opening.ts";
import { graphDrawn, graphInMermaid, provenancePart } from "./provenance.ts";
import type { reportOn } from "./stage.ts";
import { toldBy, type ToldBySection } from "./told.ts";

/** Writes the page and its figures. */
export async function run(
  { parameters: { study }, inputs, outputs, link }: ContextOf<ReturnType<typeof reportOn>>,
): Promise<void> {
  const { data } = study;
  const synthetic = data.format === "synthetic";
  const figures = new Map<string, Figure>();
  /** Renders a chart, has it stored, and returns the Markdown that shows it. */
  const shown = async (
    name: string,
    spec: TopLevelSpec,
    description: string,
    store: (svg: string) => Promise<string>,
  ) => {
    const whole = synthetic ? marked(spec) : spec;
    const svg = await renderSvg(whole);
    const address = await store(svg);
    figures.set(address, { name, spec: whole, svg });
    return `![${description}](${address})`;
  };
  const present = rooms.filter(({ name }) => name in inputs.manifests);

  const metrics: Score[] = [];
  const told: ToldBySection[] = [];
  for (const { name, section, shows } of present) {
    const own = inputs.own[name];
    metrics.push(...await figuresOf(own.metrics), ...await figuresOf(own.scores));
    const module: SectionModule = await import(section);
    // That these readers are those that the section asks for is what its stage declares.
    const context = {
      settings: study[name],
      study,
      inputs: { ...own, manifest: inputs.manifests[name] },
      shows: withMissing(shows, inputs.others[name]),
      link: (reader: Reader<unknown>, words: string) => `[${words}](${link(reader)})`,
      figure: (name: string, spec: TopLevelSpec, description: string) =>
        shown(
          name,
          spec,
          description,
          async (svg) => `results/report/${await outputs.figures.write(name, svg)}`,
        ),
    };
    told.push(await toldBy(module, context));
  }
  const manifests = await Promise.all(present.map(({ name }) => inputs.manifests[name].read()));
  const beginning = [
    `# ${study.title}`,
    synthetic
      ? "> **Synthetic data.** The images of this report are drawn by a program, so that the pipeline " +
        "can be tried without data or network. No figure here is a result on real images."
      : `A reproducible study of ${data.name}, written by \`deno task all\`. No number on this page is ` +
        `typed by hand; see [where they come from](#where-the-numbers-come-from).`,
    ...await openingPart(
      study,
      told,
      metrics,
      (spec, description) =>
        shown("accuracies", spec, description, async (svg) => {
          await outputs.accuracies.write(svg);
          return "results/accuracies.svg";
        }),
    ),
  ];
  const networks = told.flatMap(({ networks }) => networks).toSorted(bestFirst);
  await outputs.badge.write(badgeSvg(badgeOf(study, networks, metrics)));
  const rest = [...told.flatMap(({ parts }) => parts), ...metricsPart(study, metrics)];
  const parts = [
    ...beginning,
    ...rest,
    ...provenancePart(data, manifests, graphInMermaid(manifests)),
  ];
  await outputs.page.write(parts.map((part) => part.trimEnd()).join("\n\n") + "\n");
  await outputs.html.write(
    await htmlPage({
      title: study.title,
      // The page has its contents at its side.
      parts: [
        ...beginning.filter((part) => !part.startsWith(CONTENTS)),
        CURVES,
        ...rest,
        ...provenancePart(data, manifests, graphDrawn(manifests)),
      ],
      figures,
      ...exploredIn(study.classes, told),
    }),
  );
  // That these readers are those of the stages so called is what they declare.
  const classifier = await classifierOf(inputs.own as Own);
  if (classifier !== undefined) await outputs.classifier.write(classifier);
}

const isReader = (entry: object | undefined): entry is Reader<unknown> =>
  entry !== undefined && "read" in entry && typeof entry.read === "function";

/** The figures that an artifact tells; none where the stage has no such artifact. */
const figuresOf = async (reported: object | undefined): Promise<Score[]> =>
  isReader(reported) ? scoreList.parse(await reported.read()) : [];

/** A reader of an artifact whose stage is not part of the study. */
const missing: Reader<undefined> = {
  read: () => Promise.resolve(undefined),
  get file(): never {
    throw new Error("the study has no such stage");
  },
};

/** The readers of a tree, and `missing` where there is none. */
const withMissing = (tree: Tree<Written>, readers: Tree<object>): Tree<object> =>
  Object.fromEntries(
    Object.entries(tree).map(([key, entry]) => {
      const given: Tree<object> | object | undefined = readers[key];
      if (isArtifact(entry)) return [key, given ?? missing];
      return [key, withMissing(entry, { ...given })];
    }),
  );

/** A chart whose title says that its data are drawn. */
function marked(spec: TopLevelSpec): TopLevelSpec {
  const { title } = spec;
  const mark = " (synthetic data)";
  if (typeof title === "string") return { ...spec, title: title + mark };
  if (title && "text" in title && typeof title.text === "string") {
    return { ...spec, title: { ...title, text: title.text + mark } };
  }
  return spec;
}
