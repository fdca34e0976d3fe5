/** What jobs compute with on this machine: what set-up chose, or what the user asks for. @module */
import type { Equipment } from "../src/pipeline/stage.ts";
import {
  type Backend,
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
 * @throws {Error} where none can be set up, or where a file of it has been altered
 */
export async function equip(backend?: Backend): Promise<Equipment> {
  if (!await isReady(backend)) await setUp(backend);
  if (!await readSandbox()) await findSandbox(await validChoice());
  const choice = backend === "wasm" ? undefined : await readChoice();
  if ((backend ?? choice?.backend) !== "tensorflow" || !choice?.tensorflow) {
    return { variant: "layers", facts: { backend: "wasm", version: TFJS_VERSION } };
  }
  await requireUnaltered(choice);
  return {
    variant: "graph",
    facts: { backend: "tensorflow", version: choice.tensorflow.version },
  };
}

/** Runs `tasks/setup.ts`, which finds or builds a backend and remembers it. */
async function setUp(backend: Backend | undefined): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "setup", ...(backend ? [`--backend=${backend}`] : [])],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("no backend could be set up; `deno task setup` says why.");
}
