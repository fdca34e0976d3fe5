/**
 * What runs jobs elsewhere: words such as `srun --ntasks=1` before the command that runs one. The
 * launcher passes on standard input and output and ends with the command; the files lie on a disk that
 * both machines see by the same paths.
 *
 * @module
 */
import type { Json } from "../files/digest.ts";
import type { Command } from "../files/programs.ts";
import { quoted } from "../files/words.ts";
import type { ReadyJob } from "./executor.ts";

/** What may stand in a launcher's words, in braces. */
export const PLACEHOLDERS = ["threads", "memory", "label"] as const;

/** More memory than most jobs of the studies here take, whatever they read, in MB; measured: `docs/many-machines.md`. */
const MEMORY = 3000;

/** How much more a job may take for each byte that it reads. */
const MEMORY_A_BYTE = 4;

/** Longest label in a command line. */
const LONGEST_LABEL = 60;

/**
 * The command that has a launcher run another one.
 *
 * @param launch the launcher's words, at least one
 * @param command what it is to run
 * @param environment what that sees of the environment, whatever the launcher has or passes on
 */
export async function launched(
  launch: readonly string[],
  command: Command,
  environment: Readonly<Record<string, string>>,
  job: ReadyJob,
): Promise<Command> {
  const values: Record<typeof PLACEHOLDERS[number], string> = {
    threads: String(threadsOf(job.parameters) ?? 1),
    memory: String(await memoryOf(job)),
    label: plain(job.label),
  };
  const [program, ...words] = launch.map((word) =>
    PLACEHOLDERS.reduce((text, name) => text.replaceAll(`{${name}}`, values[name]), word)
  );
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const asked = ["/usr/bin/env", "-i", ...variables, command.program, ...command.args];
  // ssh puts spaces between its words and has a shell read them at the other end, each ssh anew.
  const readings = launch.filter((word, i) => word === "ssh" || i === 0 && word.endsWith("/ssh"));
  return {
    program,
    args: [...words, ...readings.reduce((sent) => sent.map(quoted), asked)],
  };
}

/** The setting `threads` of a job, wherever among its parameters it stands; undefined where there is none. */
function threadsOf(parameters: Json | undefined): number | undefined {
  if (typeof parameters !== "object" || parameters === null) return undefined;
  const own = "threads" in parameters ? parameters.threads : undefined;
  if (typeof own === "number") return own;
  for (const value of Object.values(parameters)) {
    const found = threadsOf(value);
    if (found !== undefined) return found;
  }
}

/** How much memory a job may take, in MB, by the sizes of the files that it reads. */
async function memoryOf({ files }: ReadyJob): Promise<number> {
  const sizes = await Promise.all(
    Object.values(files).map(async ({ path }) => (await Deno.stat(path)).size),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return MEMORY + Math.ceil(MEMORY_A_BYTE * bytes / 2 ** 20);
}

/** A label of letters, digits, `-`, `_` and `.`, which begins with a letter or a digit. */
const plain = (label: string): string =>
  label.replaceAll(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, LONGEST_LABEL)
    .replace(/-+$/, "") || "job";
