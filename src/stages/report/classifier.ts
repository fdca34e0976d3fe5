/** The network that runs in a browser: which one, and where its files are. @module */
import { z } from "zod";
import { classifierPage } from "../../classifier/page.ts";
import type { Reader, Readers } from "../../pipeline/stage.ts";
import { decimal, withInterval } from "../../report/markdown.ts";
import type { baseline } from "../baseline/stage.ts";
import type { champion } from "../champion/stage.ts";
import { inPage, type models } from "../models/stage.ts";
import { nameOf } from "../network.ts";
import { readMetadata } from "../read_metadata.ts";
import type { transfer } from "../transfer/stage.ts";
import type { tune } from "../tune/stage.ts";

/** A network's files, where it was kept. */
interface Files {
  readonly model: Reader<string | undefined>;
  readonly weights: Reader<Uint8Array | undefined>;
}

/** Where the training images lie in its eyes. */
type Spaces = Readers<typeof models.writes.kept>;

/** What stages have written, as far as a network may be among it. */
export interface Own {
  readonly models?: Readers<typeof models.writes>;
  readonly baseline?: Readers<typeof baseline.writes>;
  readonly tune?: Readers<typeof tune.writes>;
  readonly transfer?: Readers<typeof transfer.writes>;
  readonly champion?: Readers<typeof champion.writes>;
}

/**
 * The page of the best network that a page can carry; undefined where the study keeps none for use, or none
 * that is small enough.
 *
 * @throws {Error} where its files cannot be read, or are not those that `models.json` lists
 */
export async function classifierOf({ models, baseline, tune, transfer, champion }: Own): Promise<
  string | undefined
> {
  if (!models) return undefined;
  const file = await models.models.read();
  const listed = inPage(file);
  if (!listed) return undefined;
  const kept: readonly (readonly [Files | undefined, Spaces])[] = [
    [baseline, models.baseline],
    [tune?.winner, models.winner],
    [transfer?.kept, models.kept],
    [champion?.kept, models.champion],
  ];
  for (const [files, spaces] of kept) {
    const text = await files?.model.read();
    const weights = await files?.weights.read();
    if (text === undefined || weights === undefined) continue;
    const { json, metadata } = readMetadata(text);
    if (metadata.network !== listed.name) continue;
    const picture = await spaces.picture.read();
    if (!picture) break;
    const { value, interval } = listed.accuracy.test;
    return await classifierPage({
      title: file.study,
      synthetic: file.synthetic,
      classes: file.classes,
      network: nameOf(listed.name),
      accuracy: withInterval(value, interval, (value) => decimal(value, 3)),
      ...(listed.name === file.best ? {} : { best: nameOf(file.best) }),
      form: file.preprocessing,
      model: metadata.model,
      manifest: weightsIn(json),
      weights,
      temperature: listed.temperature,
      limits: { picture: listed.likeness.picture, features: listed.likeness.features },
      known: { picture, classes: await spaces.classes.read(), all: await spaces.all.read() },
      examples: {
        images: await models.examples.images.read(),
        labels: (await models.examples.labels.read()).data,
      },
    });
  }
  throw new Error(`models.json lists ${listed.name}, and its files are not there`);
}

/** What of a `model.json` tells what its weight file holds. */
const weightsIn = (json: unknown) => z.object({ weightsManifest: z.unknown() }).parse(json);
