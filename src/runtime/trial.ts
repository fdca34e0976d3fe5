/** Lets a backend compute in a process of its own: what does not work here may well end it. @module */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Command } from "../files/programs.ts";
import { PROJECT } from "./choice.ts";
import { runCommand } from "./command.ts";

/** Longest time that loading a backend and multiplying two small matrices may take, in milliseconds. */
export const TRIAL = 2 * 60_000;

/** What `probe.ts` prints. */
const probeResult = z.union([
  z.strictObject({ version: z.string() }),
  z.strictObject({ failure: z.string() }),
]);

/**
 * Loads a backend, an addon's path or `wasm`, in a process of its own and lets it compute. Returns
 * its version.
 *
 * @param inside what becomes of the command, such as one in a sandbox; as it is if omitted
 * @throws {Error} where it does not work, with the reason
 */
export async function tryOut(
  what: string,
  signal?: AbortSignal,
  inside = (command: Command): Command => command,
): Promise<string> {
  const { program, args } = inside({
    program: Deno.execPath(),
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi"],
      fileURLToPath(new URL("./probe.ts", import.meta.url)),
      what,
    ],
  });
  const output = await runCommand(program, {
    args,
    name: "the process that tried it",
    cwd: PROJECT,
    env: { NO_COLOR: "1" },
    limit: TRIAL,
    signal,
  });
  const result = probeResult.parse(JSON.parse(output.trim().split("\n").at(-1)!));
  if ("failure" in result) throw new Error(result.failure);
  return result.version;
}
