/**
 * The sections of a report on results that nobody computed: of a study as small or as large as a test
 * asks for. `deno run -A tests/support/sections.ts <folder>` writes some of them as pages to look at.
 *
 * @module
 */
import { join } from "node:path";
import type { TopLevelSpec } from "vega-lite";
import {
  CORRELATED,
  GRID_CLASSES,
  GRID_IMAGES,
  inGrid,
  inTables,
  sampled,
} from "../../src/stages/prepare/kept.ts";
import { correlationMatrix } from "../../src/data/correlation.ts";
import { describe } from "../../src/data/describe.ts";
import { accuracyMetric } from "../../src/evaluation/accuracy.ts";
import { classReport } from "../../src/evaluation/classification.ts";
import { confusionMatrix } from "../../src/evaluation/confusion.ts";
import { spreadOf } from "../../src/evaluation/spread.ts";
import { correctedMean } from "../../src/evaluation/intervals.ts";
import type { Resize } from "../../src/data/resize.ts";
import type { Metric, Score } from "../../src/evaluation/metrics.ts";
import { overallScores, recalls } from "../../src/evaluation/scores.ts";
import type { NdArray } from "../../src/ndarray.ts";
import type { Manifest } from "../../src/pipeline/manifest.ts";
import type { Reader } from "../../src/pipeline/stage.ts";
import type { SectionModule } from "../../src/stages/room.ts";
import type { Figure } from "../../src/page/figures.ts";
import { CURVES, htmlPage } from "../../src/page/page.ts";
import { renderSvg } from "../../src/report/svg.ts";
import { rightBits } from "../../src/evaluation/bits.ts";
import { movesOf, sizesOf, trainings, variantNames } from "../../src/stages/ablate/plan.ts";
import * as ablateModule from "../../src/stages/ablate/section.ts";
import * as baselineModule from "../../src/stages/baseline/section.ts";
import { championMetrics } from "../../src/stages/champion/figures.ts";
import { evaluationsOf, shortenedOf, trainingsOf } from "../../src/stages/champion/plan.ts";
import * as championModule from "../../src/stages/champion/section.ts";
import * as cvModule from "../../src/stages/cv/section.ts";
import { foldMetric, MEAN, POOLED } from "../../src/stages/cv/names.ts";
import type { Study } from "../../src/stages/plan.ts";
import { figuresOf, predictionsOf, wanted } from "../../src/stages/errors/figures.ts";
import { keptSize, MISTAKEN_SIDE, mostMistaken } from "../../src/stages/errors/kept.ts";
import { mistakenBy, spriteOf } from "../../src/stages/errors/mistaken.ts";
import * as errorsModule from "../../src/stages/errors/section.ts";
import type { ModelsFile } from "../../src/stages/models/stage.ts";
import * as modelsModule from "../../src/stages/models/section.ts";
import { titleOf } from "../../src/stages/network.ts";
import * as prepareModule from "../../src/stages/prepare/section.ts";
import { exploredIn } from "../../src/stages/report/explored.ts";
import { graphDrawn, graphInMermaid, provenancePart } from "../../src/stages/report/provenance.ts";
import { metricsPart } from "../../src/stages/report/metrics.ts";
import { openingPart } from "../../src/stages/report/opening.ts";
import { toldBy, type ToldBySection } from "../../src/stages/report/told.ts";
import * as replicateModule from "../../src/stages/replicate/section.ts";
import { seedSpreadOf } from "../../src/stages/seed_spread.ts";
import * as transferModule from "../../src/stages/transfer/section.ts";
import { randomMetric } from "../../src/stages/transfer/names.ts";
import * as tuneModule from "../../src/stages/tune/section.ts";
import type { Value } from "../../src/tuning/space.ts";
import { study as root } from "../../study.ts";
import { wholeRegime } from "./regimes.ts";

/** What a study is like. */
export interface Like {
  readonly classes: readonly string[];
  /** Of every training, the trials' too. */
  readonly epochs: number;
  readonly folds: number;
  readonly trials: number;
  /** The trials of the search themselves, in place of as many as `trials` says. */
  readonly searched?: readonly SearchedTrial[];
  /** How often each network is trained, at least twice; 0 where none is trained again. */
  readonly runs: number;
  /**
   * What trainings take so many images of class 0 for, network by network, in place of what `runs` and
   * `wrong` make of it.
   */
  readonly trained?: {
    readonly labels: number;
    readonly runs: { readonly [network: string]: readonly (readonly number[])[] };
  };
  /** Height, width and, in colour, 3. */
  readonly image: readonly number[];
  /** How images were scaled, if they were. */
  readonly resize?: Resize;
  /** Training images of each class; the first class has `more` times as many. */
  readonly images: number;
  readonly more: number;
  /** Test images of each class but those without. */
  readonly tested: number;
  /** Labels of classes without test images. */
  readonly untested: readonly number[];
  /** Every how many-th image is taken for the next class; 1 for all of them, Infinity for none. */
  readonly wrong: number;
  /** Whether every epoch, trial and network scores alike. */
  readonly alike: boolean;
  /** What the original study reports, if there is one. */
  readonly published: Study["published"];
  /** Whether errors are told of LeNet-5 alone, as in a study that trains nothing else. */
  readonly alone?: boolean;
  /** Whether the study trains champions. */
  readonly champions?: boolean;
  /** What became of the trainings of the experiment on causes. */
  readonly causes: "trained" | "diverged" | "missing";
  /**
   * What networks with random weights come to, epoch by epoch, frozen or with all layers trained;
   * undefined for a training that diverged. The study has none if omitted.
   */
  readonly random?: (training: RandomTraining) =>
    | { readonly train: number; readonly validation: number }
    | undefined;
  /** See `study.ts`; one on the baseline's accuracy if omitted. */
  readonly thresholds?: Study["thresholds"];
}

/** A trial as the search keeps it. */
export interface SearchedTrial {
  readonly id: number;
  readonly parent: number | undefined;
  readonly iteration: number | undefined;
  readonly bracket: number | undefined;
  readonly rung: number | undefined;
  readonly initialEpoch: number;
  readonly epochs: number;
  readonly values: Readonly<Record<string, Value>>;
  readonly score: number;
}

/** One epoch of a network with random weights. */
export interface RandomTraining {
  readonly network: string;
  readonly training: "frozen" | "trained";
  /** Counted from 0. */
  readonly draw: number;
  readonly epoch: number;
}

/** `class 001` to as many as there are to be. */
export const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `class ${String(i + 1).padStart(3, "0")}`);

/** A study of few images, with nothing special. */
export const plainStudy: Like = {
  classes: ["cat", "dog"],
  epochs: 3,
  folds: 2,
  trials: 4,
  runs: 3,
  image: [8, 8],
  images: 3,
  more: 2,
  tested: 4,
  untested: [],
  wrong: 5,
  alike: false,
  published: undefined,
  causes: "trained",
  random: ({ draw, epoch, training }) => ({
    train: 0.5 + epoch / 1000 + draw / 100,
    validation: training === "trained" ? 0.4 : 0.6 + epoch / 1000 + draw / 100,
  }),
};

const reader = <T>(value: T): Reader<T> => ({
  read: () => Promise.resolve(value),
  file: { path: "nowhere", sha256: "0".repeat(64) },
});

/** Readers of the same artifacts where none was written. */
const missing = <T extends object>(readers: T): { readonly [K in keyof T]: Reader<undefined> } =>
  // The same keys are what makes it one.
  Object.fromEntries(
    Object.keys(readers).map((key) => [key, reader(undefined)]),
  ) as { readonly [K in keyof T]: Reader<undefined> };

const hash = "0".repeat(64);

function manifestOf(stage: string, jobs: readonly string[]): Manifest {
  const facts = { engine: "graph", backend: "tensorflow", version: "2.21.0", threads: 1 };
  return {
    format: 2,
    key: hash,
    ingredients: {
      stage,
      parameters: {},
      forms: {},
      code: {},
      packages: {},
      inputs: {},
      computed: null,
    },
    compilers: {},
    texts: {},
    outputs: {},
    lacking: [],
    provenance: {
      finishedAt: "",
      seconds: 1,
      revision: "0123456789ab",
      deno: "2.9.6",
      platform: "linux",
      processor: "some processor",
      cores: 1,
      memoryGiB: 1,
      jobs: Object.fromEntries(
        jobs.map((label) => [label, { label, key: hash, seconds: 2, facts }]),
      ),
    },
  };
}

/** Labels, so many of each class. */
const labelled = (classes: number, of: (label: number) => number) =>
  Array.from({ length: classes }, (_, label) => new Array<number>(of(label)).fill(label)).flat();

/** Images that differ from class to class, bright in the middle. */
function drawn(labels: readonly number[], image: readonly number[]): NdArray<Uint8Array> {
  const size = image.reduce((a, b) => a * b);
  const data = Uint8Array.from(
    { length: labels.length * size },
    (_, i) => 127 + 127 * Math.sin((i % size) / 7 + labels[Math.floor(i / size)] + i % 5),
  );
  return { shape: [labels.length, ...image], data };
}

const history = ({ epochs, alike }: Pick<Like, "epochs" | "alike">, shift = 0) =>
  Array.from({ length: epochs }, (_, i) => ({
    epoch: i + 1,
    loss: alike ? 0.5 : (1 + shift) / (i + 1),
    accuracy: alike ? 0.5 : 1 - 0.5 / (i + 1 + shift),
    validationLoss: alike ? 0.5 : (1.1 + shift) / (i + 1),
    validationAccuracy: alike ? 0.5 : 1 - 0.6 / (i + 1 + shift),
    kept: i === epochs - 1,
  }));

const layers = [
  { layer: "rescaling", type: "rescaling", output: "8 x 8 x 1", parameters: 0 },
  { layer: "logits", type: "dense", output: "2", parameters: 1234 },
];

/** Probabilities of which the largest are those of the classes predicted, more or less so. */
function sureOf(predicted: readonly number[], classes: number, alike: boolean) {
  const data = predicted.flatMap((of, i) => {
    const sure = alike ? 0.9 : 1 - 0.45 * (i % 7) / 7;
    return Array.from(
      { length: classes },
      (_, label) => label === of ? sure : (1 - sure) / (classes - 1),
    );
  });
  return { shape: [predicted.length, classes], data: Float32Array.from(data) };
}

/** A model as TensorFlow.js has it, of one kernel. */
function modelOf(shape: readonly number[]) {
  const length = shape.reduce((a, b) => a * b);
  const kernel = Float32Array.from({ length }, (_, i) => Math.sin(i * i));
  return {
    model: reader(
      JSON.stringify({ weightsManifest: [{ weights: [{ name: "a/kernel", shape }] }] }),
    ),
    weights: reader(new Uint8Array(kernel.buffer)),
  };
}

/** A network as stages keep it. */
function network(like: Like, name: string, parts: readonly string[]) {
  const { classes, tested, untested, wrong } = like;
  const labels = labelled(classes.length, (label) => untested.includes(label) ? 0 : tested);
  const predicted = labels.map((label, i) =>
    i % wrong === wrong - 1 ? (label + 1) % classes.length : label
  );
  const confusion = confusionMatrix(labels, predicted, classes.length);
  const scores = classReport(confusion).classes;
  const told: Score[] = ["validation", "test"].flatMap((part) =>
    overallScores(`${name}.${part}`, confusion, 1.25)
  );
  const predictions = labels.map((label, i) => ({ label, predicted: predicted[i] }));
  return {
    labels,
    predicted,
    metrics: parts.map((part) => accuracyMetric(`${name}.${part}.accuracy`, predicted, labels)),
    scores: [...told, ...recalls(`${name}.test`, confusion, classes)],
    pooled: [...overallScores(POOLED, confusion), ...recalls(POOLED, confusion, classes)],
    evaluated: {
      model: reader(""),
      weights: reader(new Uint8Array()),
      layers: reader(layers),
      history: reader(history(like)),
      validationProbabilities: reader({ shape: [0, 0], data: new Float32Array() }),
      validationPredictions: reader(predictions),
      testProbabilities: reader({ shape: [0, 0], data: new Float32Array() }),
      testPredictions: reader(predictions),
      confusion: reader(confusion),
      classes: reader(classes.map((name, i) => ({ class: name, ...scores[i] }))),
    },
  };
}

/** Networks as stage `replicate` keeps them; if nothing is said of them, each training a little worse than the one before. */
function trainedAgain(like: Like, names: readonly string[]) {
  const { trained, runs, wrong, alike } = like;
  const labels = trained ? labelled(1, () => trained.labels) : network(like, "", []).labels;
  const worse = (by: number) =>
    network({ ...like, wrong: alike ? wrong : Math.max(1, wrong - by) }, "", []).predicted;
  const columns = names.flatMap((name, n) =>
    (trained?.runs[name] ?? Array.from({ length: runs }, (_, run) => worse(n + run)))
      .map((predicted, run) => ({ name, column: `${name}.${43 + run}`, predicted }))
  );
  const spread = like.runs === 0
    ? []
    : names.flatMap((name) =>
      ["validation", "test"].map((part) =>
        seedSpreadOf(
          name,
          part,
          labels,
          columns.filter((column) => column.name === name).map(({ predicted }) => predicted),
        )
      )
    );
  return {
    spread,
    metrics: spread.map(({ network, part, mean, low, high, images }): Metric => ({
      name: `replicate.${network}.${part}.accuracy`,
      value: mean,
      interval: [low, high],
      n: images,
    })),
    predictions: labels.map((label, i) => ({
      label,
      networks: Object.fromEntries(columns.map(({ column, predicted }) => [column, predicted[i]])),
    })),
  };
}

const ablation = { ...root.ablate!, seeds: 2 };

/** Made-up results of the stage `ablate`: variants differ a little, and so do seeds, unless all is alike. */
function ablatedResults({ classes, wrong, alike }: Like, labels: readonly number[]) {
  const predicted = (every: number, from: number) =>
    labels.map((label, i) =>
      (i + from) % every === every - 1 ? (label + 1) % classes.length : label
    );
  const matrix = (rows: readonly ArrayLike<number>[]): NdArray<Uint8Array> => ({
    shape: [rows.length, rows[0].length],
    data: Uint8Array.from(rows.flatMap((row) => Array.from(row))),
  });
  const trained = trainings(ablation);
  const moved = movesOf(ablation, ablation.moves);
  return {
    metrics: reader([]),
    manifest: reader(manifestOf("ablate", ["lenet5"])),
    variants: reader(sizesOf([32, 32, 1], 10)),
    trainings: reader(
      trained.map((training) => ({ ...training, keptEpoch: 1, validationAccuracy: 0.5 })),
    ),
    testLabels: reader({ shape: [labels.length], data: Uint8Array.from(labels) }),
    testPredictions: reader(
      matrix(
        trained.map(({ variant, seed }) =>
          alike
            ? predicted(wrong, 0)
            : predicted(wrong + 2 * (9 - variantNames.indexOf(variant)), seed)
        ),
      ),
    ),
    moved: reader(moved),
    movedRight: reader(
      matrix(moved.map(({ variant, seed, down, right }) =>
        rightBits(
          alike
            ? predicted(wrong, 0)
            : predicted(Math.max(1, wrong + (variant === "mlp" ? 4 : 8) - down - right), seed),
          labels,
        )
      )),
    ),
  };
}

/** Made-up results of the stage `champion`: its networks differ a little, and so do seeds, unless all is alike. */
function championResults({ classes, wrong, alike, epochs }: Like, labels: readonly number[]) {
  const { evaluation, ...plain } = wholeRegime;
  const regime = { ...plain, epochs };
  const asked: NonNullable<Study["champion"]> = {
    networks: [
      { name: "compact", network: "compact", regime },
      {
        name: "large",
        network: "residual",
        regime: { ...regime, schedule: { type: "constant" }, evaluation },
      },
    ],
    seeds: 2,
    ensemble: "large",
    leaveOneOut: {
      network: "compact",
      epochs: 1,
      subset: { train: 11250, validation: 3750 },
    },
    published: [
      { name: hostile[0], accuracy: 0.5, source: hostile[1] },
      {
        ...{ name: "ResNet-20", accuracy: 0.95, parameters: 272_186, multiplications: 31e6 },
        ...{ epochs: 300, images: 60_000, source: "Somebody. 2018", remark: "last epoch" },
      },
    ],
  };
  const predicted = (better: number, from: number) =>
    Uint8Array.from(
      labels,
      (label, i) =>
        (alike ? i : i + from) % (wrong + (alike ? 0 : better)) === 0
          ? (label + 1) % classes.length
          : label,
    );
  const vector = (data: Uint8Array) => ({ shape: [data.length], data });
  const matrix = (rows: readonly Uint8Array[]): NdArray<Uint8Array> => ({
    shape: [rows.length, labels.length],
    data: Uint8Array.from(rows.flatMap((row) => [...row])),
  });
  const evaluations = evaluationsOf(asked);
  const each = matrix(evaluations.map(({ mirrored, seed }) => predicted(mirrored ? 4 : 2, seed)));
  const shortened = shortenedOf(asked);
  const kept = {
    evaluations,
    validationLabels: vector(Uint8Array.from(labels)),
    testLabels: vector(Uint8Array.from(labels)),
    validationPredictions: each,
    testPredictions: each,
    ensemble: {
      validationPredictions: vector(predicted(5, 0)),
      testPredictions: vector(predicted(5, 0)),
    },
  };
  const metrics = championMetrics(kept, asked);
  return {
    asked,
    metrics,
    inputs: {
      metrics: reader(metrics),
      manifest: reader(
        manifestOf("champion", trainingsOf(asked).map(({ network, seed }) => `${network}.${seed}`)),
      ),
      sizes: reader(asked.networks.map(({ name }, i) => ({
        network: name,
        parameters: 400_000 * (i + 1),
        multiplications: 5e7,
        flop: 2e10 * epochs,
      }))),
      history: reader(
        trainingsOf(asked).flatMap((training) =>
          history({ epochs, alike }).map(({ kept: _, ...epoch }) => ({
            ...training,
            learningRate: 0.1,
            ...epoch,
          }))
        ),
      ),
      evaluations: reader(evaluations),
      validationLabels: reader(kept.validationLabels),
      testLabels: reader(kept.testLabels),
      validationPredictions: reader(each),
      testPredictions: reader(each),
      ensemble: {
        validationPredictions: reader(kept.ensemble.validationPredictions),
        testPredictions: reader(kept.ensemble.testPredictions),
      },
      leftOut: reader(shortened.map(({ ingredient, seed }) => ({ ingredient, seed }))),
      leftOutPredictions: reader(
        matrix(shortened.map(({ ingredient, seed }) => predicted(ingredient.length % 5, seed))),
      ),
      kept: { model: reader(""), weights: reader(new Uint8Array()), metrics: reader([]) },
    },
  };
}

/** Validation images of networks with random weights: of those with all layers trained, the first ones. */
const RANDOM_IMAGES = { frozen: 15_000, trained: 1_500 };

/** What stage `transfer` keeps of networks with random weights. */
function randomOf({ epochs, image }: Like, of: NonNullable<Like["random"]>) {
  const told = root.transfer!.random!;
  const settings = { ...told, head: { ...told.head, epochs } };
  const { networks, seeds } = settings;
  const history = networks.flatMap((network) => {
    const rows = (training: RandomTraining["training"], draw: number, epochs: number) =>
      Array.from({ length: epochs }, (_, i) => {
        const figures = of({ network, training, draw, epoch: i + 1 });
        return figures === undefined ? [] : [{
          network,
          training,
          seed: seeds[draw],
          epoch: i + 1,
          loss: 1,
          accuracy: figures.train,
          validationLoss: 1,
          validationAccuracy: figures.validation,
          kept: i === epochs - 1,
        }];
      }).flat();
    return [
      ...seeds.flatMap((_, draw) => rows("frozen", draw, epochs)),
      ...seeds.flatMap((_, draw) => rows("trained", draw, settings.trained.epochs)),
    ];
  });
  const predictions = (images: number) =>
    Array.from({ length: images }, () => ({
      label: 0,
      networks: Object.fromEntries(
        networks.flatMap((network) => seeds.map((seed) => [`${network}.${seed}`, 0])),
      ),
    }));
  return {
    settings,
    history,
    jobs: networks.flatMap((network) =>
      seeds.flatMap((seed) => [`${network}.random${seed}`, `${network}.random${seed}.features`])
    ),
    networks: networks.map((network) => ({
      network,
      input: [...image.slice(0, 2), image[2] ?? 1],
      features: [1, 1, 512],
      parameters: 2000,
      head: 1000,
    })),
    metrics: networks.map((network): Metric => {
      const values = seeds.map((_, draw) =>
        of({ network, training: "frozen", draw, epoch: epochs })!.validation
      );
      const { mean, low, high } = spreadOf(values);
      return {
        name: randomMetric(network),
        value: mean,
        interval: low < high ? [low, high] : null,
        n: RANDOM_IMAGES.frozen,
      };
    }),
    predictions: predictions(RANDOM_IMAGES.frozen),
    trainedPredictions: predictions(RANDOM_IMAGES.trained),
  };
}

/** The original study's figures, in a report that has them. */
export const published = root.published;

/** The report on a study, and its figures by name, not yet drawn. */
export interface Written {
  readonly page: string;
  readonly figures: ReadonlyMap<string, TopLevelSpec>;
  /** The page as HTML. */
  html(): Promise<string>;
}

/** Writes all sections. */
export async function sectionsOf(like: Like): Promise<Written> {
  const { classes, image, epochs, folds, trials, alike, published } = like;
  const all = ["train", "validation", "test"];
  const figures = new Map<string, TopLevelSpec>();
  const rest = {
    link: (_: Reader<unknown>, words: string) => `[${words}](results/file)`,
    figure: (name: string, spec: TopLevelSpec, description: string) => {
      figures.set(name, spec);
      return Promise.resolve(`![${description}](${name}.svg)`);
    },
  };
  const study: Study = {
    ...root,
    title: "Some study",
    data: { ...root.data, name: "Some images" },
    classes: [...classes],
    published,
  };

  const trainLabels = labelled(
    classes.length,
    (label) => label === 0 ? like.more * like.images : like.images,
  );
  const train = {
    images: drawn(trainLabels, image),
    labels: { shape: [trainLabels.length], data: Uint8Array.from(trainLabels) },
  };
  const pixels = image.reduce((a, b) => a * b);
  const places = inTables(pixels);
  const [height, width, channels = 1] = image;
  const gridSize = inGrid(height, width);
  const scaledDown = gridSize[0] < height || gridSize[1] < width;
  const few = trainLabels.slice(0, 5);
  // Tables take each value of an image for a column.
  const flat = { ...train, images: { ...train.images, shape: [trainLabels.length, 1, pixels] } };
  const classesInGrid = sampled([...new Set(trainLabels)], GRID_CLASSES);
  const grid = trainLabels.flatMap((label, i) =>
    classesInGrid.includes(label) && trainLabels.indexOf(label) + GRID_IMAGES > i ? [i] : []
  );
  const sections: ToldBySection[] = [];
  /** Has a section written. */
  const add = async <C>(module: SectionModule<C>, context: C): Promise<void> => {
    sections.push(await toldBy(module, context));
  };
  await add(prepareModule, {
    ...rest,
    study,
    settings: { ...root.prepare, ...(like.resize ? { resize: like.resize } : {}) },
    shows: {},
    inputs: {
      manifest: reader(manifestOf("prepare", [])),
      summary: reader({
        shape: [trainLabels.length, 1 + pixels] satisfies [number, number],
        missingValues: 0,
        duplicates: 0,
        labelCounts: classes.map((_, of) => trainLabels.filter((label) => label === of).length),
        shapes: Object.fromEntries(all.map((part) => [part, [1, height, width, channels]])),
        labels: few,
        ...(scaledDown ? { image: [height, width] satisfies [number, number] } : {}),
        oneHot: few.map((label) => classes.map((_, i) => i === label ? 1 : 0)),
      }),
      shared: reader(undefined),
      form: reader<ModelsFile["preprocessing"]>({
        image: [height, width],
        size: [height, width],
        channels: channels === 3 ? 3 : 1,
        ground: null,
      }),
      head: reader(few.map((label, i) => ({
        label,
        pixels: Object.fromEntries(
          places.map((at) => [`pixel${at + 1}`, train.images.data[i * pixels + at]]),
        ),
      }))),
      describe: reader(describe(flat, places)),
      correlation: reader(
        pixels > CORRELATED ? undefined : (() => {
          const { shape, data } = correlationMatrix(flat.images, () => {});
          return { shape, data: Float32Array.from(data) };
        })(),
      ),
      gridImages: reader(drawn(grid.map((i) => trainLabels[i]), [
        ...gridSize,
        ...image.slice(2),
      ])),
      gridLabels: reader({
        shape: [grid.length],
        data: Uint8Array.from(grid, (i) => trainLabels[i]),
      }),
    },
  });

  const again = trainedAgain(like, [
    "lenet5",
    ...(like.runs > 0 && like.trials > 1 ? ["winner"] : []),
    ...(published?.winner ? ["study"] : []),
  ]);
  const seedSpread = reader(like.runs > 0 ? again.spread : undefined);

  const lenet5 = network(like, "baseline", all);
  const baselineManifest = manifestOf("baseline", ["lenet5"]);
  await add(baselineModule, {
    ...rest,
    study,
    settings: { ...root.baseline, epochs },
    shows: { seedSpread },
    inputs: {
      ...lenet5.evaluated,
      metrics: reader(lenet5.metrics),
      scores: reader(lenet5.scores),
      manifest: reader(baselineManifest),
    },
  });

  const winner = network(like, "tune.winner", all);
  const told = network(like, "tune.study", published?.winner ? all : []);
  const theirs = published?.winner ? told.evaluated : missing(told.evaluated);
  const values = (i: number): Record<string, Value> => ({
    CONV_1_FILTER: 32 + i % 33,
    KERNEL_1_FILTER: 3 + 2 * (i % 2),
    CONV_2_FILTER: 32 + i * 7 % 97,
    KERNEL_2_FILTER: 3,
    DROPOUT_1: i % 11 / 20,
    learning_rate: 1e-4 * 100 ** (i / trials),
  });
  const tuneManifest = manifestOf("tune", ["winner", "study"]);
  const tuneSettings = root.tune!;
  const searched = like.searched ?? Array.from({ length: trials }, (_, id): SearchedTrial => ({
    id,
    parent: undefined,
    iteration: 0,
    bracket: id % 3,
    rung: 0,
    initialEpoch: 0,
    epochs: 1 + id % epochs,
    values: values(id),
    score: alike ? 0.5 : id % 7 === 6 ? NaN : 0.5 + id / trials / 2,
  }));
  await add(tuneModule, {
    ...rest,
    study,
    settings: { ...tuneSettings, finalEpochs: epochs },
    shows: { seedSpread },
    inputs: {
      metrics: reader([...winner.metrics, ...told.metrics]),
      scores: reader([...winner.scores, ...told.scores]),
      manifest: reader(tuneManifest),
      trials: reader([...searched]),
      stopped: reader(undefined),
      importance: reader(
        searched.length < 4 ? null : {
          shares: Object.fromEntries(
            Object.keys(values(0)).map((name, i) => [name, alike ? 0 : i / 10]),
          ),
          r2: 0,
        },
      ),
      winners: reader({ winner: values(0), study: published?.winner && values(1) }),
      winner: winner.evaluated,
      study: theirs,
    },
  });

  if (like.runs > 0) {
    await add(replicateModule, {
      ...rest,
      study,
      settings: root.replicate!,
      shows: {},
      inputs: {
        manifest: reader(manifestOf("replicate", ["lenet5.44"])),
        metrics: reader(again.metrics),
        seedSpread: reader(again.spread),
        history: reader([]),
        validationPredictions: reader(again.predictions),
        testPredictions: reader(again.predictions),
      },
    });
  }

  const foldMetrics = Array.from(
    { length: folds },
    (_, i) => accuracyMetric(foldMetric(i), lenet5.predicted, lenet5.labels),
  );
  const mean = correctedMean(foldMetrics.map(({ value }) => value), folds - 1, 1);
  const cvMetrics: Metric[] = [
    ...foldMetrics,
    { name: MEAN, value: mean.mean, interval: [mean.low, mean.high], n: trainLabels.length },
  ];
  await add(cvModule, {
    ...rest,
    study,
    settings: { ...root.cv!, splits: folds, recipe: { ...root.cv!.recipe, epochs } },
    shows: { seedSpread },
    inputs: {
      metrics: reader(cvMetrics),
      scores: reader(lenet5.pooled),
      manifest: reader(manifestOf("cv", ["fold1"])),
      history: reader(
        Array.from(
          { length: folds },
          (_, i) =>
            history(like, i / 10).map(({ kept: _, ...epoch }) => ({ fold: i + 1, ...epoch })),
        )
          .flat(),
      ),
      predictions: reader([]),
    },
  });

  await add(ablateModule, {
    ...rest,
    study,
    settings: ablation,
    shows: {},
    inputs: ablatedResults(like, lenet5.labels),
  });

  const strongest = championResults(like, lenet5.labels);
  const none = { metrics: reader(undefined), model: reader(undefined) };
  const others = { ...none, history: reader(undefined) };

  const kinds = ["linear", "dense", "finetuned"];
  const base = root.transfer!.bases[0].name;
  const networks = kinds.map((kind) => `${base}.${kind}`);
  const transferMetrics = networks.flatMap((name) =>
    network({ ...like, wrong: like.alike ? like.wrong : like.wrong + 1 }, `transfer.${name}`, [
      "validation",
      "test",
    ]).metrics
  );
  const random = like.random && randomOf(like, like.random);
  const transferManifest = manifestOf("transfer", [
    `${base}.features`,
    ...networks,
    ...random?.jobs ?? [],
  ]);
  const better = network({ ...like, wrong: like.wrong + 1 }, "", []);
  const { causes } = root.transfer!;
  await add(transferModule, {
    ...rest,
    study,
    settings: {
      ...root.transfer!,
      causes: { ...causes, recipe: { ...causes.recipe, epochs } },
      random: random?.settings,
    },
    shows: {
      images: {
        summary: reader({
          shape: [0, 0] satisfies [number, number],
          missingValues: 0,
          duplicates: 0,
          labelCounts: [],
          shapes: { test: [1, height, width, channels] },
          labels: [],
          oneHot: [],
        }),
      },
    },
    inputs: {
      metrics: reader([...transferMetrics, ...random?.metrics ?? []]),
      kept: { model: reader(undefined), weights: reader(undefined) },
      scores: reader([]),
      random: {
        networks: reader(random?.networks),
        history: reader(random?.history),
        predictions: reader(random?.predictions),
        trainedPredictions: reader(random?.trainedPredictions),
      },
      manifest: reader(transferManifest),
      bases: reader(root.transfer!.bases.map(({ name, weights }) => ({
        name,
        file: weights.name,
        available: name === base,
        pixels: 32,
        features: [4096],
        parameters: 1000,
        networks: name === base
          ? networks.map((name) => ({ name, parameters: 2000, trained: 1000 }))
          : [],
      }))),
      history: reader(
        networks.flatMap((network) => history(like).map((epoch) => ({ network, ...epoch }))),
      ),
      validationPredictions: reader([]),
      testPredictions: reader(better.labels.map((label, i) => ({
        label,
        networks: Object.fromEntries(networks.map((name) => [name, better.predicted[i]])),
      }))),
      causes: reader(
        like.causes === "missing" ? [] : [causes.reference, ...causes.changes].map((cause, i) => {
          const diverged = like.causes === "diverged" && i > 0;
          const each = (of: (epoch: number) => number) =>
            diverged ? [] : Array.from({ length: epochs }, (_, epoch) => of(epoch));
          return {
            preprocessing: true,
            trainedFrom: cause.trainedFrom ?? "",
            learningRate: cause.learningRate ?? 1,
            losses: each((epoch) => alike ? Math.log(classes.length) : i / (epoch + 1)),
            validationLosses: each(() => 1),
            validationAccuracies: each(() => i % 2 === 0 ? 0.99 : 0),
            constant: false,
            diverged,
          };
        }),
      ),
    },
  });

  const judged = (network: string, { predicted }: { readonly predicted: readonly number[] }) => {
    const probabilities = sureOf(predicted, classes.length, alike);
    return {
      network,
      validation: { predicted, probabilities },
      test: { predicted, probabilities },
    };
  };
  const predictedBy = ({ predicted }: { readonly predicted: readonly number[] }) => ({
    validation: { predicted },
    test: { predicted },
  });
  const predictedByAll: Parameters<typeof figuresOf>[0] = {
    labels: { validation: lenet5.labels, test: lenet5.labels },
    networks: [
      judged("baseline", lenet5),
      ...(like.alone ? [] : [
        judged("tune.winner", winner),
        ...(published?.winner ? [judged("tune.study", told)] : []),
        ...networks.map((name) => ({ network: `transfer.${name}`, ...predictedBy(better) })),
      ]),
    ],
  };
  const figuresOfErrors = figuresOf(predictedByAll, 15);
  const small = keptSize(height, width, MISTAKEN_SIDE);
  const mistaken = mistakenBy(wanted(predictedByAll), mostMistaken([...small, channels]));
  const mistakenImages = drawn(
    mistaken.map((image) => lenet5.labels[image]),
    [...small, channels],
  );
  const { gallery } = figuresOfErrors;
  const keptImages = drawn(gallery.map(({ label }) => label), [
    ...keptSize(height, width),
    ...image.slice(2),
  ]);
  const nowhere = {
    picture: reader(undefined),
    classes: reader(undefined),
    all: reader(undefined),
  };
  const bare = { model: reader(undefined), weights: reader(undefined) };
  if (like.champions) {
    await add(championModule, {
      ...rest,
      study,
      settings: strongest.asked,
      shows: { baseline: others, winner: others, transferred: none, summary: reader(undefined) },
      inputs: strongest.inputs,
    });
  }
  await add(errorsModule, {
    ...rest,
    study,
    settings: root.errors!,
    shows: {
      lenet5: modelOf([5, 5, channels, 32]),
      winner: like.alone ? bare : modelOf([3, 3, channels, 70]),
    },
    inputs: {
      manifest: reader(manifestOf("errors", [])),
      scores: reader(figuresOfErrors.scores),
      temperatures: reader(figuresOfErrors.temperatures),
      calibration: reader(figuresOfErrors.calibration),
      reliability: reader(figuresOfErrors.reliability),
      comparison: reader(figuresOfErrors.comparison),
      gallery: reader(gallery),
      images: reader(gallery.length > 0 ? keptImages : undefined),
      mistakenImages: reader(predictionsOf(predictedByAll, mistaken)),
      mistakenSprite: reader(mistaken.length > 0 ? spriteOf(mistakenImages) : undefined),
    },
  });
  const ofPart = (name: string, metrics: readonly Metric[], part: string) => {
    const { value, interval, n } = metrics.find((metric) =>
      metric.name === `${name}.${part}.accuracy`
    )!;
    return { value, interval, n };
  };
  const listed = (name: string, metrics: readonly Metric[]) => {
    const accuracy = {
      validation: ofPart(name, metrics, "validation"),
      test: ofPart(name, metrics, "test"),
    };
    const half = name.startsWith("transfer");
    const file = { path: "file", sha256: "0".repeat(64) };
    return {
      name,
      title: titleOf(name),
      parameters: 1000,
      files: { model: file, weights: file, picture: file },
      precision: half ? "float16" as const : "float32" as const,
      accuracy,
      ...(half ? { trained: accuracy } : {}),
      temperature: 1.25,
      temperatureFrom: "errors" as const,
      likeness: {
        ...(half ? {} : { layer: "dense2" }),
        picture: { median: 1, limit: 2 },
        unlike: { validation: 0.01, test: 0.012 },
      },
    };
  };
  const usable = [
    listed("baseline", lenet5.metrics),
    ...(like.alone ? [] : [
      listed("tune.winner", winner.metrics),
      listed(`transfer.${networks[0]}`, transferMetrics),
    ]),
  ];
  const [high, wide] = [height, width];
  const modelsFile: ModelsFile = {
    format: 1,
    study: study.title,
    synthetic: false,
    classes: [...classes],
    input: { shape: [high, wide, channels], type: "uint8", meaning: "Brightness." },
    preprocessing: {
      image: [high, wide],
      size: [high, wide],
      channels: channels === 3 ? 3 : 1,
      ground: null,
      ...(like.resize ? { resize: like.resize } : {}),
    },
    best: usable[usable.length - 1].name,
    networks: usable,
  };
  await add(modelsModule, {
    ...rest,
    study,
    settings: root.models!,
    shows: {
      summary: reader(undefined),
      temperatures: reader(figuresOfErrors.temperatures),
    },
    inputs: {
      manifest: reader(manifestOf("models", [])),
      models: reader(modelsFile),
      baseline: nowhere,
      winner: nowhere,
      kept: nowhere,
      champion: nowhere,
      keptProbabilities: { validation: reader(undefined), test: reader(undefined) },
      championProbabilities: { validation: reader(undefined), test: reader(undefined) },
      examples: {
        images: reader({ shape: [0, high, wide, 1], data: new Uint8Array() }),
        labels: reader({ shape: [0], data: new Uint8Array() }),
      },
    },
  });
  const metrics = [
    ...lenet5.metrics,
    ...lenet5.scores,
    ...winner.metrics,
    ...winner.scores,
    ...(like.runs > 0 ? again.metrics : []),
    ...cvMetrics,
    ...lenet5.pooled,
    ...transferMetrics,
    ...random?.metrics ?? [],
    ...(like.champions ? strongest.metrics : []),
  ];
  const gated = { ...study, thresholds: like.thresholds ?? { "baseline.test.accuracy": 0.5 } };
  const beginning = await openingPart(
    gated,
    sections,
    metrics,
    (spec, description) => rest.figure("accuracies", spec, description),
  );
  const after = [
    ...sections.flatMap(({ parts }) => parts),
    ...metricsPart(gated, metrics),
  ];
  const manifests = [baselineManifest, tuneManifest, transferManifest];
  const parts = [
    `# ${study.title}`,
    ...beginning,
    ...after,
    ...provenancePart(study.data, manifests, graphInMermaid(manifests)),
  ];
  return {
    page: parts.map((part) => part.trimEnd()).join("\n\n") + "\n",
    figures,
    async html() {
      const drawn = new Map<string, Figure>();
      for (const [name, spec] of figures) {
        drawn.set(`${name}.svg`, { name, spec, svg: await renderSvg(spec) });
      }
      return await htmlPage({
        title: study.title,
        parts: [
          parts[0],
          ...beginning,
          CURVES,
          ...after,
          ...provenancePart(study.data, manifests, graphDrawn(manifests)),
        ],
        figures: drawn,
        ...exploredIn(classes, sections),
      });
    },
  };
}

/** Names that mean something in Markdown, HTML or to Vega. */
export const hostile = [
  "a|b",
  "<b>bold</b>",
  "*star*",
  "_under_score_",
  "Käse & Brötchen",
  "`code`",
  "[link](x)",
  "back\\slash\\|",
  "日本語",
  "$x$ ~y~",
  "a name so long that it would not fit into any chart that has been drawn since charts were drawn",
  "constructor",
  "__proto__",
  "0",
];

/** Studies small, large and strange, by what is special about them. */
export const likes: Readonly<Record<string, Like>> = {
  "two classes, one epoch, two folds, one trial": { ...plainStudy, epochs: 1, trials: 1 },
  "two classes, everything alike": { ...plainStudy, alike: true, more: 1, wrong: Infinity },
  "two classes, everything wrong, a class without test images": {
    ...plainStudy,
    wrong: 1,
    untested: [1],
    causes: "diverged",
  },
  "one image of each class": { ...plainStudy, images: 1, more: 1, tested: 1, causes: "missing" },
  "three classes in colour, two epochs": {
    ...plainStudy,
    classes: ["red", "green", "blue"],
    image: [8, 8, 3],
    epochs: 2,
  },
  "strange names": { ...plainStudy, classes: hostile, images: 1 },
  "47 classes, of 20 x 30 pixels": {
    ...plainStudy,
    classes: numbered(47),
    image: [20, 30],
    untested: [0, 46],
    folds: 5,
    trials: 40,
  },
  "200 classes of long names, in colour, 100 x 30": {
    ...plainStudy,
    classes: numbered(200).map((name) => `${name}, which is *the* one of ${"very ".repeat(9)}many`),
    image: [100, 30, 3],
    epochs: 12,
    folds: 10,
    trials: 300,
    untested: [3, 100],
    wrong: 3,
  },
  "256 classes, none mistaken, all as large": {
    ...plainStudy,
    classes: numbered(256),
    wrong: Infinity,
    more: 1,
    epochs: 60,
    folds: 60,
  },
  "one network": { ...plainStudy, classes: numbered(5), alone: true },
  "an original study": { ...plainStudy, classes: numbered(10), folds: 5, published },
  "an original study, and trainings of many images": {
    ...plainStudy,
    classes: numbered(10),
    tested: 40,
    wrong: 12,
    runs: 6,
    published,
  },
  "nothing trained again": { ...plainStudy, runs: 0 },
};

if (import.meta.main) {
  const [folder] = Deno.args;
  for (const [name, like] of Object.entries(likes)) {
    const into = join(folder, name.replaceAll(/[^a-z0-9]+/gi, "-"));
    await Deno.mkdir(into, { recursive: true });
    const { page, figures, html } = await sectionsOf(like);
    await Deno.writeTextFile(join(into, "report.html"), await html());
    await Deno.writeTextFile(join(into, "report.md"), page);
    for (const [name, spec] of figures) {
      await Deno.writeTextFile(join(into, `${name}.svg`), await renderSvg(spec));
    }
  }
}
