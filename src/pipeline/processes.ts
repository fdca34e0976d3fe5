/**
 * Runs jobs, each in a process of its own (`worker.ts`) that may write to its own folder and to no
 * other: on this machine, or wherever a launcher starts it. A process ends with the one that started it.
 *
 * @module
 */
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { z } from "zod";
import { pathList } from "../files/flags.ts";
import { openLock } from "../files/open_lock.ts";
import { type Command, DENO_VARIABLES, environment, type Places } from "../files/programs.ts";
import { makeFolder, unfinishedIn } from "../files/whole.ts";
import { CHECKPOINT_EVERY, checkpointFolder } from "./checkpoints.ts";
import { ALIVE } from "./lock.ts";
import { type Executor, JobFailure, type Outcome, type ReadyJob, Stopped } from "./executor.ts";
import { launched } from "./launch.ts";
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
  /**
   * Words before the command that runs a job, of which the first is a program: see `launch.ts`. Jobs
   * then run in no sandbox, as what this machine has says nothing of another one. None if omitted.
   */
  readonly launch?: readonly string[];
  /** How long a job works between two checkpoints at least, in milliseconds; some minutes if omitted. */
  readonly checkpointEvery?: number;
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

/** How long a process that was told to end is waited for before it is told in another way, in milliseconds. */
const PATIENCE = 2000;

/** How many of the last lines of a process that failed are told. */
const LINES_TOLD = 15;

/** An executor that starts a process for every job that it is given; see `bounded` for how many that is. */
export function processes(
  { root, rights = () => NO_MORE, cache, launch, checkpointEvery: every = CHECKPOINT_EVERY }:
    ProcessOptions,
): Executor {
  const running = new Set<Process>();
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
        const kept = asked.resumes ? checkpointFolder(dirname(output), asked.key) : undefined;
        if (kept !== undefined) await makeFolder(kept);
        const { flags, read: more, confined } = await rights(job.equipment);
        const inputs = Object.values(job.files).map(({ path }) => path);
        const own = relative(root, ATELIER) === "" ? [] : [ATELIER];
        const read = [root, ...own, ...inputs, ...more, ...(alive ? [alive] : [])];
        const write = [output, scratch, ...(kept ? [kept] : [])];
        // Which folder a launcher starts a command in is not known.
        const cwd = launch ? "/" : root;
        const command = {
          program: Deno.execPath(),
          args: [
            "run",
            "--no-prompt",
            `--allow-read=${pathList([...read, ...write], cwd)}`,
            `--allow-write=${pathList(write, cwd)}`,
            ...(launch ? ["--allow-sys=hostname,cpus"] : []),
            ...flags,
            new URL("./worker.ts", import.meta.url).href,
          ],
        };
        // No other variables; and temporary files of the worker go with it.
        const env = {
          ...environment(DENO_VARIABLES),
          TMPDIR: scratch,
          TMP: scratch,
          TEMP: scratch,
        };
        const { program, args } = launch
          ? await launched(launch, command, env, job)
          : confined?.(command, { read, write }) ?? command;
        // It may have been stopped since.
        if (stopped) throw new Stopped(`Job ${asked.label} was not run.`);
        const child = new Deno.Command(program, {
          args: [...args],
          cwd: root,
          // A launcher has use for more, such as what tells it the job that it is part of.
          clearEnv: launch === undefined,
          env: launch ? {} : env,
          stdin: "piped",
          stdout: "piped",
          stderr: "piped",
          // Ctrl-C in a terminal is for this process, which then ends its jobs in order.
          detached: Deno.build.os !== "windows",
        }).spawn();
        const process: Process = {
          child,
          input: child.stdin.getWriter(),
          launcher: launch && basename(launch[0]),
        };
        running.add(process);
        try {
          const document = {
            ...documentOf(job, root, output, alive, launch !== undefined),
            ...(kept && { checkpoint: { path: join(kept, "state.bin"), every } }),
          };
          const { facts, earlier } = await follow(process, job, document, progress);
          const seconds = earlier + (performance.now() - began) / 1000;
          return { seconds, facts } satisfies Outcome;
        } finally {
          running.delete(process);
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

/** What runs a job. */
interface Process {
  readonly child: Deno.ChildProcess;
  /** Its standard input. */
  readonly input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  /** Name of the program that has it run elsewhere; undefined for the job's own process. */
  readonly launcher: string | undefined;
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
async function end({ child, input, launcher }: Process): Promise<void> {
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch {
      // It has ended.
    }
  };
  const waited = async () => {
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, PATIENCE);
    await Promise.race([child.status, patience.promise]);
    clearTimeout(timer);
  };
  if (launcher !== undefined) {
    // The job, which a signal may not get to, ends with its input, and the launcher with the job.
    input.close().catch(() => {});
    await waited();
  }
  signal("SIGTERM");
  await waited();
  signal("SIGKILL");
  await child.status;
}

const documentOf = (
  { declaration, module, parameters, equipment, files }: ReadyJob,
  root: string,
  output: string,
  alive: string | undefined,
  launched: boolean,
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
    launched,
  });
};

/** Tells a process its job and listens until it ends; returns the facts that it recorded. */
async function follow(
  { child, input, launcher }: Process,
  job: ReadyJob,
  document: z.input<typeof jobDocument>,
  progress: Progress,
): Promise<{ readonly facts: Facts; readonly earlier: number }> {
  // A process that has ended before it could read says so by its status.
  input.write(new TextEncoder().encode(JSON.stringify(document) + "\n")).catch(() => {});
  const facts: Record<string, Facts[string]> = {};
  let failure: { kind: string; message: string; data: Facts } | undefined;
  let finished: { readonly earlier: number } | undefined;
  const errors: string[] = [];
  const status = await heard(child, (line) => {
    // Libraries and launchers may print lines of their own; only messages count.
    const message = line.startsWith("{") ? jobMessage.safeParse(parseJson(line)).data : undefined;
    if (message?.type === "progress") progress(message.done, message.total, message.note);
    if (message?.type === "facts") Object.assign(facts, message.facts);
    if (message?.type === "failed") failure = message;
    if (message?.type === "finished") finished = message;
  }, (line) => {
    errors.push(line);
    if (errors.length > LINES_TOLD) errors.shift();
  });
  input.close().catch(() => {});
  const failed = `Job ${job.label} (${job.module}) failed:`;
  if (failure) throw new JobFailure(`${failed} ${failure.message}`, failure.kind, failure.data);
  if (!finished || !status.success) {
    // A sandbox tells the number of the signal that ended its process in its own way, as shells do.
    const told = status.code > 128 && status.code <= 128 + 64;
    const signal = status.signal ?? (told ? `signal ${status.code - 128}` : undefined);
    const why = signal ? `was ended by ${signal}` : `ended with ${status.code}`;
    const early = status.success ? ", before the job had finished" : "";
    const who = launcher === undefined ? "its process" : `${launcher}, which launched it,`;
    throw new Error(`${failed} ${who} ${why}${early}\n${errors.join("\n").trim()}`);
  }
  return { facts, earlier: finished.earlier };
}

/** How often it is looked whether all of a process that has ended has been read, in milliseconds. */
const LOOK = 100;

/** How often that is looked at before the rest is left. */
const LOOKS = 10;

/**
 * Gives what a process prints to two functions, line by line, and resolves once it has ended and all is
 * read. What it has started and left behind may hold its output open for ever; that is not waited for.
 */
async function heard(
  child: Deno.ChildProcess,
  onLine: (line: string) => void,
  onError: (line: string) => void,
): Promise<Deno.CommandStatus> {
  const enough = new AbortController();
  const listen = async (stream: typeof child.stdout, take: (line: string) => void) => {
    try {
      for await (const line of lines(stream, enough.signal)) take(line);
    } catch (error) {
      if (!enough.signal.aborted) throw error;
    }
  };
  const all = Promise.all([listen(child.stdout, onLine), listen(child.stderr, onError)]);
  const status = await child.status;
  // Looks are counted, and not time: this process may have been too busy to read.
  let looks = 0;
  const timer = setInterval(() => ++looks > LOOKS && enough.abort(), LOOK);
  await all.finally(() => clearInterval(timer));
  return status;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
