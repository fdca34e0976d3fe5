/** A Redis of a test's own, on a free port of this machine, with a folder of its own. @module */
import { join } from "node:path";
import { programPath } from "../../src/files/programs.ts";
import { ended } from "./people.ts";

/** Where the server's program is; undefined where it is not on this machine. */
export const redisServer = await programPath("redis-server");

/** Why a server cannot be had by way of TLS; see `redisServer`. */
export const canSecure = redisServer !== undefined && await programPath("openssl") !== undefined;

/** A running server. */
export interface Redis {
  /** Its address. */
  readonly address: string;
  readonly port: number;
  /** What a process is told to believe the server's certificate, where it has one. */
  readonly believing: Readonly<Record<string, string>>;
  /** Ends it at once, as a loss of power would. */
  kill(): Promise<void>;
  /** Starts it again, with what it has kept if it was told to keep anything. */
  start(): Promise<void>;
  /** Gives it another certificate, which it has once it is started again; what is returned puts the first one back. */
  certify(): Promise<() => Promise<void>>;
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
  /** A certificate that it is to have, signed by itself; then its address is one of TLS. None if omitted. */
  readonly tls?: Certificate;
}

/** What a certificate says. */
export interface Certificate {
  /** Whom it is for, in openssl's words. */
  readonly names: string;
  /** Whether it may sign others, which `openssl req -x509` would say if it were not told. */
  readonly ca: boolean;
}

/** One as a server of this machine should have it. */
export const CERTIFICATE: Certificate = { names: "IP:127.0.0.1", ca: false };

/** Makes a key and a certificate in a folder; returns their paths. */
async function certified(folder: string, { names, ca }: Certificate) {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const { success, stderr } = await ended([
    ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=atelier"],
    ...["-addext", `subjectAltName=${names}`],
    ...(ca ? [] : ["-addext", "basicConstraints=critical,CA:FALSE"]),
  ]);
  if (!success) throw new Error(`openssl: ${stderr}`);
  return { key, certificate };
}

/** Starts a server, hands it to a test and ends it. */
export async function withRedis(
  test: (redis: Redis) => Promise<void>,
  { more = [], host = "127.0.0.1", tls }: RedisSettings = {},
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "atelier-redis-" });
  const [port, securePort] = [freePort(), freePort()];
  const made = tls && await certified(folder, tls);
  const secure = made === undefined ? [] : [
    ...["--tls-port", String(securePort), "--tls-auth-clients", "no"],
    ...["--tls-cert-file", made.certificate, "--tls-key-file", made.key],
    ...["--tls-ca-cert-file", made.certificate],
  ];
  let child: Deno.ChildProcess | undefined;
  const start = async () => {
    const log = join(folder, "log");
    child = new Deno.Command(redisServer!, {
      args: [
        ...["--port", String(port), "--bind", host, ...(host === "127.0.0.1" ? [] : ["127.0.0.1"])],
        ...["--dir", folder, "--save", "", "--logfile", log, "--protected-mode", "no"],
        ...[...secure, ...more],
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
      address: made ? `rediss://${host}:${securePort}` : `redis://${host}:${port}`,
      port,
      believing: made ? { DENO_CERT: made.certificate } : {},
      kill,
      start,
      async certify() {
        const files = made ? [made.certificate, made.key] : [];
        const first = await Promise.all(files.map((file) => Deno.readFile(file)));
        if (tls) await certified(folder, tls);
        return async () => {
          await Promise.all(files.map((file, i) => Deno.writeFile(file, first[i])));
        };
      },
      ask: (...words) => ask(port, words),
    });
  } finally {
    if (child) await kill();
    await Deno.remove(folder, { recursive: true });
  }
}
