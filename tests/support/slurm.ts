/** A Slurm of one node, this machine, for as long as a test takes. Needs root. @module */
import { join } from "node:path";
import { programPath } from "../../src/files/programs.ts";
import { ended } from "./people.ts";

/** What must be installed: of Debian, packages `slurm-wlm` and `munge`. */
const PROGRAMS = ["munged", "slurmctld", "slurmd", "srun", "sbatch", "squeue", "sinfo"];

/** Where Debian has daemons, which the `PATH` of a user may lack. */
const PATH = `${Deno.env.get("PATH")}:/usr/sbin`;

/** Why there can be no Slurm on this machine; undefined where there can. */
export async function whyNoSlurm(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "Slurm is for Linux";
  if (Deno.uid() !== 0) return "its daemons are started by root alone";
  for (const program of PROGRAMS) {
    const there = await programPath(program) ??
      await Deno.stat(`/usr/sbin/${program}`).catch(() => undefined);
    if (there === undefined) return `${program} is not on this machine`;
  }
}

/** What one asks of a Slurm. */
export interface Slurm {
  /** The environment in which its commands find it. */
  readonly env: Readonly<Record<string, string>>;
  /** Its configuration, for people. */
  readonly configuration: string;
  /** Runs one of its commands, and returns what it prints. */
  ask(...command: string[]): Promise<string>;
}

/** A port of this machine that is free now. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until something is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const began = Date.now(); !await isSo();) {
    if (Date.now() - began > 30_000) throw new Error(`${what} for 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Starts munged, slurmctld and slurmd on free ports, with all their files in a temporary folder, hands
 * them to a test and ends them.
 *
 * @param cpus how many processors the node has, whatever this machine has
 */
export async function withSlurm(cpus: number, test: (slurm: Slurm) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "atelier-slurm-" });
  const at = (name: string) => join(folder, name);
  const daemons: { name: string; process: Deno.ChildProcess }[] = [];
  const start = (name: string, args: readonly string[], env: Record<string, string> = {}) => {
    const process = new Deno.Command(name, {
      args: [...args],
      env: { PATH, ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    daemons.push({ name, process });
  };
  const node = Deno.hostname();
  // No cgroups and no accounting: neither a container nor a virtual machine need have the first.
  const configuration = [
    "ClusterName=atelier",
    `SlurmctldHost=${node}(127.0.0.1)`,
    "SlurmUser=root",
    `SlurmctldPort=${freePort()}`,
    `SlurmdPort=${freePort()}`,
    "AuthType=auth/munge",
    `AuthInfo=socket=${at("munge.sock")}`,
    "CredType=cred/munge",
    `StateSaveLocation=${at("state")}`,
    `SlurmdSpoolDir=${at("spool")}`,
    `SlurmctldPidFile=${at("slurmctld.pid")}`,
    `SlurmdPidFile=${at("slurmd.pid")}`,
    `SlurmctldLogFile=${at("slurmctld.log")}`,
    `SlurmdLogFile=${at("slurmd.log")}`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "JobAcctGatherType=jobacct_gather/none",
    "AccountingStorageType=accounting_storage/none",
    "MpiDefault=none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core_Memory",
    "SlurmdParameters=config_overrides",
    `NodeName=${node} NodeAddr=127.0.0.1 CPUs=${cpus} RealMemory=8000 State=UNKNOWN`,
    "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
  ].join("\n") + "\n";
  const env = { SLURM_CONF: at("slurm.conf") };
  const ask = async (...command: string[]) => {
    const { success, stdout, stderr } = await ended(command, { env });
    if (!success) throw new Error(`${command.join(" ")}: ${stderr}`);
    return stdout.trim();
  };
  try {
    await Deno.mkdir(at("state"));
    await Deno.mkdir(at("spool"));
    await Deno.writeTextFile(env.SLURM_CONF, configuration);
    await Deno.writeFile(at("munge.key"), crypto.getRandomValues(new Uint8Array(128)), {
      mode: 0o600,
    });
    start("munged", [
      // In the folder of a test, which lies in one that everybody may write to.
      ...["--foreground", "--force", `--socket=${at("munge.sock")}`],
      ...[`--key-file=${at("munge.key")}`, `--seed-file=${at("munge.seed")}`],
      ...[`--pid-file=${at("munge.pid")}`, `--log-file=${at("munge.log")}`],
    ]);
    await until(
      "munged has made no socket",
      () => Deno.lstat(at("munge.sock")).then(() => true, () => false),
    );
    start("slurmctld", ["-D", "-i"], env);
    start("slurmd", ["-D"], env);
    await until(
      "the node is not idle",
      async () =>
        (await ended(["sinfo", "--noheader", "--format=%t"], { env })).stdout.trim() === "idle",
    );
    await test({ env, configuration, ask });
  } finally {
    for (const { process } of daemons.reverse()) {
      try {
        process.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await process.status;
    }
    await Deno.remove(folder, { recursive: true });
  }
}
