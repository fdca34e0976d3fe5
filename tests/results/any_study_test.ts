/** The committed results: what holds for any study, whatever it is of. */
import { project } from "../../tasks/workspace.ts";
import { studyTests } from "../support/study_tests.ts";

const checked = await project();
studyTests("results", checked, checked.workspace);
