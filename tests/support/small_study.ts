/** A study of one training in a copy of the project, and tasks on it. @module */
import { type Copy, type Ended } from "./copy.ts";

/** Two stages and a report, of which one trains one network. */
export const STUDY = `
  import { mini } from "../../tests/support/mini.ts";
  const { title, data, classes, prepare, baseline } = mini;
  export const study = { title, data, classes, prepare, baseline, thresholds: {} };
`;

/** Runs a task on the small study. */
export async function task(
  copy: Copy,
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Ended> {
  const { success, code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args, ...(args[0] === "gc" ? [] : ["--study=studies/small"])],
    cwd: copy.path("."),
    env: { NO_COLOR: "1", INIT_CWD: copy.path("."), ...environment },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { success, code, stdout: text(stdout), stderr: text(stderr) };
}

/** Makes a clone of the small study fresh again, but for its results where they are to stay. */
export async function refresh(copy: Copy, results: boolean): Promise<void> {
  const gone = [
    ".cache/jobs",
    "studies/small/.cache",
    ...(results ? ["studies/small/results"] : []),
  ];
  for (const name of gone) {
    await Deno.remove(copy.path(name), { recursive: true }).catch(() => {});
  }
}
