/** A Redis of a test's own, on a free port of this machine, with a folder of its own. @module */
import { join } from "node:path";
import { programPath } from "../../src/files/programs.ts";

/** Where the server's program is; undefined where it is not on this machine. */
export const redisServer = await programPath("redis-server");

/** A running server. */
export interface Redis {
  /** Its address. */
  readonly address: string;
  readonly port: number;
  /** Ends it at once, as a loss of power would. */
  kill(): Promise<void>;
  /** Starts it again, with what it has kept if it was told to keep anything. */
  start(): Promise<void>;
  /** Says something to it by way of a connection of its own, and returns the answer's text. */
  ask(...words: string[]): Promise<string>;
}

/** A port that is free now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** One call of the server's, by its own protocol. */
async function ask(port: number, words: readonly string[]): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  const parts = words.map((word) => `$${encoder.encode(word).length}\r\n${word}\r\n`);
  await connection.write(encoder.encode(`*${words.length}\r\n${parts.join("")}`));
  let text = "";
  const bytes = new Uint8Array(65536);
  for (;;) {
    const read = await connection.read(bytes);
    if (read === null) return text;
    text += new TextDecoder().decode(bytes.subarray(0, read));
    const [, length] = /^\$(\d+)\r\n/.exec(text) ?? [];
    if (length === undefined ? text.endsWith("\r\n") : text.length >= Number(length)) return text;
  }
}

/** How a server is started. */
export interface RedisSettings {
  /** Settings, such as `--appendonly yes` as two words; none if omitted. */
  readonly more?: readonly string[];
  /** An address of this machine at which it is reached, besides 127.0.0.1; that one if omitted. */
  readonly host?: string;
}

/** Starts a server, hands it to a test and ends it. */
export async function withRedis(
  test: (redis: Redis) => Promise<void>,
  { more = [], host = "127.0.0.1" }: RedisSettings = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "atelier-redis-" });
  const port = freePort();
  let child: Deno.ChildProcess | undefined;
  const start = async () => {
    const log = join(folder, "log");
    child = new Deno.Command(redisServer!, {
      args: [
        ...["--port", String(port), "--bind", host, ...(host === "127.0.0.1" ? [] : ["127.0.0.1"])],
        ...["--dir", folder, "--save", "", "--logfile", log, "--protected-mode", "no", ...more],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let i = 0; i < 200; i++) {
      const there = await ask(port, ["PING"]).then((text) => /PONG|NOAUTH/.test(text), () => false);
      if (there) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`the server did not start: ${await Deno.readTextFile(log).catch(() => "")}`);
  };
  const kill = async () => {
    child?.kill("SIGKILL");
    await child?.status;
    child = undefined;
  };
  try {
    await start();
    await test({
      address: `redis://${host}:${port}`,
      port,
      kill,
      start,
      ask: (...words) => ask(port, words),
    });
  } finally {
    if (child) await kill();
    await Deno.remove(folder, { recursive: true });
  }
}
