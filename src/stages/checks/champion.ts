/** What must hold for the results of stage `champion`: that its figures follow from its predictions. @module */
import { artifactsIn } from "../../pipeline/results.ts";
import type { Workspace } from "../../pipeline/workspace.ts";
import { baseline } from "../baseline/stage.ts";
import {
  champion,
  championMetrics,
  evaluationsOf,
  keptIn,
  parts,
  shortenedOf,
  trainingsOf,
} from "../champion/stage.ts";
import type { CheckedStudy } from "../plan.ts";
import { agree, type Check, hold } from "./check.ts";

/** The checks of stage `champion`; none where the study leaves it out. */
export function championChecks({ study }: CheckedStudy, workspace: Workspace): Check[] {
  const { champion: asked, classes } = study;
  if (!asked) return [];
  return [{
    name: "means over seeds follow from predictions of the trainings that the study asks for",
    stage: "champion",
    async run() {
      const own = await artifactsIn(workspace, champion);
      const kept = await keptIn(own);
      agree(
        kept.evaluations,
        evaluationsOf(asked),
        "the evaluations are not those that the study asks for",
      );
      const history = await own.history.read();
      agree(
        history.map(({ network, seed, epoch }) => ({ network, seed, epoch })),
        trainingsOf(asked).flatMap(({ network, seed }) => {
          const { epochs } = asked.networks.find(({ name }) => name === network)!.regime;
          return Array.from({ length: epochs }, (_, i) => ({ network, seed, epoch: i + 1 }));
        }),
        "the epochs are not those that the study asks for",
      );
      const shortened = await own.leftOut.read();
      agree(
        shortened,
        shortenedOf(asked).map(({ ingredient, seed }) => ({ ingredient, seed })),
        "the shortened trainings are not those that the study asks for",
      );
      const known = await artifactsIn(workspace, baseline);
      for (const part of parts) {
        const labels = (await known[`${part}Predictions`].read()).map(({ label }) => label);
        agree(
          [...kept[`${part}Labels`].data],
          labels,
          `the ${part} labels are not those of stage baseline`,
        );
        agree(
          [...kept[`${part}Predictions`].shape],
          [kept.evaluations.length, labels.length],
          `the ${part} predictions are not one an evaluation and image`,
        );
        agree(
          [...kept.ensemble[`${part}Predictions`].shape],
          [labels.length],
          `the ensemble's ${part} predictions are not one an image`,
        );
      }
      const leftOut = await own.leftOutPredictions.read();
      agree(
        [...leftOut.shape],
        [shortened.length, asked.leaveOneOut.subset.validation],
        "the predictions of shortened trainings are not one a training and image",
      );
      const predicted = parts.flatMap((part) => [
        kept[`${part}Predictions`],
        kept.ensemble[`${part}Predictions`],
      ]);
      hold(
        [...predicted, leftOut].every(({ data }) => data.every((label) => label < classes.length)),
        "something is predicted that is no class",
      );
      agree(
        await own.metrics.read(),
        championMetrics(kept, asked),
        "the metrics do not follow from the predictions",
      );
    },
  }];
}
