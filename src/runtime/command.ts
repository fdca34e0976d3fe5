/** Work that must not hang: anything within a time limit, and programs of this machine. @module */

/**
 * Runs something for at most `milliseconds`. Then its signal is aborted, and it is given up even if
 * it pays no heed. `outer` ends it earlier.
 *
 * @throws {Error} where it took too long; it names `what`
 * @throws the reason of `outer` where that is aborted
 */
export async function bounded<T>(
  what: string,
  milliseconds: number,
  run: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  outer?.throwIfAborted();
  const controller = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    controller.abort(reason);
    reject(reason);
  };
  const timer = setTimeout(() => {
    const limit = milliseconds < 120_000
      ? `${milliseconds / 1000} s`
      : `${milliseconds / 60_000} minutes`;
    end(new Error(`${what} took longer than ${limit}`));
  }, milliseconds);
  const passOn = () => end(outer!.reason);
  outer?.addEventListener("abort", passOn);
  try {
    return await Promise.race([run(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", passOn);
  }
}

/** How a program is run. */
export interface CommandOptions {
  readonly args: readonly string[];
  /** What errors call it; the program's name if omitted. */
  readonly name?: string;
  /** Longest time it may take, in milliseconds. */
  readonly limit: number;
  /** Ends the program earlier when aborted. */
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  /** Variables added to those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs `program` to its end and returns its standard output.
 *
 * @throws {Error} where the program is not there, may not be run, fails (with what it said) or takes
 * too long
 */
export async function runCommand(program: string, options: CommandOptions): Promise<string> {
  const name = options.name ?? program;
  return await bounded(name, options.limit, async (signal) => {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, {
        args: [...options.args],
        cwd: options.cwd,
        env: options.env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        throw new Error(`there is no ${program} on this machine`);
      }
      throw new Error(`${name} does not start: ${String(error)}`);
    }
    signal.addEventListener("abort", () => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
    });
    const { code, signal: killer, stdout, stderr } = await child.output();
    if (code !== 0) {
      const how = killer ? `was ended by ${killer}` : `failed with code ${code}`;
      const said = lastWords(new TextDecoder().decode(stderr));
      throw new Error(`${name} ${how}${said ? `: ${said}` : ""}`);
    }
    return new TextDecoder().decode(stdout);
  }, options.signal);
}

/** The line of a log that most likely says what went wrong: the first error, or else the last line. */
function lastWords(log: string): string {
  const lines = log.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.find((line) => /\berror\b/i.test(line)) ?? lines.at(-1) ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
