/**
 * What may be said to each task that `start.ts` starts, as data: the help, the refusals and the types
 * of what a task is given all come from here. What a task does, in one line, is its description in
 * `deno.json`.
 *
 * @module
 */

/** A flag, such as `--jobs=N`. */
export interface Flag {
  /** What stands for its value in the help, such as `N`; it takes none if omitted. */
  readonly value?: string;
  /** What it does. */
  readonly about: string;
  /** Whether the task cannot do without; it can if omitted. */
  readonly needed?: true;
  /** Whether it may be given several times, each with its value; once if omitted. */
  readonly several?: true;
}

/** Words beside the flags. */
export interface Words {
  /** What stands for one in the help, such as `STAGE`. */
  readonly name: string;
  /** What they say. */
  readonly about: string;
  /** How many there must be. */
  readonly least: number;
  /** How many there may be. */
  readonly most: number;
}

/** What may be said to a task. */
export interface Command {
  /** What it does, where `deno.json` has no task of this name. */
  readonly about?: string;
  /** How it is called, where not by its own name. */
  readonly calls?: readonly string[];
  readonly words?: Words;
  readonly flags: Readonly<Record<string, Flag>>;
  /** When it exits with `EXITS.differs`; never if omitted. */
  readonly differs?: string;
}

const study = {
  value: "FOLDER",
  about: "another study than the project's own: a folder with a study.ts",
} as const satisfies Flag;
const jobs = {
  value: "N",
  about: "how many jobs run at once (default: one a core)",
} as const satisfies Flag;
const backend = {
  value: "NAME",
  about: "tensorflow or wasm (default: what deno task setup found)",
} as const satisfies Flag;
const launch = {
  value: "WORDS",
  about: "what starts each job, such as 'srun --ntasks=1 --cpus-per-task={threads}'; also " +
    "{memory} (MB) and {label}: see docs/many-machines.md",
} as const satisfies Flag;
const slowHalf = {
  about: "train in bfloat16 also where this machine has no instructions for it",
} as const satisfies Flag;
const json = { about: "what happens as events, one JSON object a line" } as const satisfies Flag;

const store = {
  value: "ADDRESS",
  about: "where machines share what has finished: s3://bucket/prefix or file:///shared/folder " +
    "(default: ATELIER_STORE)",
} as const satisfies Flag;
const queue = {
  value: "ADDRESS",
  about: "a Redis, such as redis://host:6379, from which workers take jobs (or ATELIER_QUEUE)",
} as const satisfies Flag;

/** By the name of the task's module. */
export const COMMANDS = {
  run: {
    about: "Bring stages up to date, and what they need before them",
    calls: ["all", "STAGE [STAGE ...]"],
    words: { name: "STAGE", about: "which stages; all of them: all", least: 1, most: Infinity },
    flags: {
      force: { about: "run again what is up to date, finished jobs included" },
      set: {
        value: "PATH=VALUE",
        about: "try another setting, as in baseline.epochs=12, apart from the results that are " +
          "there: in .cache/runs; may be given several times",
        several: true,
      },
      name: { value: "NAME", about: "what that run is called (default: after what is set)" },
      jobs,
      launch,
      backend,
      store,
      "no-train": { about: "fail where a job would have to run, and name all that would" },
      queue,
      mixed: { about: "with --queue: workers of any processor family take the jobs" },
      "slow-bfloat16": slowHalf,
      json,
      study,
    },
  },
  push: { flags: { store, study } },
  pull: { flags: { store, study } },
  keys: { flags: {} },
  worker: {
    flags: {
      queue,
      store,
      "slow-bfloat16": slowHalf,
      slots: { value: "N", about: "how many jobs run at once (default: one a core)" },
      silence: {
        value: "MINUTES",
        about: "how long a job may say nothing before it is ended (default: 15)",
      },
      backend,
      study,
    },
  },
  status: {
    flags: {
      check: { about: "fail where anything is stale or altered, and digest all code anew" },
      mermaid: { about: "print the stages as a Mermaid diagram and nothing else" },
      study,
    },
    differs: "with --check: a result is stale or altered",
  },
  metrics: {
    flags: {
      check: { about: "fail where a threshold is missed, and list every one that is" },
      json: { about: "a list of objects, for programs" },
      study,
    },
    differs: "with --check: a threshold is missed, or what meets it is stale",
  },
  diff: {
    words: {
      name: "REVISION",
      about: "one or two, as git names them (default: HEAD, and the working tree), or runs with " +
        "other settings, as deno task runs lists them",
      least: 0,
      most: 2,
    },
    flags: {
      all: { about: "what is the same, too" },
      json: { about: "one object, for programs" },
      markdown: { about: "as a comment on a pull request, under 60 kB" },
      study,
    },
    differs: "something differs",
  },
  runs: {
    flags: { json: { about: "a list of objects, for programs" }, study },
  },
  gc: {
    calls: ["gc [RUN ...]", "gc --store=ADDRESS [REVISION ...]"],
    words: {
      name: "RUN or REVISION",
      about:
        "runs that go, with what only they need (default: none); with --store revisions whose " +
        "results are to stay whole, as git names them (default: HEAD)",
      least: 0,
      most: Infinity,
    },
    flags: {
      "dry-run": { about: "say what would go and how much it is, and remove nothing" },
      store,
      study,
    },
  },
  verify: {
    flags: { backend, json, study },
    differs: "what was recomputed differs from what is recorded",
  },
  reproduce: {
    words: {
      name: "STAGE",
      about: "which stages (default: all but the report)",
      least: 0,
      most: Infinity,
    },
    flags: { jobs, launch, backend, json, study },
    differs: "other bytes came out than those recorded",
  },
  new: {
    words: { name: "FOLDER", about: "where the study is to be", least: 1, most: 1 },
    flags: {
      data: { value: "PATH", about: "a file or a folder of labelled images", needed: true },
    },
  },
  predict: {
    words: {
      name: "FILE",
      about: "pictures (PNG, JPEG, WebP), folders of them, arrays (.npy), or - for standard input",
      least: 0,
      most: Infinity,
    },
    flags: {
      model: { value: "NETWORK", about: "one that results/models.json lists (default: the best)" },
      backend,
      json: { about: "every probability and what was done to each picture, for programs" },
      study,
    },
  },
  export: {
    flags: {
      format: { value: "FORMAT", about: "onnx or savedmodel", needed: true },
      model: { value: "NETWORK", about: "one that results/models.json lists (default: the best)" },
      study,
    },
  },
  serve: {
    flags: {
      port: { value: "N", about: "where it is shown (default: 8411; 0 for any that is free)" },
      study,
    },
  },
  crate: { flags: { study } },
  setup: {
    flags: {
      backend: {
        value: "NAME",
        about: "tensorflow or wasm (default: the fastest that this machine can have)",
      },
      force: { about: "look again, also where a choice is remembered" },
    },
  },
} as const satisfies Readonly<Record<string, Command>>;

/** The name of a task's module. */
export type CommandName = keyof typeof COMMANDS;

type FlagsOf<N extends CommandName> = typeof COMMANDS[N]["flags"];

/** The flags that were given to a task: of those with a value the text, or all texts, of the others whether they were. */
export type Flags<N extends CommandName> = {
  readonly [F in keyof FlagsOf<N>]: FlagsOf<N>[F] extends { readonly several: true }
    ? readonly string[]
    : FlagsOf<N>[F] extends { readonly value: string }
      ? FlagsOf<N>[F] extends { readonly needed: true } ? string : string | undefined
    : boolean;
};

/** Whether there is a task with a module of this name. */
export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

/** What may be said to a task, as any task has it. */
export const commandOf = (name: CommandName): Command => COMMANDS[name];
