/** The stages as a graph: every edge is drawn, and no other; within the columns that there are. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  computingOf,
  drawn,
  madeOf,
  mermaid,
  recordedNodes,
  type StageNode,
} from "../../src/stages/graph.ts";
import { manifest } from "../support/manifest.ts";

const made = (seconds: number, kept: number, cached = 0) => ({ seconds, kept, cached });

/** A small study, as `docs/commands.md` shows it. */
const nodes: readonly StageNode[] = [
  { name: "prepare", needs: [], current: true, made: made(4.9, 2.6e6, 72e6) },
  { name: "baseline", needs: ["prepare"], current: false, made: made(66, 3.14e6) },
  { name: "tune", needs: ["prepare"], current: true, made: made(974, 4.7e6) },
  { name: "replicate", needs: ["prepare", "baseline", "tune"], current: false },
  { name: "cv", needs: ["prepare"], current: true, made: made(4.1, 373_000) },
  {
    name: "report",
    needs: ["prepare", "baseline", "tune", "replicate", "cv"],
    current: false,
    made: made(0.78, 1.04e6),
  },
];

Deno.test("a stage has a line, with its state, its time and its sizes, and a rail to each that reads from it", async () => {
  const lines = [
    "                stage                    computing  results  .cache",
    "╭────────────── prepare    up to date        4.9 s   2.6 MB   72 MB",
    "├──┬─────────── baseline   stale        1 min 06 s   3.1 MB",
    "├──┼──┬──────── tune       up to date  16 min 14 s   4.7 MB",
    "├──●──●──┬───── replicate  stale",
    "├──┼──┼──┼──┬── cv         up to date        4.1 s   373 kB",
    "╰──●──●──●──●── report     stale            780 ms   1.0 MB",
    "                in all                 17 min 30 s    12 MB   72 MB",
  ];
  const found = drawn(nodes, 80);
  assertEquals(found, lines);
  const page = await Deno.readTextFile(new URL("../../docs/commands.md", import.meta.url));
  assertStringIncludes(page, "```\n" + found.join("\n") + "\n```\n");
});

/** Any graph of stages, each after those that it needs. */
const graphs = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.tuple(
    ...Array.from({ length: n }, (_, i) => fc.subarray(Array.from({ length: i }, (_, j) => j))),
  )
).map((rows): StageNode[] =>
  rows.map((needs, i) => ({ name: `s${i}`, needs: needs.map((j) => `s${j}`), current: i % 2 > 0 }))
);

/** The edges that a drawing shows: which rails a row is dotted on or branches from, by whose rail that is. */
function edgesIn(lines: readonly string[]): string[] {
  const edges: string[] = [];
  const owner = new Map<number, string>();
  for (const line of lines.slice(1, -1)) {
    const [, rails, name] = /^(.*?)(s\d+)/.exec(line)!;
    for (const [column, mark] of [...rails].entries()) {
      if ("├╰●".includes(mark)) edges.push(`${owner.get(column)} -> ${name}`);
      if ("╭┬".includes(mark)) owner.set(column, name);
    }
  }
  return edges.sort();
}

Deno.test("a drawing shows the edges that there are, and no others, whatever the graph", () => {
  fc.assert(fc.property(graphs, fc.constantFrom(80, 60, 40), (nodes, width) => {
    const lines = drawn(nodes, width);
    for (const line of lines) assert([...line].length <= width, line);
    const edges = nodes.flatMap(({ name, needs }) => needs.map((need) => `${need} -> ${name}`));
    assertEquals(edgesIn(lines), edges.sort());
  }));
});

Deno.test("where there is little room, columns go before rails, and a name stays", () => {
  for (const width of [80, 60, 50, 40, 30, 24]) {
    for (const line of drawn(nodes, width)) assert([...line].length <= width, `${width}: ${line}`);
  }
  assertEquals(drawn(nodes, 10).length, 8);
  assertStringIncludes(drawn(nodes, 10).join("\n"), "replicate");
});

Deno.test("a Mermaid diagram has the stages, their edges, and which are stale", () => {
  const text = mermaid(nodes);
  assertStringIncludes(text, 'graph LR\n  prepare["prepare<br>4.9 s, 75 MB"]\n');
  assertStringIncludes(text, '  baseline["baseline<br>1 min 06 s, 3.1 MB<br>stale"]\n');
  assertStringIncludes(text, '  replicate["replicate<br>stale"]\n');
  assertStringIncludes(text, "  class baseline,replicate,report stale\n");
  const edges = [...text.matchAll(/^ {2}(\w+) --> (\w+)$/gm)].map(([, from, to]) => [from, to]);
  assertEquals(edges, nodes.flatMap(({ name, needs }) => needs.map((need) => [need, name])));
  // The report says nothing of states.
  assert(!mermaid(nodes.map(({ current: _, ...node }) => node)).includes("stale"));
});

Deno.test("what a result took is told by its manifest", () => {
  const sizes = madeOf({
    format: 2,
    ...manifest,
    outputs: {
      a: { file: "a", sha256: "0".repeat(64), bytes: 10, kind: "committed" },
      b: { file: "b", sha256: "0".repeat(64), bytes: 200, kind: "published" },
      c: { file: "c", sha256: "0".repeat(64), bytes: 3000, kind: "local" },
    },
  });
  assertEquals([sizes.kept, sizes.cached], [210, 3000]);
});

Deno.test("computing is the time of all jobs, whichever run they ended in, or the stage's own where it has none", () => {
  const job = (seconds: number) => ({ label: "a job", key: "0".repeat(64), seconds, facts: {} });
  const of = (jobs: Record<string, ReturnType<typeof job>>) =>
    computingOf({
      format: 2,
      ...manifest,
      provenance: { ...manifest.provenance, seconds: 2.5, jobs },
    });
  assertEquals([of({}), of({ a: job(40) }), of({ a: job(40), b: job(0.5) })], [2.5, 40, 40.5]);
});

Deno.test("manifests tell the graph that the stages have", () => {
  const of = (stage: string, inputs: readonly string[]) => ({
    format: 2 as const,
    ...manifest,
    ingredients: {
      ...manifest.ingredients,
      stage,
      inputs: Object.fromEntries(inputs.map((input) => [input, "0".repeat(64)])),
    },
  });
  const nodes = recordedNodes([
    of("prepare", []),
    of("baseline", ["prepare/images.npy", "prepare/labels.npy"]),
    of("errors", ["prepare/labels.npy", "baseline/manifest.json"]),
  ], "report");
  assertEquals(nodes.map(({ name, needs }) => [name, needs]), [
    ["prepare", []],
    ["baseline", ["prepare"]],
    ["errors", ["prepare", "baseline"]],
    ["report", ["prepare", "baseline", "errors"]],
  ]);
  // A drawing without states has no column of them; what is not known of the last one is left out.
  const lines = drawn(nodes, 80);
  assertEquals([lines[0].trim(), lines[4]], [
    "stage     computing  results  .cache",
    "╰──●──●── report",
  ]);
});
