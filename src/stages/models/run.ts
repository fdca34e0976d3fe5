/**
 * What stage `models` does: looks at each network that is kept, as it is kept, and lists them with all
 * that their use takes.
 *
 * @module
 */
import { take } from "../../data/prepare.ts";
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { fitTemperature } from "../../evaluation/calibration.ts";
import { classify } from "../../evaluation/confusion.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { countParameters } from "../../models/shapes.ts";
import type { ContextOf, Reader } from "../../pipeline/stage.ts";
import { readMetadata } from "../read_metadata.ts";
import { metricOf, titleOf } from "../network.ts";
import { bestFirst, type ListedNetwork } from "./index.ts";
import type { models } from "./stage.ts";

type Context = ContextOf<typeof models>;

/** A kept network, as a stage may have written it. */
interface Kept {
  readonly model: Reader<string | undefined>;
  readonly weights: Reader<Uint8Array | undefined>;
  readonly metrics: Reader<Metric[] | undefined>;
}

/** Training images that are looked at: enough for distances, and seconds for small networks. */
const LOOKED_AT = 5000;

/** Test images that are kept as examples, of a class each. */
const EXAMPLES = 10;

/** Writes what the stage declares. */
export async function run(context: Context): Promise<void> {
  const { parameters: { title, synthetic, classes }, inputs, outputs } = context;
  const temperatures = new Map(
    (await inputs.errors.temperatures.read())?.map(({ network, temperature }) => [
      network,
      temperature,
    ]),
  );
  const found = await Promise.all(
    (["baseline", "winner", "kept", "champion"] as const).map((key) =>
      judged(key, context, temperatures)
    ),
  );
  const networks = found.filter((network) => network !== undefined);
  const [best] = bestFirst(networks);
  const { metadata } = readMetadata(await inputs.baseline.model.read());
  const testLabels = await inputs.images.testLabels.read();
  const examples = classes.map((_, label) => testLabels.data.indexOf(label))
    .filter((place) => place >= 0).slice(0, EXAMPLES);
  await outputs.examples.images.write(take(await inputs.images.testImages.read(), examples));
  await outputs.examples.labels.write(take(testLabels, examples));
  await outputs.models.write({
    format: 1,
    study: title,
    synthetic,
    classes: [...classes],
    input: { ...metadata.input, type: "uint8" },
    preprocessing: await inputs.form.read(),
    best: best.name,
    networks,
  });
}

/** An artifact as a reader of something that may not be there. */
const maybe = <T>(reader: Reader<T>): Reader<T | undefined> => reader;

/** What is known to have been read, to pass on to a job. */
function given<T>(reader: Reader<T | undefined>, value: T | undefined): Reader<T> {
  if (value === undefined) throw new Error("a network is kept without its weights");
  return { read: () => Promise.resolve(value), file: reader.file };
}

/** A file of another stage as `models.json`, which is in `results/`, refers to it. */
const listed = (reader: Reader<unknown>, link: Context["link"]) => ({
  path: link(reader).replace(/^results\//, ""),
  sha256: reader.file.sha256,
});

/** Accuracies of a network on images that it has not learnt from. */
function accuraciesIn(metrics: readonly Metric[], network: string): ListedNetwork["accuracy"] {
  const of = (part: "validation" | "test") => {
    const { value, interval, n } = metricOf(metrics, `${network}.${part}.accuracy`);
    return {
      value,
      interval: interval && [interval[0], interval[1]] satisfies [number, number],
      n,
    };
  };
  return { validation: of("validation"), test: of("test") };
}

/** Looks at a network; undefined where it was not kept. */
async function judged(
  key: "baseline" | "winner" | "kept" | "champion",
  { parameters: { unlike }, inputs, outputs, jobs, link }: Context,
  temperatures: ReadonlyMap<string, number>,
): Promise<ListedNetwork | undefined> {
  const of: Kept = key === "baseline"
    ? {
      model: maybe(inputs.baseline.model),
      weights: maybe(inputs.baseline.weights),
      metrics: maybe(inputs.baseline.metrics),
    }
    : inputs[key];
  const text = await of.model.read();
  if (text === undefined) return undefined;
  const { metadata: { network: name, model } } = readMetadata(text);
  const job = await jobs.judge({
    name,
    label: `${titleOf(name)} looked at`,
    parameters: { model, unlike, most: LOOKED_AT, threads: 1 },
    inputs: {
      ...inputs.images,
      model: given(of.model, text),
      weights: given(of.weights, await of.weights.read()),
    },
  });

  const labels = (await inputs.images.trainLabels.read()).data;
  const truth = {
    validation: Array.from(
      (await inputs.images.validationIndices.read()).data,
      (index) => labels[index],
    ),
    test: (await inputs.images.testLabels.read()).data,
  };
  const probabilities = {
    validation: await job.validationProbabilities.read(),
    test: await job.testProbabilities.read(),
  };
  const trained = accuraciesIn(await of.metrics.read() ?? [], name);
  const half = key === "kept" || key === "champion";
  if (half) {
    await outputs[`${key}Probabilities`].validation.write(probabilities.validation);
    await outputs[`${key}Probabilities`].test.write(probabilities.test);
  }
  const accuracy = half
    ? accuraciesIn(
      (["validation", "test"] as const).map((part) =>
        accuracyMetric(`${name}.${part}.accuracy`, classify(probabilities[part]), truth[part])
      ),
      name,
    )
    : trained;

  const spaceOf = async (which: "picture" | "classes" | "all") => {
    const space = await job[which].read();
    if (!space) return undefined;
    // What is written has the job's bytes.
    const { sha256 } = job[which].file;
    return { path: `models/${await outputs[key][which].write(space)}`, sha256 };
  };
  const picture = await spaceOf("picture");
  if (!picture) throw new Error(`${name} was looked at, and nothing came of it`);
  const [ofClasses, ofAll] = [await spaceOf("classes"), await spaceOf("all")];
  const temperature = temperatures.get(name);
  return {
    name,
    title: titleOf(name),
    parameters: countParameters(model),
    files: {
      model: listed(of.model, link),
      weights: listed(of.weights, link),
      picture,
      ...(ofClasses && ofAll ? { classes: ofClasses, all: ofAll } : {}),
    },
    precision: half ? "float16" : "float32",
    accuracy,
    ...(half ? { trained } : {}),
    temperature: temperature ?? fitTemperature(probabilities.validation, truth.validation),
    temperatureFrom: temperature === undefined ? "models" : "errors",
    likeness: await job.likeness.read(),
  };
}
