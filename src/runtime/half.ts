/**
 * Whether this machine is quick in bfloat16: processors without instructions for it take some times as
 * long as in float32, and some libraries end the process. So it is not read off the processor's name but
 * timed, once, and remembered.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { readPlainText } from "../files/plain.ts";
import { writeWhole } from "../files/whole.ts";
import { type Choice, PLATFORM, PROJECT, runtimeDirectory } from "./choice.ts";
import { runCommand } from "./command.ts";
import { reasonOf } from "./reason.ts";
import { TRIAL } from "./trial.ts";

/** How it is remembered, in `.cache/runtime/half.json`. */
const schema = z.strictObject({
  /** Raised when the meaning of this file changes. */
  format: z.literal(1),
  platform: z.string(),
  /** Digest of the addon that was timed. */
  addon: z.string(),
  /** How many times as fast as in float32 a product of matrices is; null where there is none. */
  ratio: z.number().positive().nullable(),
  /** Why there is none; null where there is one. */
  reason: z.string().nullable(),
});

/** How quick this machine is in bfloat16. */
export type Half = z.infer<typeof schema>;

const path = (root: string) => join(runtimeDirectory(root), "half.json");

/** Products with instructions for it were 1.6 to 1.9 times as fast, without them 0.2 to 0.9 times. */
const QUICK = 1.2;

/** Whether bfloat16 is worth while. */
export const isQuick = ({ ratio }: Half): boolean => ratio !== null && ratio >= QUICK;

/** What `half_probe.ts` prints. */
const probed = z.union([
  z.strictObject({ ratio: z.number().positive() }),
  z.strictObject({ failure: z.string() }),
]);

/** Times products on an addon in a process of its own. */
async function timed(addon: string): Promise<Pick<Half, "ratio" | "reason">> {
  try {
    const output = await runCommand(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-ffi"],
        fileURLToPath(new URL("./half_probe.ts", import.meta.url)),
        addon,
      ],
      name: "the process that tried it",
      cwd: PROJECT,
      env: { NO_COLOR: "1" },
      limit: TRIAL,
    });
    const result = probed.parse(JSON.parse(output.trim().split("\n").at(-1)!));
    if ("failure" in result) return { ratio: null, reason: reasonOf(new Error(result.failure)) };
    return { ratio: result.ratio, reason: null };
  } catch (error) {
    return { ratio: null, reason: reasonOf(error) };
  }
}

/**
 * How quick the libtensorflow of a choice is in bfloat16: as remembered or, where nothing is remembered
 * of this library, timed now, which takes seconds.
 *
 * @param again times it in any case
 * @param time in place of the real trial, for tests
 */
export async function findHalf(
  { tensorflow }: Pick<Choice, "tensorflow">,
  { root = PROJECT, again = false, time = timed } = {},
): Promise<Half> {
  const about = {
    format: 1,
    platform: PLATFORM,
    addon: tensorflow?.files[0].sha256 ?? "",
  } as const;
  if (tensorflow === null) {
    return { ...about, ratio: null, reason: "WebAssembly computes in float32 alone" };
  }
  const known = again ? undefined : await readHalf(root);
  if (known?.addon === about.addon && known.platform === about.platform) return known;
  const found = { ...about, ...await time(resolve(root, tensorflow.files[0].path)) };
  await writeWhole(path(root), JSON.stringify(found, null, 2) + "\n");
  return found;
}

async function readHalf(root: string): Promise<Half | undefined> {
  try {
    return schema.parse(JSON.parse(await readPlainText(path(root))));
  } catch {
    return undefined;
  }
}

/** One line on bfloat16 for people. */
export const describeHalf = (half: Half): string =>
  half.ratio === null
    ? `bfloat16: not on this machine (${half.reason}); trainings in it are refused.`
    : isQuick(half)
    ? `bfloat16: products of matrices are ${half.ratio.toFixed(1)} times as fast as in float32.`
    : `bfloat16: products of matrices are only ${
      half.ratio.toFixed(1)
    } times as fast as in float32, ` +
      "so trainings in it are refused unless --slow-bfloat16 is said.";
