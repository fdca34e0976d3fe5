/**
 * `deno task status`: what is up to date, what is not, and exactly why. `--check` fails if any is not,
 * of all studies whose results are in git if none is named.
 *
 * @module
 */
import { needs, type StageStatus, statusOf } from "../src/pipeline/status.ts";
import { describeSandbox, readSandbox } from "../src/runtime/sandbox.ts";
import { drawn, madeOf, mermaid, type StageNode } from "../src/stages/graph.ts";
import { madeWith } from "../src/stages/made_with.ts";
import { command } from "./command.ts";
import { EXITS } from "./exits.ts";
import { standardOutput } from "./screen.ts";
import { keptStudies, project } from "./workspace.ts";

/** The stages with their states as a graph. */
const nodesOf = (states: readonly StageStatus[]): StageNode[] =>
  states.map(({ planned: { stage }, reasons, leftovers, last }) => ({
    name: stage.name,
    needs: needs(stage),
    current: reasons.length + leftovers.length === 0,
    made: last && madeOf(last.manifest),
  }));

/** The graph, and below it what is to be said of single stages. */
function told(states: readonly StageStatus[]): string[] {
  const { isTerminal, size } = standardOutput();
  const made = new Map<string, string[]>();
  for (const { planned: { stage }, last } of states) {
    const with_ = last ? madeWith(last.manifest).join("; ") : "";
    if (with_) made.set(with_, [...made.get(with_) ?? [], stage.name]);
  }
  return [
    ...drawn(nodesOf(states), isTerminal ? size().columns : 80),
    ...states.flatMap(({ planned: { stage }, reasons, leftovers }) =>
      reasons.length + leftovers.length === 0 ? [] : [
        `${stage.name} is stale:`,
        ...reasons.map((reason) => `  - ${reason}`),
        ...leftovers.map((path) => `  - left by an earlier result: ${path}`),
      ]
    ),
    ...[...made].map(([with_, stages]) => `Made with ${with_}: ${stages.join(", ")}.`),
  ];
}

await command("status", async ({ flags: { check, mermaid: diagram, study } }) => {
  const stale: string[] = [];
  for (const home of check && study === undefined ? await keptStudies() : [study]) {
    const { plan, workspace, locator, folder } = await project(home);
    // A gate does not take the manifests' word for what code comes to.
    const states = await statusOf(workspace, plan, locator, check ? new Map() : undefined);
    if (home && home !== study && !diagram) console.log(`\n${folder}`);
    const lines = diagram ? mermaid(nodesOf(states)).trimEnd() : told(states).join("\n");
    console.log(lines);
    if (states.some(({ reasons, leftovers }) => reasons.length + leftovers.length > 0)) {
      stale.push(folder ? ` --study=${folder}` : "");
    }
  }
  if (!diagram) console.log(describeSandbox(await readSandbox()));
  if (!check || stale.length === 0) return EXITS.done;
  const commands = stale.map((flag) => `\`deno task all${flag}\``).join(", ");
  console.error(`Committed results are stale or altered: run ${commands} and commit.`);
  return EXITS.differs;
});
