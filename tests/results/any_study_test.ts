/** The results that git keeps: what holds for any study, whatever it is of. */
import { keptStudies, project } from "../../tasks/workspace.ts";
import { studyTests } from "../support/study_tests.ts";

for (const folder of await keptStudies()) {
  const checked = await project(folder);
  studyTests(folder || "results", checked, checked.workspace);
}
