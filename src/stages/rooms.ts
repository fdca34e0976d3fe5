/** The stages of a study, in the order in which the report shows them. A new one is added here. @module */
import { ablate } from "./ablate/stage.ts";
import { baseline } from "./baseline/stage.ts";
import { champion } from "./champion/stage.ts";
import { cv } from "./cv/stage.ts";
import { errors } from "./errors/stage.ts";
import { models } from "./models/stage.ts";
import { prepare } from "./prepare/stage.ts";
import { replicate } from "./replicate/stage.ts";
import { transfer } from "./transfer/stage.ts";
import { tune } from "./tune/stage.ts";

/** See the module. */
export const rooms = [
  prepare,
  baseline,
  tune,
  replicate,
  cv,
  ablate,
  transfer,
  champion,
  errors,
  models,
] as const;
