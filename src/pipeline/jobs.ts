/**
 * Runs jobs: a JSON document in, files out, each in a process of its own, so many at once. A
 * finished job is kept under its key and found again, which is what makes an interrupted stage
 * continue with what is missing.
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import type { CodeDigest } from "./code.ts";
import { digest, type Json, sha256File } from "../files/digest.ts";
import { JobFailure } from "./failure.ts";
import type { JobProvenance } from "./manifest.ts";
import { type jobDocument, jobMessage } from "./messages.ts";
import type { JobRequest, JobResult, Progress, StoredFile } from "./stage.ts";
import { writeWhole } from "../files/whole.ts";

/** A job ready to run: what it is, and where its inputs lie. */
export interface Job extends JobRequest {
  /** Every file that it reads, by name: inputs, files, and those of earlier jobs. */
  readonly files: { readonly [input: string]: StoredFile };
}

const finishedJob = z.strictObject({
  label: z.string(),
  seconds: z.number(),
  facts: z.record(z.string(), z.json()),
  files: z.record(z.string().regex(/^[^/\\]+$/), z.string()),
});

/** How jobs are run. */
export interface JobOptions {
  /** The project's root. */
  readonly root: string;
  /** Code digest of every job module. */
  readonly code: ReadonlyMap<string, CodeDigest>;
  /** Folder of finished jobs. */
  readonly directory: string;
  /** How many run at once. */
  readonly concurrency: number;
  readonly backend?: "tensorflow" | "wasm";
  /** Run again what is finished already. */
  readonly force: boolean;
  /** Permission flags of a worker; it may always write to its own folder, and to no other. */
  readonly permissions: readonly string[];
}

/** Runs jobs, `concurrency` at once. */
export interface JobPool {
  run(job: Job, progress: Progress): Promise<JobResult & { readonly provenance: JobProvenance }>;
  /** Ends what runs; nothing half-finished is kept. */
  stop(): void;
}

/** How the folder of a job that runs is named, before it gets its key as its name. */
const UNFINISHED = "unfinished-";

/** Makes a pool. Closing is not needed: processes end with their jobs. */
export function jobPool(options: JobOptions): JobPool {
  const waiting: (() => void)[] = [];
  const running = new Set<Deno.ChildProcess>();
  let free = options.concurrency;
  let stopped = false;

  const keyOf = (job: Job) => {
    const code = options.code.get(job.module)!;
    return digest({
      parameters: job.parameters,
      code: Object.values(code.files).sort(),
      packages: code.packages,
      inputs: Object.fromEntries(
        Object.entries(job.files).map(([name, file]) => [name, file.sha256]),
      ),
    } as Json);
  };

  return {
    async run(job, progress) {
      // Places are given in the order of the calls.
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        const directory = join(options.directory, keyOf(job));
        const found = options.force ? undefined : await readFinished(directory);
        if (found) return found;
        if (stopped) throw new Error("stopped");
        await execute(job, directory, options, progress, running);
        return (await readFinished(directory))!;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
    stop() {
      stopped = true;
      for (const child of running) child.kill("SIGTERM");
    },
  };
}

/** Removes what interrupted jobs left in the folder of finished ones. Only for when no job runs. */
export async function removeUnfinished(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name.startsWith(UNFINISHED)) {
      await Deno.remove(join(directory, entry.name), { recursive: true });
    }
  }
}

async function execute(
  job: Job,
  directory: string,
  options: JobOptions,
  progress: Progress,
  running: Set<Deno.ChildProcess>,
): Promise<void> {
  const began = performance.now();
  const workplace = await Deno.makeTempDir({ dir: options.directory, prefix: UNFINISHED });
  const output = join(workplace, "output");
  const scratch = join(workplace, "scratch");
  try {
    await Deno.mkdir(output);
    await Deno.mkdir(scratch);
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--allow-write=${workplace}`,
        ...options.permissions,
        new URL("./worker.ts", import.meta.url).href,
      ],
      cwd: options.root,
      // Temporary files of the worker go with it.
      env: { TMPDIR: scratch, TMP: scratch, TEMP: scratch },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    running.add(child);
    const document: z.input<typeof jobDocument> = {
      module: pathToFileURL(join(options.root, job.module)).href,
      parameters: job.parameters as z.infer<ReturnType<typeof z.json>>,
      backend: options.backend,
      inputs: Object.fromEntries(
        Object.entries(job.files).map(([name, file]) => [name, file.path]),
      ),
      output,
    };
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(document)));
    await writer.close();

    const facts: Record<string, Json> = {};
    let failure: { kind: string; message: string } | undefined;
    let finished = false;
    const errors = new Response(child.stderr).text();
    for await (const line of lines(child.stdout)) {
      // Libraries may print lines of their own; only messages count.
      const message = line.startsWith("{") ? jobMessage.safeParse(parseJson(line)).data : undefined;
      if (message?.type === "progress") progress(message.done, message.total, message.note);
      if (message?.type === "facts") Object.assign(facts, message.facts);
      if (message?.type === "failed") failure = message;
      if (message?.type === "finished") finished = true;
    }
    const status = await child.status;
    running.delete(child);
    const log = (await errors).trim();
    const failed = `Job ${job.label} (${job.module}) failed:`;
    if (failure) throw new JobFailure(`${failed} ${failure.message}`, failure.kind);
    if (!finished || !status.success) {
      const why = status.signal
        ? `its process was ended by ${status.signal}`
        : `its process ended with ${status.code}`;
      throw new Error(`${failed} ${why}\n${log.split("\n").slice(-15).join("\n")}`);
    }

    const files: Record<string, string> = {};
    for await (const entry of Deno.readDir(output)) {
      files[entry.name] = await sha256File(join(output, entry.name));
    }
    const record: z.input<typeof finishedJob> = {
      label: job.label,
      seconds: (performance.now() - began) / 1000,
      facts: facts as z.input<typeof finishedJob>["facts"],
      files,
    };
    await writeWhole(join(output, "job.json"), JSON.stringify(record, null, 2));
    await Deno.remove(directory, { recursive: true }).catch(ignoreMissing);
    await Deno.rename(output, directory);
  } finally {
    await Deno.remove(workplace, { recursive: true }).catch(ignoreMissing);
  }
}

/** A finished job from its folder; undefined where it is missing, damaged or incomplete. */
async function readFinished(
  directory: string,
): Promise<(JobResult & { provenance: JobProvenance }) | undefined> {
  let record: z.infer<typeof finishedJob>;
  try {
    record = finishedJob.parse(JSON.parse(await Deno.readTextFile(join(directory, "job.json"))));
    for (const [name, hash] of Object.entries(record.files)) {
      if (await sha256File(join(directory, name)) !== hash) return undefined;
    }
  } catch {
    return undefined;
  }
  return {
    provenance: {
      label: record.label,
      seconds: record.seconds,
      facts: record.facts as JobProvenance["facts"],
    },
    files: Object.fromEntries(
      Object.entries(record.files).map(([name, hash]) => [
        name,
        { path: join(directory, name), sha256: hash },
      ]),
    ),
    read(name) {
      if (name in record.files) return Deno.readFile(join(directory, name));
      throw new Error(`Job ${record.label} wrote no file ${name}.`);
    },
  };
}

const ignoreMissing = (error: unknown) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
};

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}
