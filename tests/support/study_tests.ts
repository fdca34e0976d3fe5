/** What holds for the results of any study, as tests. @module */
import { resultChecks } from "../../src/stages/checks/results.ts";
import type { CheckedStudy } from "../../src/stages/plan.ts";
import type { Workspace } from "../../src/pipeline/workspace.ts";

/** Registers them. */
export function studyTests(title: string, checked: CheckedStudy, workspace: Workspace): void {
  for (const { stage, name, run } of resultChecks(checked, workspace)) {
    Deno.test(`${title}: ${stage}: ${name}`, async () => void await run());
  }
}
