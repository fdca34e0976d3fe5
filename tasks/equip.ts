/** What jobs compute with on this machine: what set-up chose, or what the user asks for. @module */
import { lines } from "../src/pipeline/messages.ts";
import type { Equipment } from "../src/pipeline/stage.ts";
import {
  type Backend,
  type Choice,
  isReady,
  readChoice,
  TFJS_VERSION,
  validChoice,
} from "../src/runtime/choice.ts";
import { requireUnaltered } from "../src/runtime/native.ts";
import { findSandbox, readSandbox } from "../src/runtime/sandbox.ts";

/**
 * Makes sure that a backend is there, and says which. Jobs then load what set-up has tried: workers
 * look at sizes alone, so the digests are verified here, once a run.
 *
 * @param print is given what set-up says, a line at a time
 * @throws {Error} where none can be set up, or where a file of it has been altered
 */
export async function equip(
  backend?: Backend,
  print: (line: string) => void = console.error,
): Promise<Equipment> {
  if (!await isReady(backend)) await setUp(backend, print);
  if (!await readSandbox()) await findSandbox(await validChoice());
  const choice = backend === "wasm" ? undefined : await readChoice();
  const equipment = equipmentOf(choice, backend);
  if (choice && equipment.facts.backend === "tensorflow") await requireUnaltered(choice);
  return equipment;
}

/** What jobs would be computed with on this machine as it is set up; undefined where it is not. */
export const equipmentHere = async (backend?: Backend): Promise<Equipment | undefined> =>
  await isReady(backend) ? equipmentOf(await validChoice(), backend) : undefined;

const equipmentOf = (choice: Choice | undefined, backend = choice?.backend): Equipment =>
  backend === "tensorflow" && choice?.tensorflow
    ? {
      variant: "graph",
      facts: { backend, version: choice.tensorflow.version },
    }
    : { variant: "layers", facts: { backend: "wasm", version: TFJS_VERSION } };

/** Runs `tasks/setup.ts`, which finds or builds a backend and remembers it. */
async function setUp(backend: Backend | undefined, print: (line: string) => void): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "setup", ...(backend ? [`--backend=${backend}`] : [])],
    // Bars of two processes on one terminal would be in each other's way.
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const pass = async (stream: typeof child.stdout) => {
    for await (const line of lines(stream)) print(line);
  };
  await Promise.all([pass(child.stdout), pass(child.stderr)]);
  const { success } = await child.status;
  if (!success) throw new Error("no backend could be set up; `deno task setup` says why.");
}
