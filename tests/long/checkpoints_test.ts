/**
 * The job that trains by a regime, killed at random moments, with every epoch kept: also while a checkpoint
 * is written, and with some of them damaged. What comes out are the bytes of an undisturbed run.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpy } from "../../src/files/npy.ts";
import { sha256File } from "../../src/files/digest.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { checkpointFolder } from "../../src/pipeline/checkpoints.ts";
import type { Executor, ReadyJob } from "../../src/pipeline/executor.ts";
import { jobRunner } from "../../src/pipeline/finished.ts";
import { asJson } from "../../src/pipeline/keys.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { randomState } from "../../src/random.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { jobProcesses } from "../../tasks/jobs.ts";
import { inFolder } from "../support/data_files.ts";
import { flipByte } from "../support/toy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** With enough weights that writing them takes a part of the time. */
const model: ModelSpec = {
  name: "wide",
  input: [8, 8, 1],
  layers: [
    { type: "rescaling", name: "rescaling", scale: 1 / 255, offset: 0 },
    { type: "conv2d", name: "conv1", filters: 8, kernelSize: [3, 3], padding: "same" },
    { type: "batchNormalization", name: "norm1", epsilon: 1e-3, momentum: 0.9 },
    { type: "activation", name: "relu1", activation: "relu" },
    { type: "flatten", name: "flatten" },
    { type: "dense", name: "dense1", units: 800, activation: "relu" },
    { type: "dropout", name: "dropout1", rate: 0.2 },
    { type: "dense", name: "logits", units: 4, activation: "softmax" },
  ],
};
const regime = {
  epochs: 40,
  learningRate: 0.01,
  schedule: { type: "cosine", warmup: 0.1, final: 0 },
  batchSize: 16,
  augmentation: { mirror: "alternating", translation: 1 },
  averaging: { type: "exponential", decay: 0.9 },
  evaluation: "mirrored",
  seed: 3,
  threads: 1,
};
const optimizers = {
  nesterov: { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  adam: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
};

/** How many trainings of each kind are killed until they are done. */
const ROUNDS = 6;

/** The processes that run jobs of this one. */
async function jobsOf(pid: number): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const [status, command] = await Promise.all(
      ["status", "cmdline"].map((file) =>
        Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "")
      ),
    );
    if (status.includes(`\nPPid:\t${pid}\n`) && command.includes("pipeline/worker.ts")) {
      found.push(Number(name));
    }
  }
  return found;
}

for (const [called, optimizer] of Object.entries(optimizers)) {
  Deno.test({
    name:
      `a training that is killed again and again gives the bytes of an undisturbed one: ${called}`,
    ignore: Deno.build.os !== "linux" || !await isReady("tensorflow"),
    async fn() {
      await inFolder(async (folder) => {
        const random = randomState(called.length);
        const count = 64;
        const write = async (name: string, bytes: Uint8Array) => {
          const path = join(folder, name);
          await Deno.writeFile(path, bytes);
          return { path, sha256: await sha256File(path) };
        };
        const indices = (begin: number, end: number) =>
          encodeNpy({
            shape: [end - begin],
            data: Int32Array.from({ length: end - begin }, (_, i) => begin + i),
          });
        const job: ReadyJob = {
          key: "0".repeat(64),
          label: "training",
          job: "train",
          declaration: "src/training/train_job.ts",
          module: "src/training/train_run.ts",
          parameters: asJson({ model, regime: { ...regime, optimizer }, test: false }),
          equipment: { variant: "graph", facts: {} },
          resumes: true,
          files: {
            "train-images.npy": await write(
              "images.npy",
              encodeNpy({
                shape: [count, 8, 8, 1],
                data: Uint8Array.from({ length: count * 64 }, () => random.uint32() >>> 24),
              }),
            ),
            "train-labels.npy": await write(
              "labels.npy",
              encodeNpy({
                shape: [count],
                data: Uint8Array.from({ length: count }, (_, i) => i % 4),
              }),
            ),
            "train-indices.npy": await write("train.npy", indices(0, 48)),
            "validation-indices.npy": await write("validation.npy", indices(48, count)),
          },
        };
        /** Killed ones run in no sandbox, which would be killed in their place. */
        const open = () =>
          processes({
            root,
            checkpointEvery: 0,
            rights: () => ({
              flags: ["--allow-ffi", "--allow-env", "--allow-read", "--allow-sys"],
              read: [],
            }),
          });
        const runIn = async (name: string, executor: Executor, onProgress: () => void) => {
          const jobs = join(folder, name);
          await Deno.mkdir(jobs, { recursive: true });
          const { files } = await jobRunner(jobs, executor, false).run(job, onProgress);
          return Object.fromEntries([...files].map(([file, { sha256 }]) => [file, sha256]));
        };
        const undisturbed = await runIn("whole", jobProcesses(root), () => {});

        let [kills, parts, damaged, gone] = [0, 0, 0, 0];
        for (let round = 0; round < ROUNDS; round++) {
          let found: typeof undisturbed | undefined;
          const kept = checkpointFolder(join(folder, `killed${round}`), job.key);
          while (!found) {
            let timer: ReturnType<typeof setTimeout> | undefined;
            /** Reports of progress before it is killed. */
            let left = 2 + Math.floor(random.float64() * 6);
            const kill = async () => {
              for (const pid of await jobsOf(Deno.pid)) {
                try {
                  Deno.kill(pid, "SIGKILL");
                } catch {
                  // It has just ended.
                }
              }
            };
            found = await runIn(`killed${round}`, open(), () => {
              if (--left === 0) timer = setTimeout(kill, random.float64() * 100);
            }).catch(() => undefined);
            clearTimeout(timer);
            if (found) break;
            kills++;
            const names = (await Array.fromAsync(Deno.readDir(kept)).catch(() => []))
              .map(({ name }) => name);
            parts += Number(names.some((name) => name.endsWith(".part")));
            if (!names.includes("state.bin")) gone++;
            else if (random.float64() < 0.1) {
              damaged++;
              await flipByte(join(kept, "state.bin"));
            }
            assert(kills < 200, "it gets nowhere");
          }
          assertEquals(found, undisturbed);
          assertEquals(await Deno.stat(kept).catch(() => undefined), undefined);
        }
        console.log(
          `${called}: ${ROUNDS} trainings killed ${kills} times, ${parts} of them while a checkpoint was written, ` +
            `${gone} before the first; ${damaged} checkpoints damaged; their bytes are ` +
            `those of the undisturbed training`,
        );
        assert(kills > 0);
      });
    },
  });
}
