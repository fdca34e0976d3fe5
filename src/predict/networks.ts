/** The kept networks of a study, by `results/models.json`: found, and their files read and verified. @module */
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../files/digest.ts";
import { parseJson } from "../files/json.ts";
import { decodeTyped } from "../files/npy.ts";
import { readPlain, readPlainText } from "../files/plain.ts";
import type { Known } from "../evaluation/likeness.ts";
import type { StoredFile } from "../pipeline/stage.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import { unknownWord } from "../schema.ts";
import { type ModelMetadata, readMetadata } from "../stages/read_metadata.ts";
import {
  bestFirst,
  type ListedNetwork,
  type ModelsFile,
  modelsFile,
} from "../stages/models/stage.ts";

/** A network with all that its use takes. */
export interface Usable {
  readonly listed: ListedNetwork;
  readonly metadata: ModelMetadata;
  /** Its `model.json` and its weights. */
  readonly files: { readonly model: StoredFile; readonly weights: StoredFile };
  /** Where the images lie that it learnt from. */
  readonly known: Known;
}

/**
 * What a study lists.
 *
 * @throws {Error} where there is no such list yet, or it is none
 */
export async function readModels({ home }: Workspace): Promise<ModelsFile> {
  const path = join(home, "results", "models.json");
  const text = await readPlainText(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(
      `${path} is not there, which lists the networks that can be used: \`deno task models\` makes ` +
        `it, where \`models\` stands in study.ts.`,
      { cause },
    );
  });
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : cause}.`, { cause });
  }
  const { success, data, error } = modelsFile.safeParse(value);
  if (success) return data;
  throw new Error(`${path} is not what \`deno task models\` writes: ${z.prettifyError(error)}`);
}

/** No network is called so. */
export class UnknownNetwork extends Error {
  override name = "UnknownNetwork";
}

/**
 * The network of a name, as it is listed, or by its stage, of which the best is meant; without one, the
 * best by validation accuracy of those whose files are there.
 *
 * @throws {UnknownNetwork} where there is none of that name
 * @throws {Error} where a file of it is missing or altered
 */
export async function usable(
  workspace: Workspace,
  { networks }: ModelsFile,
  name: string | undefined,
): Promise<Usable> {
  if (name !== undefined) {
    const named = networks.filter((it) => it.name === name || it.name.startsWith(`${name}.`));
    if (named.length === 0) {
      throw new UnknownNetwork(unknownWord("network", name, networks.map(({ name }) => name)));
    }
    return await read(workspace, bestFirst(named)[0]);
  }
  const faults: Error[] = [];
  for (const network of bestFirst(networks)) {
    try {
      return await read(workspace, network);
    } catch (error) {
      faults.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  throw faults[0] ?? new Error("models.json lists no network.");
}

/** Reads a network's files, which must be those that were listed. */
async function read(workspace: Workspace, listed: ListedNetwork): Promise<Usable> {
  const load = async (file: ListedNetwork["files"]["model"]) => {
    const path = join(workspace.home, "results", file.path);
    const bytes = await readPlain(path);
    if (sha256(bytes) !== file.sha256) {
      throw new Error(
        `${path} is not the file that models.json lists; fetch it again, or make it anew with ` +
          `\`deno task models\`.`,
      );
    }
    return { path, sha256: file.sha256, bytes };
  };
  const { model, weights, picture, classes, all } = listed.files;
  const [text, values] = [await load(model), await load(weights)];
  const { metadata } = readMetadata(new TextDecoder().decode(text.bytes));
  const space = async (file: ListedNetwork["files"]["model"]) => {
    const { bytes, path } = await load(file);
    return decodeTyped(["float32"], bytes, path);
  };
  return {
    listed,
    metadata,
    files: { model: text, weights: values },
    known: {
      picture: await space(picture),
      ...(classes && all ? { classes: await space(classes), all: await space(all) } : {}),
    },
  };
}
