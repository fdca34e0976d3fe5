/** From a study to the stages that it consists of: checked first, with every fault in one message. @module */
import { z } from "zod";
import { recallOf } from "../evaluation/metrics.ts";
import { lenet5 } from "../models/lenet5.ts";
import type { ModelSpec } from "../models/spec.ts";
import { tunedLenet } from "../models/tuned_lenet.ts";
import { mapTree } from "../pipeline/artifacts.ts";
import type { Planned, Written } from "../pipeline/stage.ts";
import { settings, shortly, unknownName } from "../schema.ts";
import { inputOf } from "./input.ts";
import { reportOn } from "./report/stage.ts";
import type { Fault, Room, SettingsOf } from "./room.ts";
import { rooms } from "./rooms.ts";
import { type Basics, basics } from "./study.ts";

type AnyRoom = typeof rooms[number];
type Optional = Extract<AnyRoom, { readonly optional: true }>;
type Needed = Exclude<AnyRoom, Optional>;

/** What `study.ts` holds: what is studied, and what is said of each stage under its name. */
export type Study =
  & Basics
  & { readonly [R in Needed as R["name"]]: SettingsOf<R> }
  & { readonly [R in Optional as R["name"]]?: SettingsOf<R> };

/** The stages of a study as the schema knows them. */
const schema = settings({
  ...basics,
  ...Object.fromEntries(
    rooms.map((room): [string, z.ZodType] => [
      room.name,
      room.optional ? room.settings.optional() : room.settings,
    ]),
  ),
});

/** A study is refused; the message has a line a fault. */
export class StudyError extends Error {
  override name = "StudyError";
  constructor(readonly faults: readonly Fault[], file: string) {
    // Several stages may say the same.
    const lines = new Set(faults.map(({ path, message }) => `  ${pathText(path)}: ${message}`));
    super(`${file} is refused:\n${[...lines].join("\n")}`);
  }
}

const pathText = (path: readonly PropertyKey[]) =>
  path.map((key, i) =>
    typeof key === "number" ? `[${key}]` : i === 0 ? String(key) : `.${String(key)}`
  )
    .join("") || "the study";

/** A study that has been checked, and the stages that it has. */
export interface CheckedStudy {
  readonly study: Study;
  readonly rooms: readonly Room[];
}

/**
 * Checks a study as `study.ts` exports it, whatever it holds.
 *
 * @param file what errors call it
 * @throws {StudyError} with every fault and its path
 */
export function checkStudy(value: unknown, file = "study.ts"): CheckedStudy {
  const study = parsed(value, file);
  const present: readonly Room[] = rooms.filter(({ name }) => study[name] !== undefined);
  const said: { readonly [stage: string]: unknown } = study;
  const input = inputOf(study.prepare);
  const metrics = present.flatMap((room) => room.metrics(said[room.name], study));
  const faults = [
    ...present.flatMap((room) => room.faults(said[room.name], study, input)),
    ...Object.keys(study.thresholds).filter((name) => !metrics.includes(name)).map((name) => ({
      path: ["thresholds", name],
      message: `no stage reports such a metric; ${unknownMetric(name, metrics, study.classes)}`,
    })),
    ...publishedFaults(study, present, metrics),
  ];
  if (faults.length > 0) throw new StudyError(faults, file);
  return { study, rooms: present };
}

/** What was meant by a metric that there is not: which of its stage or, where its network is right, which class. */
function unknownMetric(
  name: string,
  metrics: readonly string[],
  classes: readonly string[],
): string {
  const before = recallOf(name);
  if (before !== undefined && metrics.includes(before + classes[0])) {
    return unknownName(name.slice(before.length), classes);
  }
  const ofStage = metrics.filter((known) => known.startsWith(name.slice(0, name.indexOf(".") + 1)));
  return unknownName(name, ofStage.length > 0 ? ofStage : metrics);
}

/**
 * Published figures that nothing answers: a misspelt one would lose its column without a word. Those
 * of stages that the study leaves out may stay.
 */
function publishedFaults(
  study: Study,
  present: readonly Room[],
  metrics: readonly string[],
): Fault[] {
  const { published, classes, prepare, transfer } = study;
  if (!published) return [];
  const absent: readonly string[] = rooms.map(({ name }) => name)
    .filter((name) => !present.some((room) => room.name === name));
  const unknown = (
    at: keyof typeof published,
    names: readonly string[],
    known: readonly string[],
  ) =>
    names.filter((name) => !known.includes(name)).map((name) => ({
      path: ["published", at, name],
      message: unknownName(name, known),
    }));
  const layersOf = (model: ModelSpec) => model.layers.map(({ name }) => name);
  const anyTuned = {
    CONV_1_FILTER: 1,
    KERNEL_1_FILTER: 1,
    CONV_2_FILTER: 1,
    KERNEL_2_FILTER: 1,
    DROPOUT_1: 0,
  };
  const input = inputOf(prepare);
  return [
    ...unknown(
      "figures",
      Object.keys(published.figures ?? {}).filter((name) => !absent.includes(name.split(".")[0])),
      metrics,
    ),
    ...unknown(
      "lenet5Parameters",
      Object.keys(published.lenet5Parameters ?? {}),
      layersOf(lenet5(input, classes.length)),
    ),
    ...unknown(
      "tunedParameters",
      Object.keys(published.tunedParameters ?? {}),
      layersOf(tunedLenet(anyTuned, input, classes.length)),
    ),
    ...(transfer
      ? unknown(
        "transfer",
        Object.keys(published.transfer ?? {}),
        [
          ...transfer.bases.flatMap(({ name, network }) => [name, network]),
          ...transfer.random?.networks ?? [],
        ],
      )
      : []),
  ];
}

/** A value that passes the schema, as the type that the schema is of. */
function parsed(value: unknown, file: string): Study {
  let issues: readonly z.core.$ZodIssue[] = [];
  const isStudy = (value: unknown): value is Study => {
    try {
      const result = schema.safeParse(value);
      issues = result.error?.issues ?? [];
      return result.success;
    } catch (error) {
      // A list of bytes, say, cannot be frozen, and looking at a value may run code that throws.
      const why = error instanceof Error ? error.message : String(error);
      throw new StudyError(
        [{ path: [], message: `a value in it cannot be looked at: ${why}` }],
        file,
      );
    }
  };
  if (isStudy(value)) {
    const broken = brokenTexts(value, []);
    if (broken.length > 0) throw new StudyError(broken, file);
    return value;
  }
  throw new StudyError(issues.flatMap((issue) => faultOf(issue, value)), file);
}

/** Texts and names with half a character in them, which no file can hold. */
function brokenTexts(value: unknown, path: readonly string[]): Fault[] {
  const message = "half of a character (a lone surrogate) stands in it";
  if (typeof value === "string") return value.isWellFormed() ? [] : [{ path, message }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) =>
    key.isWellFormed() ? brokenTexts(entry, [...path, key]) : [{ path: [...path, key], message }]
  );
}

/** What a schema complains of, in words for whoever wrote `study.ts`. */
function faultOf(issue: z.core.$ZodIssue, study: unknown): Fault[] {
  const { path } = issue;
  const value = path.reduce<unknown>(
    (at, key) => typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined,
    study,
  );
  if (value === undefined && issue.code !== "unrecognized_keys" && issue.code !== "custom") {
    const expected = issue.code === "invalid_type" ? `; expected ${article(issue.expected)}` : "";
    return [{ path, message: `is missing${expected}` }];
  }
  if (value === undefined || issue.code === "unrecognized_keys") {
    return [{ path, message: issue.message }];
  }
  return [{ path, message: `${shortly(value)}: ${issue.message}` }];
}

const article = (type: string) => `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;

/**
 * The stages of a study with their parameters, the report last. What a stage may read of one that the
 * study leaves out counts as left out.
 */
export function planOf({ study, rooms }: CheckedStudy): Planned[] {
  const said: { readonly [stage: string]: unknown } = study;
  const names = rooms.map(({ name }) => name);
  const there = (artifact: Written): Written =>
    artifact.optional && !names.includes(artifact.stage) ? { ...artifact, absent: true } : artifact;
  return [
    ...rooms.map((room) => ({
      stage: { ...room, reads: mapTree(room.reads, there) },
      parameters: room.parameters(said[room.name], study),
    })),
    { stage: reportOn(rooms), parameters: { study } },
  ];
}
