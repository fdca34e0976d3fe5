/** Stage `report`: the page and its figures, from the artifacts of the other stages. @module */
import {
  family,
  isArtifact,
  optional,
  published,
  text,
  type Tree,
} from "../../pipeline/artifacts.ts";
import { defineStage, type Written } from "../../pipeline/stage.ts";
import type { Room } from "../room.ts";
import type { Whole } from "../study.ts";

/** The artifacts of a tree for which something holds, in the same groups. */
const only = (tree: Tree<Written>, holds: (artifact: Written) => boolean): Tree<Written> =>
  Object.fromEntries(
    Object.entries(tree)
      .map(([key, entry]): [string, Written | Tree<Written>] => [
        key,
        isArtifact(entry) ? entry : only(entry, holds),
      ])
      .filter(([, entry]) => !isArtifact(entry) || holds(entry)),
  );

/** What runs in the pages. The engine by itself, since it counts for jobs in another way. */
const CLIENTS = [
  import.meta.resolve("../../page/client/main.ts"),
  import.meta.resolve("../../classifier/client/main.ts"),
  import.meta.resolve("../../engine/layers/engine.ts"),
];

/** Settings that say where files can be had, whatever stage they are of. */
const ADDRESSES = ["mirrors", "addresses"];

/** By the name of each stage. */
const byStage = <T>(rooms: readonly Room[], of: (room: Room) => T) =>
  Object.fromEntries(rooms.map((room) => [room.name, of(room)]));

/** The stage that reports on some stages. */
export function reportOn(rooms: readonly Room[]) {
  const names = rooms.map(({ name }) => name);
  return defineStage({
    name: "report",
    about: "Render report.md, its charts, report.html and classifier.html",
    module: import.meta.resolve("./run.ts"),
    loads: [...rooms.map(({ section }) => section), ...CLIENTS],
    // The page does not say where files can be had.
    keyed: (parameters: { readonly study: Whole }) =>
      JSON.parse(
        JSON.stringify(parameters, (key, value) => ADDRESSES.includes(key) ? undefined : value),
      ),
    reads: {
      /** How each result came about. */
      manifests: byStage(rooms, ({ manifest }) => manifest),
      /** What sections show of their own stages: all that lies in `results/`. */
      own: byStage(rooms, ({ writes }) => only(writes, ({ kind }) => kind !== "local")),
      /** What they show of others', as far as these are part of the study. */
      others: byStage(rooms, ({ shows }) => only(shows, ({ stage }) => names.includes(stage))),
    },
    writes: {
      page: published("report.md", text(".md")),
      /** The same as one file for a browser, with charts that answer. */
      html: published("report.html", text(".html")),
      /** A network that runs in a browser, where the study has one. */
      classifier: optional(published("classifier.html", text(".html"))),
      /** Every accuracy with its interval: at a fixed place, for pages that are not generated. */
      accuracies: published("results/accuracies.svg", text(".svg")),
      /** What it comes to in a few words, for the head of a README. */
      badge: published("results/badge.svg", text(".svg")),
      figures: family(text(".svg")),
    },
    jobs: {},
  });
}
