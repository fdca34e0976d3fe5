/**
 * What the compiler refuses in stages, jobs and what they are asked. Nothing here runs: `deno check`
 * fails where one of these lines is fine.
 *
 * @module
 */
import { z } from "zod";
import { word } from "../../src/files/table.ts";
import {
  array,
  family,
  json,
  optional,
  optionalGroup,
  table,
  text,
} from "../../src/pipeline/artifacts.ts";
import {
  type ContextOf,
  defineJob,
  defineStage,
  type JobContextOf,
} from "../../src/pipeline/stage.ts";

const about = { about: "", module: "", declaration: "", jobs: {}, reads: {}, keyed: () => null };

const numbers = defineStage({
  ...about,
  name: "numbers",
  writes: {
    count: json(z.int()),
    rest: optional(json(z.int())),
    winner: { words: table({ word }) },
  },
});

const job = defineJob({
  ...about,
  name: "job",
  parameters: z.strictObject({ rate: z.number() }),
  reads: { count: json(z.int()), weights: optional(array("float32", [null])) },
  writes: { value: json(z.int()), note: optional(text(".txt")) },
});

const sums = defineStage({
  ...about,
  name: "sums",
  reads: { count: numbers.writes.count, rest: numbers.writes.rest, winner: numbers.writes.winner },
  writes: {
    sum: json(z.strictObject({ sum: z.number() })),
    images: array("uint8", [null, 28]),
    figures: family(text(".svg")),
    pair: optionalGroup({ words: table({ word }) }),
  },
  jobs: { job },
  keyed: ({ offset }: { offset: number }) => ({ offset }),
});

/** What holds: the lines without an error are as much a test as the others. */
export async function run(
  { parameters, inputs, outputs, jobs }: ContextOf<typeof sums>,
): Promise<void> {
  const count: number = await inputs.count.read();
  const words: { readonly word: string }[] = await inputs.winner.words.read();
  const rest: number | undefined = await inputs.rest.read();
  await outputs.sum.write({ sum: count + parameters.offset + (rest ?? 0) });
  await outputs.figures.write("bars", words[0].word);
  const done = await jobs.job({
    name: "one",
    parameters: { rate: 1 },
    inputs: { count: inputs.count },
  });
  const value: number = await done.value.read();
  const note: string | undefined = await done.note.read();
  await outputs.pair.words.write([{ word: note ?? String(value) }]);

  // @ts-expect-error an input that is not declared
  inputs.sizes;
  // @ts-expect-error an output that is not declared
  outputs.sums;
  // @ts-expect-error a job that is not declared
  jobs.other;
  // @ts-expect-error a parameter that is not declared
  parameters.offsets;
  // @ts-expect-error what may have been left out is not certain
  const certain: number = await inputs.rest.read();
  // @ts-expect-error a value of another form
  await outputs.sum.write({ total: 1 });
  // @ts-expect-error an array of another type
  await outputs.images.write({ shape: [1, 28], data: new Float32Array(28) });
  // @ts-expect-error a row of other columns
  await outputs.pair.words.write([{ words: "a" }]);
  // @ts-expect-error a member of a family without a name
  await outputs.figures.write("<svg/>");
  // @ts-expect-error an input cannot be written
  await inputs.count.write(1);

  const { count: given } = inputs;
  // @ts-expect-error parameters of another type
  await jobs.job({ name: "a", parameters: { rate: "fast" }, inputs: { count: given } });
  // @ts-expect-error a parameter too many
  await jobs.job({ name: "a", parameters: { rate: 1, more: 1 }, inputs: { count: given } });
  // @ts-expect-error no parameters
  await jobs.job({ name: "a", inputs: { count: given } });
  // @ts-expect-error without an input that it needs
  await jobs.job({ name: "a", parameters: { rate: 1 }, inputs: {} });
  // @ts-expect-error an input that it does not take
  await jobs.job({ name: "a", parameters: { rate: 1 }, inputs: { count: given, more: given } });
  // @ts-expect-error an input of another form
  await jobs.job({ name: "a", parameters: { rate: 1 }, inputs: { count: inputs.winner.words } });
  // @ts-expect-error no name
  await jobs.job({ parameters: { rate: 1 }, inputs: { count: given } });
  // @ts-expect-error the job may have left it out
  const sure: string = await done.note.read();
  void certain;
  void sure;
}

/** The same for a job. */
export async function work(
  { parameters, inputs, outputs }: JobContextOf<typeof job>,
): Promise<void> {
  const rate: number = parameters.rate;
  const weights = await inputs.weights.read();
  const data: Float32Array | undefined = weights?.data;
  await outputs.value.write(rate + (data?.length ?? 0));

  // @ts-expect-error an input that is not declared
  inputs.images;
  // @ts-expect-error a value of another form
  await outputs.value.write("1");
  // @ts-expect-error what may have been left out is not certain
  weights.data;
}

/** Artifacts that nobody writes cannot be read. */
export const wrong = (): unknown[] => [
  defineStage({
    ...about,
    name: "a",
    reads: {
      // @ts-expect-error `numbers` writes no `sizes`
      sizes: numbers.writes.sizes,
    },
    writes: {},
  }),
  defineStage({
    ...about,
    name: "b",
    reads: {
      // @ts-expect-error an artifact of no stage
      count: json(z.int()),
    },
    writes: {},
  }),
  defineStage({
    ...about,
    name: "c",
    writes: {
      // @ts-expect-error what is no artifact
      count: z.int(),
    },
  }),
];

Deno.test("what the compiler has to refuse is refused, or this file would not check", () => {});
