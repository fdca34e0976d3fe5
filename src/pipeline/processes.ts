/**
 * Runs jobs on this machine, each in a process of its own (`worker.ts`) that may write to its own
 * folder and to no other. A process ends with the one that started it.
 *
 * @module
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { z } from "zod";
import { pathList } from "../files/flags.ts";
import { openLock } from "../files/open_lock.ts";
import { type Command, DENO_VARIABLES, environment, type Places } from "../files/programs.ts";
import { unfinishedIn } from "../files/whole.ts";
import { ALIVE } from "./lock.ts";
import { type Executor, JobFailure, type Outcome, type ReadyJob, Stopped } from "./executor.ts";
import { jobDocument, jobMessage, lines } from "./messages.ts";
import type { Equipment, Facts, Progress } from "./stage.ts";

/** How processes are started. */
export interface ProcessOptions {
  /** The project's root, which modules are found from. */
  readonly root: string;
  /** What a job computed with some equipment needs besides the project, its files and its own folder; nothing if omitted. */
  rights?(equipment: Equipment): Rights | Promise<Rights>;
  /**
   * The folder that runs are bound to (`Workspace.cache`): each process then says in it that it is at
   * work, so that a run which follows a killed one waits for what that one left.
   */
  readonly cache?: string;
}

/** What a process may do. */
export interface Rights {
  /** Permission flags of Deno. */
  readonly flags: readonly string[];
  /** Paths that it may read. */
  readonly read: readonly string[];
  /** Puts the command into a sandbox, where there is one. */
  confined?(command: Command, places: Places): Command;
}

/** The project that this module is in, whose modules those of another one may import. */
const ATELIER = fileURLToPath(new URL("../../", import.meta.url));

const NO_MORE: Rights = { flags: [], read: [] };

/** How long a process that was told to end is waited for before it is killed, in milliseconds. */
const PATIENCE = 2000;

/** An executor that starts a process for every job that it is given; see `bounded` for how many that is. */
export function processes({ root, rights = () => NO_MORE, cache }: ProcessOptions): Executor {
  const running = new Set<Deno.ChildProcess>();
  let stopped = false;
  return {
    async run(asked, folder, progress) {
      if (stopped) throw new Stopped(`Job ${asked.label} was not run.`);
      const began = performance.now();
      // Beside the output, on the same disk, and named so that the next run removes what is left of it.
      const temporary = await unfinishedIn(dirname(folder), "scratch");
      try {
        if (cache !== undefined) (await openLock(join(cache, ALIVE))).close();
        // A cache may be a link to another disk. This process may write by way of the link, perhaps by no
        // other; the permissions of its jobs are for real paths.
        const job = { ...asked, files: await withRealPaths(asked.files) };
        const [output, scratch] = [await Deno.realPath(folder), await Deno.realPath(temporary)];
        const alive = cache === undefined ? undefined : await Deno.realPath(join(cache, ALIVE));
        const { flags, read: more, confined } = await rights(job.equipment);
        const inputs = Object.values(job.files).map(({ path }) => path);
        const own = relative(root, ATELIER) === "" ? [] : [ATELIER];
        const read = [root, ...own, ...inputs, ...more, ...(alive ? [alive] : [])];
        const write = [output, scratch];
        const command = {
          program: Deno.execPath(),
          args: [
            "run",
            "--no-prompt",
            `--allow-read=${pathList([...read, ...write], root)}`,
            `--allow-write=${pathList(write, root)}`,
            ...flags,
            new URL("./worker.ts", import.meta.url).href,
          ],
        };
        const { program, args } = confined?.(command, { read, write }) ?? command;
        // It may have been stopped since.
        if (stopped) throw new Stopped(`Job ${asked.label} was not run.`);
        const child = new Deno.Command(program, {
          args: [...args],
          cwd: root,
          // No other variables; and temporary files of the worker go with it.
          clearEnv: true,
          env: { ...environment(DENO_VARIABLES), TMPDIR: scratch, TMP: scratch, TEMP: scratch },
          stdin: "piped",
          stdout: "piped",
          stderr: "piped",
          // Ctrl-C in a terminal is for this process, which then ends its jobs in order.
          detached: Deno.build.os !== "windows",
        }).spawn();
        running.add(child);
        try {
          const facts = await follow(child, job, documentOf(job, root, output, alive), progress);
          return { seconds: (performance.now() - began) / 1000, facts } satisfies Outcome;
        } finally {
          running.delete(child);
        }
      } finally {
        await Deno.remove(temporary, { recursive: true }).catch(() => {});
      }
    },
    async stop() {
      stopped = true;
      await Promise.all([...running].map(end));
    },
  };
}

/** The same files, by paths without links. */
const withRealPaths = async (files: ReadyJob["files"]): Promise<ReadyJob["files"]> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(files).map(async ([name, { path, sha256 }]) => [
        name,
        { path: await Deno.realPath(path), sha256 },
      ]),
    ),
  );

/** Ends a process, which may have ended already. */
async function end(child: Deno.ChildProcess): Promise<void> {
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch {
      // It has ended.
    }
  };
  signal("SIGTERM");
  const timer = setTimeout(() => signal("SIGKILL"), PATIENCE);
  await child.status;
  clearTimeout(timer);
}

const documentOf = (
  { declaration, module, parameters, equipment, files }: ReadyJob,
  root: string,
  output: string,
  alive: string | undefined,
): z.input<typeof jobDocument> => {
  const address = (path: string) => pathToFileURL(join(root, path)).href;
  return jobDocument.parse({
    declaration: address(declaration),
    module: address(module),
    parameters,
    equipment,
    inputs: files,
    output,
    alive,
  });
};

/** Tells a process its job and listens until it ends; returns the facts that it recorded. */
async function follow(
  child: Deno.ChildProcess,
  job: ReadyJob,
  document: z.input<typeof jobDocument>,
  progress: Progress,
): Promise<Facts> {
  const errors = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  // A process that has ended before it could read says so by its status.
  writer.write(new TextEncoder().encode(JSON.stringify(document) + "\n")).catch(() => {});
  const facts: Record<string, Facts[string]> = {};
  let failure: { kind: string; message: string; data: Facts } | undefined;
  let finished = false;
  for await (const line of lines(child.stdout)) {
    // Libraries may print lines of their own; only messages count.
    const message = line.startsWith("{") ? jobMessage.safeParse(parseJson(line)).data : undefined;
    if (message?.type === "progress") progress(message.done, message.total, message.note);
    if (message?.type === "facts") Object.assign(facts, message.facts);
    if (message?.type === "failed") failure = message;
    if (message?.type === "finished") finished = true;
  }
  const status = await child.status;
  writer.close().catch(() => {});
  const failed = `Job ${job.label} (${job.module}) failed:`;
  if (failure) throw new JobFailure(`${failed} ${failure.message}`, failure.kind, failure.data);
  if (!finished || !status.success) {
    // A sandbox tells the number of the signal that ended its process in its own way, as shells do.
    const signal = status.signal ?? (status.code > 128 ? `signal ${status.code - 128}` : undefined);
    const why = signal
      ? `its process was ended by ${signal}`
      : `its process ended with ${status.code}`;
    throw new Error(`${failed} ${why}\n${(await errors).trim().split("\n").slice(-15).join("\n")}`);
  }
  return facts;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
