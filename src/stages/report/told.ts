/** What a section tells: its own part of the page, and what the page begins with. @module */
import type { Explored } from "../../page/explored.ts";
import type { Network } from "../network.ts";
import type { SectionModule } from "../room.ts";

/** See the module. */
export interface ToldBySection {
  /** Without the `## `. */
  readonly heading: string;
  /** The section, its heading first. */
  readonly parts: readonly string[];
  readonly networks: readonly Network[];
  /** What was found, if anything was. */
  readonly finding?: string;
  readonly explored: Explored;
}

/** Has a section written. */
export async function toldBy<C>(module: SectionModule<C>, context: C): Promise<ToldBySection> {
  const parts = await module.section(context);
  return {
    heading: parts[0].replace(/^## /, ""),
    parts,
    networks: await module.networks?.(context) ?? [],
    finding: await module.finding?.(context),
    explored: await module.explored?.(context) ?? {},
  };
}
