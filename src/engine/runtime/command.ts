/** Runs a program to its end, but not for longer than it may take. @module */

/** How a program is run. */
export interface CommandOptions {
  readonly args: readonly string[];
  /** Ends the program when aborted. */
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** Variables added to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs `program` and gives its standard output. Throws an Error that a person can read as a reason:
 * the program is not there, may not be run, or failed (with the last thing it said); throws the
 * signal's reason when aborted.
 */
export async function runCommand(program: string, options: CommandOptions): Promise<string> {
  const { args, signal, cwd, env } = options;
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      cwd,
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`there is no ${program} on this machine`);
    }
    throw new Error(`${program} does not start: ${error instanceof Error ? error.message : error}`);
  }
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const end = () => {
    // Not waited for: what the program started itself may hold its output open for longer.
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    reject(signal.reason);
  };
  signal.addEventListener("abort", end);
  try {
    const output = child.output();
    output.catch(() => {});
    const { code, signal: killedBy, stdout, stderr } = await Promise.race([output, aborted]);
    if (code !== 0) {
      const ended = killedBy ? `was ended by ${killedBy}` : `failed with code ${code}`;
      const said = lastWords(new TextDecoder().decode(stderr));
      throw new Error(`${program} ${ended}${said ? `: ${said}` : ""}`);
    }
    return new TextDecoder().decode(stdout);
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** The line of a log that most likely says what went wrong: the first error, or else the last line. */
function lastWords(log: string): string {
  const lines = log.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
