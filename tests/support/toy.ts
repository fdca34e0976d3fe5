/** A small project in a temporary folder, with stages and a job written by the tests. @module */
import { join } from "node:path";
import { run, type RunEvent, type RunOptions } from "../../src/pipeline/run.ts";
import type { StageDefinition } from "../../src/pipeline/stage.ts";
import { statusOf } from "../../src/pipeline/status.ts";
import type { Workspace } from "../../src/pipeline/store.ts";

const sources: Record<string, string> = {
  "deno.json": '{ "imports": {} }',
  "deno.lock": '{ "specifiers": {} }',
  "numbers.ts": `
    import { scale } from "./scale.ts";
    export async function run({ parameters, write }) {
      const numbers = Array.from({ length: parameters.count }, (_, i) => scale(i));
      await write("numbers.json", JSON.stringify(numbers), { local: true });
      await write("count.json", JSON.stringify(numbers.length));
    }`,
  "scale.ts": `
    // How numbers are scaled.
    export const scale = (x: number): number => 10 * x;
    export const unused = 1;`,
  "sums.ts": `
    export async function run({ parameters, job, write, read }) {
      const numbers = JSON.parse(new TextDecoder().decode(await read("numbers/numbers.json")));
      const sums = await Promise.all(parameters.offsets.map(async (offset) => {
        const done = await job({
          module: "sum.ts",
          label: "offset " + offset,
          parameters: { offset },
          inputs: ["numbers/numbers.json"],
        });
        return JSON.parse(new TextDecoder().decode(await done.read("sum.json")));
      }));
      await write("sums.json", JSON.stringify({ n: numbers.length, sums }));
    }`,
  "sum.ts": `
    export async function run({ parameters, read, write, record, progress }) {
      const numbers = JSON.parse(new TextDecoder().decode(await read("numbers/numbers.json")));
      if (parameters.offset < 0) throw new Error("offset " + parameters.offset + " is negative");
      record({ process: crypto.randomUUID() });
      progress(1, 2, "half");
      const sum = numbers.reduce((sum, x) => sum + x, parameters.offset);
      await write("sum.json", JSON.stringify(sum));
      progress(2, 2);
    }`,
  "page.ts": `
    export async function run({ parameters, surroundings, lacks, read, publish }) {
      const note = await Deno.stat(surroundings.cache + "/note.txt").catch(() => null);
      if (!note) lacks("note.txt");
      const sums = new TextDecoder().decode(await read("sums/sums.json"));
      await publish("page.md", "# " + parameters.title + "\\n" + sums + "\\n");
    }`,
};

const parameters = { numbers: { count: 4 }, sums: { offsets: [1, 2] }, page: { title: "Sums" } };

function stages(overrides: Partial<typeof parameters> = {}): StageDefinition[] {
  const given = { ...parameters, ...overrides };
  return [
    {
      name: "page",
      module: "page.ts",
      jobs: [],
      inputs: ["sums/sums.json"],
      parameters: given.page,
    },
    { name: "numbers", module: "numbers.ts", jobs: [], inputs: [], parameters: given.numbers },
    {
      name: "sums",
      module: "sums.ts",
      jobs: ["sum.ts"],
      inputs: ["numbers/numbers.json"],
      parameters: given.sums,
    },
  ];
}

/** A project of three stages: `numbers` -> `sums` (two jobs) -> `page` (publishes `page.md`). */
export interface Toy {
  readonly workspace: Workspace;
  readonly path: (name: string) => string;
  /** Overrides parameters of stages for all later calls. */
  configure(overrides: Partial<typeof parameters>): void;
  /** Runs targets (all by default) and gives back the names of the stages that ran, in order. */
  run(targets?: string[], options?: Partial<RunOptions>): Promise<string[]>;
  /** Reasons by stage, of those that are stale. */
  stale(): Promise<Record<string, readonly string[]>>;
  readonly events: RunEvent[];
}

/** Makes the project, hands it to a test and removes it. */
export async function withToy(test: (toy: Toy) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-toy-" }));
  const workspace = { root, home: root, cache: join(root, ".cache") };
  let overrides: Partial<typeof parameters> = {};
  const events: RunEvent[] = [];
  const isThere = async (file: string) =>
    await Deno.stat(join(workspace.cache, file)).then(() => true, () => false);
  try {
    for (const [name, text] of Object.entries(sources)) {
      await Deno.writeTextFile(join(root, name), text);
    }
    await test({
      workspace,
      path: (name) => join(root, name),
      events,
      configure: (next) => overrides = { ...overrides, ...next },
      async run(targets = ["numbers", "sums", "page"], options = {}) {
        const ran: string[] = [];
        await run(workspace, stages(overrides), targets, {
          force: false,
          jobs: 2,
          folders: {},
          isThere,
          permissions: ["--allow-read"],
          prepareBackend: () => Promise.resolve(),
          ...options,
        }, (event) => {
          events.push(event);
          if (event.type === "started") ran.push(event.stage);
        });
        return ran;
      },
      async stale() {
        const states = await statusOf(workspace, stages(overrides), isThere);
        return Object.fromEntries(
          states.filter(({ reasons }) => reasons.length > 0)
            .map(({ stage, reasons }) => [stage.name, reasons]),
        );
      },
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Replaces a piece of a text file; fails where the piece is not there. */
export async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  if (!text.includes(from)) throw new Error(`${path} does not hold ${from}`);
  await Deno.writeTextFile(path, text.replace(from, to));
}

/** Flips the lowest bit of one byte in the middle of a file. */
export async function flipByte(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1] ^= 1;
  await Deno.writeFile(path, bytes);
}

/** The only file in a folder whose name begins so. */
export async function findFile(folder: string, prefix: string): Promise<string> {
  const found = [...Deno.readDirSync(folder)].filter((entry) => entry.name.startsWith(prefix));
  if (found.length !== 1) throw new Error(`${folder} holds ${found.length} files ${prefix}*`);
  return await Promise.resolve(join(folder, found[0].name));
}
