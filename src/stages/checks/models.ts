/** What must hold for the list of networks that can be used: that it follows from what stages keep. @module */
import { join } from "node:path";
import { accuracyMetric } from "../../evaluation/accuracy.ts";
import { fitTemperature } from "../../evaluation/calibration.ts";
import { classify } from "../../evaluation/confusion.ts";
import type { Metric } from "../../evaluation/metrics.ts";
import { sha256File } from "../../files/digest.ts";
import { artifactsIn } from "../../pipeline/results.ts";
import type { Workspace } from "../../pipeline/workspace.ts";
import { baseline } from "../baseline/stage.ts";
import { champion } from "../champion/stage.ts";
import { errors } from "../errors/stage.ts";
import { readMetadata } from "../read_metadata.ts";
import { models } from "../models/stage.ts";
import type { CheckedStudy } from "../plan.ts";
import { prepare } from "../prepare/stage.ts";
import { transfer } from "../transfer/stage.ts";
import { tune } from "../tune/stage.ts";
import { agree, type Check, hold } from "./check.ts";

/** The checks of stage `models`; none where the study leaves it out. */
export function modelChecks({ study }: CheckedStudy, workspace: Workspace): Check[] {
  const { models: asked, classes } = study;
  if (!asked) return [];
  return [{
    name: "the networks that can be used are those kept, with their figures and files",
    stage: "models",
    async run() {
      const own = await artifactsIn(workspace, models);
      const file = await own.models.read();
      const form = await (await artifactsIn(workspace, prepare)).form.read();
      const lenet5 = await artifactsIn(workspace, baseline);
      const tuned = study.tune && await artifactsIn(workspace, tune);
      const bases = study.transfer && await artifactsIn(workspace, transfer);
      const temperatures = study.errors
        ? await (await artifactsIn(workspace, errors)).temperatures.read()
        : [];
      const strongest = study.champion && await artifactsIn(workspace, champion);
      const kept = [
        { of: lenet5, metrics: lenet5.metrics, half: undefined },
        ...(tuned ? [{ of: tuned.winner, metrics: tuned.metrics, half: undefined }] : []),
        ...(bases ? [{ of: bases.kept, metrics: bases.metrics, half: own.keptProbabilities }] : []),
        ...(strongest
          ? [{
            of: strongest.kept,
            metrics: strongest.kept.metrics,
            half: own.championProbabilities,
          }]
          : []),
      ];
      const truth = {
        validation: (await lenet5.validationPredictions.read()).map(({ label }) => label),
        test: (await lenet5.testPredictions.read()).map(({ label }) => label),
      };
      const names: string[] = [];
      for (const { of, metrics, half } of kept) {
        const text = await of.model.read();
        if (text === undefined) continue;
        const { metadata } = readMetadata(text);
        const { network: name } = metadata;
        names.push(name);
        const network = file.networks.find((listed) => listed.name === name);
        if (!network) throw new Error(`${name} is kept, and not listed`);
        agree(metadata.classes, [...classes], `the classes in ${name}'s model.json`);
        agree(metadata.preprocessing, form, `the form of images in ${name}'s model.json`);
        for (const listed of Object.values(network.files)) {
          agree(
            await sha256File(join(workspace.home, "results", listed.path)),
            listed.sha256,
            `the digest of ${listed.path}`,
          );
        }
        const told = figuresOf(await metrics.read(), name);
        const probabilities = half &&
          { validation: await half.validation.read(), test: await half.test.read() };
        const figures = probabilities
          ? figuresOf(
            (["validation", "test"] as const).map((part) =>
              accuracyMetric(
                `${name}.${part}.accuracy`,
                classify(probabilities[part]!),
                truth[part],
              )
            ),
            name,
          )
          : told;
        agree(network.accuracy, figures, `the accuracy of ${name} as it is kept`);
        agree(network.trained, half ? told : undefined, `the accuracy of ${name} as trained`);
        agree(network.precision, half ? "float16" : "float32", `the precision of ${name}`);
        const fitted = temperatures.find((fitted) => fitted.network === name)?.temperature;
        agree(
          network.temperatureFrom,
          fitted === undefined ? "models" : "errors",
          `where the temperature of ${name} is from`,
        );
        const given = probabilities?.validation ??
          (half ? undefined : await lenet5.validationProbabilities.read());
        if (fitted !== undefined) {
          agree(network.temperature, fitted, `the temperature of ${name}`);
        } else if (given && (half || name === "baseline")) {
          const again = fitTemperature(given, truth.validation);
          // Where another backend looked at the network, the last bits are other ones.
          hold(
            Math.abs(network.temperature - again) < 1e-3,
            `the temperature of ${name} is ${network.temperature}, not ${again}`,
          );
        }
        hold(
          network.likeness.unlike.validation <= asked.unlike,
          `${name} calls more of the validation images unlike than ${asked.unlike}`,
        );
      }
      agree(file.networks.map(({ name }) => name), names, "the networks listed");
      const accuracies = file.networks.map(({ accuracy }) => accuracy.validation.value);
      agree(
        file.best,
        names[accuracies.indexOf(Math.max(...accuracies))],
        "the network with the best validation accuracy",
      );
      const examples = await own.examples.images.read();
      const labels = (await own.examples.labels.read()).data;
      agree(examples.shape, [labels.length, ...file.input.shape], "the shape of the examples");
      const tested = classes.map((_, label) => label).filter((label) => truth.test.includes(label));
      agree([...labels], tested.slice(0, labels.length), "the classes of the examples");
    },
  }];
}

/** Accuracies of a network, as the list has them. */
function figuresOf(metrics: readonly Metric[], network: string) {
  const of = (part: string) => {
    const found = metrics.find(({ name }) => name === `${network}.${part}.accuracy`);
    if (!found) throw new Error(`there is no metric ${network}.${part}.accuracy`);
    const { value, interval, n } = found;
    return { value, interval, n };
  };
  return { validation: of("validation"), test: of("test") };
}
