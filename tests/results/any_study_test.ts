/** The committed results: what holds for any study, whatever it is of. */
import { project } from "../../tasks/workspace.ts";
import { studyTests } from "../support/study_tests.ts";

const checked = await project(false);
studyTests("results", checked, checked.workspace);
