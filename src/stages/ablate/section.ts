/** The report's section on ablations. @module */
import type { SectionContextOf } from "../room.ts";
import type { ablate } from "./stage.ts";

export function section(_: SectionContextOf<typeof ablate>): Promise<string[]> {
  return Promise.resolve(["## Why"]);
}
