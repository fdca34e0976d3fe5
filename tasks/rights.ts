/** What each task may do. `start.ts` starts tasks with exactly this; the README tells it. @module */
import { DENO_VARIABLES } from "../src/files/programs.ts";

/** What a task may do, besides reading files. */
export interface TaskRights {
  /** Files and folders: of the study, of the project, and of the user's cache folder. */
  readonly writes: {
    readonly study?: readonly string[];
    readonly project?: readonly string[];
    readonly cache?: readonly string[];
  };
  /** Programs; `any` where they differ from machine to machine. */
  readonly runs: readonly ("deno" | "git" | "esbuild" | "bwrap" | "ps")[] | "any";
  /** Whether it reads standard input. */
  readonly listens?: true;
  /** Hosts; and whether those of the addresses in `study.ts`, where its data are had. */
  readonly reaches: readonly string[];
  readonly reachesData?: true;
  /** Whether it may reach, or write to, the store that is named to it, and see what belongs to that. */
  readonly shares?: true;
}

const RUN: TaskRights = {
  writes: {
    study: ["results", "report.md", "report.html", "classifier.html", ".cache"],
    project: [".cache"],
  },
  // With ps a run that waits sees whether the other one is stopped.
  runs: ["deno", "git", "esbuild", "bwrap", "ps"],
  // Keras's weight files.
  reaches: ["storage.googleapis.com"],
  reachesData: true,
};

/** By the name of the task's module. */
export const RIGHTS: Readonly<Record<string, TaskRights>> = {
  // A folder that is not there yet.
  new: { writes: { study: ["."] }, runs: ["deno"], reaches: [] },
  run: { ...RUN, shares: true },
  push: { writes: {}, runs: [], reaches: [], shares: true },
  pull: {
    writes: { study: [".cache"], project: [".cache"] },
    runs: ["ps"],
    reaches: [],
    shares: true,
  },
  keys: { writes: {}, runs: [], reaches: [] },
  reproduce: RUN,
  verify: {
    writes: { project: [".cache"] },
    runs: ["deno", "git", "esbuild", "bwrap"],
    reaches: [],
  },
  // Jobs and their inputs are in a folder of its own in the cache.
  worker: { writes: { project: [".cache"] }, runs: RUN.runs, reaches: [], shares: true },
  status: { writes: {}, runs: ["esbuild", "git"], reaches: [] },
  runs: { writes: {}, runs: ["esbuild"], reaches: [] },
  gc: {
    writes: { study: [".cache"], project: [".cache"] },
    runs: ["git", "ps"],
    reaches: [],
    shares: true,
  },
  diff: { writes: {}, runs: ["esbuild", "git"], reaches: [] },
  serve: { writes: { project: [".cache"] }, runs: ["git", "esbuild"], reaches: ["127.0.0.1"] },
  crate: { writes: { project: ["crate"] }, runs: ["esbuild"], reaches: [] },
  // What pictures show is computed in a job, which gets its images from a folder in the cache.
  predict: { writes: { project: [".cache"] }, runs: ["deno", "bwrap"], reaches: [], listens: true },
  export: { writes: { project: ["exported"] }, runs: [], reaches: [] },
  metrics: { writes: {}, runs: ["esbuild"], reaches: [] },
  setup: {
    writes: { project: [".cache"], cache: ["atelier"] },
    runs: "any",
    reaches: ["storage.googleapis.com", "pypi.org", "files.pythonhosted.org"],
  },
};

/** Variables of the environment that tasks see; `*` stands for any ending. They see no others. */
export const VARIABLES = [
  // Where the user's files are.
  ...["ATELIER_DATA_DIR", "FASHION_MNIST_DIR", "IMAGENET_WEIGHTS_DIR", "LIBTENSORFLOW_DIR"],
  "ATELIER_QUEUE",
  // Where programs and caches are, and where the user is.
  "INIT_CWD",
  ...["PATH", "PATHEXT", ...DENO_VARIABLES, "APPDATA", "TMPDIR", "TMP", "TEMP"],
  ...["USER", "USERNAME"],
  // How the terminal is written to.
  ...["TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "CI"],
  // How Deno and pip get through the network.
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"],
  ...["DENO_CERT", "DENO_TLS_CA_STORE", "NPM_CONFIG_*", "npm_config_*", "PIP_*"],
];

/** What is secret of those below: a task deletes it from its environment once it has read it. */
export const SECRETS = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "ATELIER_SIGNING_KEY"];

/** Variables that tasks see besides which may use a store, where one is named. */
export const STORE_VARIABLES = [
  ...SECRETS,
  ...["ATELIER_STORE", "ATELIER_TRUSTED_KEYS", "AWS_ACCESS_KEY_ID"],
  ...["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"],
];

/** What else tasks see where `--launch` is given, for the launcher: how to reach Slurm, ssh's agent, and Docker. */
export const LAUNCH_VARIABLES = [
  ...["SLURM_*", "PMI*", "MUNGE_*"],
  ...["SSH_AUTH_SOCK", "KRB5CCNAME"],
  ...["DOCKER_*", "CONTAINER_HOST", "XDG_RUNTIME_DIR"],
];
