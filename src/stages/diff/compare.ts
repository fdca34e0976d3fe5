/** Two results of a study side by side: what differs, and what it comes from. @module */
import { canonicalJson, type Json } from "../../files/digest.ts";
import { computedChanges, ingredientChanges } from "../../pipeline/differences.ts";
import type { Manifest } from "../../pipeline/manifest.ts";
import { listed } from "../../report/markdown.ts";
import { madeWith } from "../made_with.ts";
import { rooms } from "../rooms.ts";
import type { Diff, StageDiff } from "./document.ts";
import { metricDiffers, metricsOf, networksOf, seedsOf, thresholdsOf } from "./figures.ts";
import type { Side } from "./side.ts";

/**
 * Compares two sides. What cannot be compared is told, and no reason to stop.
 *
 * @param all whether what does not differ is told as well
 */
export async function compare(one: Side, other: Side, all: boolean): Promise<Diff> {
  const refused = new Set<string>();
  const [from, to] = [one, other].map((side) => withoutThose(side, [one, other]));
  for (const { name, toRun = [] } of [one, other]) {
    if (toRun.length > 0) {
      refused.add(`Of ${name} these stages have not run yet: ${listed(toRun)}.`);
    }
  }
  const sides = { from, to, all, refuse: (why: string) => void refused.add(why) };
  const stages = stageNames(from, to).map((stage) => stageDiff(stage, from, to, all));
  const { metrics, unread } = await metricsOf(sides);
  const thresholds = thresholdsOf(sides, metrics, unread);
  return {
    format: 1,
    from: described(from),
    to: described(to),
    differs: stages.some(stageDiffers) ||
      thresholds.some(({ from, to }) => from.threshold !== to.threshold || from.holds !== to.holds),
    stages: stages.filter((it) => all || stageDiffers(it) || it.provenance.length > 0),
    metrics: metrics.filter((it) => all || metricDiffers(it)),
    thresholds,
    networks: await networksOf(sides),
    seeds: await seedsOf(sides),
    notCompared: [...refused],
  };
}

/** A side without the stages that are still to run on any. */
function withoutThose(side: Side, sides: readonly Side[]): Side {
  const apart = new Set(sides.flatMap(({ toRun = [] }) => toRun));
  const manifests = [...side.manifests].filter(([stage]) => !apart.has(stage));
  return { ...side, manifests: new Map(manifests) };
}

const described = ({ name, commit, stale }: Side): Diff["from"] => ({
  name,
  commit,
  stale: [...stale],
});

/** Whether more differs than how a stage's result came about. */
const stageDiffers = ({ state, lacking }: StageDiff): boolean =>
  state !== "same" || lacking.length > 0;

/** The stages of both sides: those that there are now in their order, the report, then all others. */
function stageNames(from: Side, to: Side): string[] {
  const there = new Set([...from.manifests.keys(), ...to.manifests.keys()]);
  const known = [...rooms.map(({ name }) => name), "report"].filter((name) => there.has(name));
  return [...known, ...[...there].filter((name) => !known.includes(name)).sort()];
}

function stageDiff(stage: string, from: Side, to: Side, all: boolean): StageDiff {
  const [then, now] = [from.manifests.get(stage), to.manifests.get(stage)];
  const artifacts = artifactsOf(then, now);
  const differing = artifacts.filter(({ from, to }) => from !== to);
  const only = { stage, artifacts, changes: [], lacking: [], provenance: [] };
  if (!then) return { ...only, state: "added" };
  if (!now) return { ...only, state: "removed" };
  return {
    stage,
    state: differing.length > 0 ? "changed" : then.key === now.key ? "same" : "remade",
    changes: [
      ...ingredientChanges(then.ingredients, now.ingredients),
      ...computedChanges(then.ingredients.computed, now.ingredients.computed),
    ],
    artifacts: all ? artifacts : differing,
    lacking: [
      ...lackingOnlyIn(then, now).map((name) => ({ name, in: "from" as const })),
      ...lackingOnlyIn(now, then).map((name) => ({ name, in: "to" as const })),
    ],
    provenance: provenanceOf(then, now),
  };
}

/** Every artifact of two manifests by its digests. */
function artifactsOf(then?: Manifest, now?: Manifest): StageDiff["artifacts"] {
  const [olds, currents] = [then?.outputs ?? {}, now?.outputs ?? {}];
  return [...new Set([...Object.keys(currents), ...Object.keys(olds)])].map((name) => ({
    name,
    ...(olds[name] && { from: olds[name].sha256 }),
    ...(currents[name] && { to: currents[name].sha256 }),
  }));
}

const lackingOnlyIn = (one: Manifest, other: Manifest): string[] =>
  one.lacking.map(({ name }) => name)
    .filter((name) => !other.lacking.some((file) => file.name === name));

/** How a result came about, as far as that is told of all stages alike. */
function factsOf(manifest: Manifest): Record<string, Json> {
  const { jobs: _, ...facts } = manifest.provenance;
  return { ...facts, madeWith: madeWith(manifest) };
}

function provenanceOf(then: Manifest, now: Manifest): StageDiff["provenance"] {
  const [before, after] = [factsOf(then), factsOf(now)];
  return Object.keys(after)
    .filter((fact) => canonicalJson(before[fact]) !== canonicalJson(after[fact]))
    .map((fact) => ({ fact, from: before[fact], to: after[fact] }));
}
