/**
 * Many workers in one process, for `queue.ts`: `queue_workers.ts <how many> <queue> <store> <folder>`. Says
 * `ready` once all wait, and for each line of its input how many seconds of processor time it has had.
 *
 * @module
 */
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { folderStore } from "../tests/support/folder_store.ts";
import { work } from "../src/machines/worker.ts";
import type { Executor } from "../src/pipeline/executor.ts";
import { digestPlan } from "../src/pipeline/keys.ts";
import { lines } from "../src/pipeline/messages.ts";
import { counted, equipment, plan, root } from "./queue_job.ts";

const [count, queue, store, folder] = Deno.args;
const code = await digestPlan(root, plan, new Map());
const ending = new AbortController();
const asked = z.object({ seconds: z.number() });
let operations = 0;

const sleeping = (): Executor => ({
  async run(job, output, progress) {
    const { seconds } = asked.parse(job.parameters);
    progress(1, 2);
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    await Deno.writeTextFile(join(output, "slept.json"), JSON.stringify(seconds));
    return { seconds, facts: {} };
  },
  stop: () => Promise.resolve(),
});

let ready = 0;
for (let i = 0; i < Number(count); i++) {
  work({
    ...{ queue, plan, code, equipment, processor: "any", revision: null },
    host: `host ${i}`,
    slots: 1,
    shared: counted(await folderStore(store), () => operations++),
    cache: join(folder, `worker${i}`),
    executor: sleeping,
    silence: 3_600_000,
    tell(line) {
      if (line.startsWith("Waits") && ++ready === Number(count)) console.log("ready");
    },
    signal: ending.signal,
  }).catch(() => {});
}
for await (const _ of lines(Deno.stdin.readable)) {
  const { user, system } = process.cpuUsage();
  const { rss } = Deno.memoryUsage();
  console.log(JSON.stringify({ cpu: (user + system) / 1e6, operations, rss }));
}
Deno.exit(0);
