/** What the sections of the report are written from: artifacts to read, figures to add. @module */
import { parse } from "@std/csv";
import type { TopLevelSpec } from "vega-lite";
import { type Metric, metricList } from "../evaluation/metrics.ts";
import type { NdArray } from "../ndarray.ts";
import { decodeFloat32, decodeUint8 } from "../files/npy.ts";
import { renderSvg } from "./svg.ts";

/** Reads artifacts by `<stage>/<artifact>`, links to them, and adds figures. */
export interface Sources {
  json<T>(input: string): Promise<T>;
  /** Rows of a CSV with a header, by column. */
  table(input: string): Promise<Record<string, string>[]>;
  /** Rows of a CSV without a header. */
  rows(input: string): Promise<string[][]>;
  floats(input: string): Promise<NdArray<Float32Array>>;
  bytes(input: string): Promise<NdArray<Uint8Array>>;
  metrics(input: string): Promise<Metric[]>;
  /** A Markdown link to an artifact. */
  link(input: string, words: string): string;
  /** Renders a chart, stores it as SVG, and gives the Markdown that shows it. */
  figure(name: string, spec: TopLevelSpec, description: string): Promise<string>;
  /** The same at a fixed place, `results/<name>.svg`, for pages that are not generated. */
  poster(name: string, spec: TopLevelSpec, description: string): Promise<string>;
}

/** What a stage offers that `Sources` needs; see `StageContext`. */
interface Store {
  read(input: string): Promise<Uint8Array>;
  write(name: string, content: string): Promise<string>;
  publish(name: string, content: string): Promise<void>;
  link(input: string): string;
}

/**
 * Sources on a stage's artifacts. Figures are kept in `results/report/`; `mark`, if any, stands
 * behind the title of each.
 */
export function sources({ read, write, publish, link }: Store, mark: string): Sources {
  const text = async (input: string) => new TextDecoder().decode(await read(input));
  const json = async <T>(input: string) => JSON.parse(await text(input)) as T;
  const render = (spec: TopLevelSpec) => {
    const { title } = spec;
    const marked = typeof title === "string"
      ? title + mark
      : { ...title as { text: string }, text: (title as { text: string }).text + mark };
    return renderSvg({ ...spec, title: marked });
  };
  return {
    json,
    table: async (input) =>
      parse(await text(input), { skipFirstRow: true }) as Record<string, string>[],
    rows: async (input) => parse(await text(input)),
    floats: async (input) => decodeFloat32(await read(input), input),
    bytes: async (input) => decodeUint8(await read(input), input),
    metrics: async (input) => metricList.parse(await json(input)),
    link: (input, words) => `[${words}](${link(input)})`,
    async figure(name, spec, description) {
      const file = await write(`${name}.svg`, await render(spec));
      return `![${description}](results/report/${file})`;
    },
    async poster(name, spec, description) {
      await publish(`results/${name}.svg`, await render(spec));
      return `![${description}](results/${name}.svg)`;
    },
  };
}
