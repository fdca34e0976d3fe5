/** The address of a queue. Every task may read it; nothing of what a queue needs is loaded by it. @module */
import { isIP } from "node:net";

/**
 * The parts of a queue's address.
 *
 * @param address `redis://[user:password@]host[:port][/number]`, or `rediss://` by way of TLS
 * @throws {Error} where it is no such address; what it holds is not told, since it may be a password
 */
export function queueAddress(address: string) {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const known = url && ["redis:", "rediss:"].includes(url.protocol) && url.hostname !== "";
  const [, db = "0"] = /^\/?(\d{1,4})?$/.exec(url?.pathname ?? "") ?? [];
  if (!known || !/^\/?\d{0,4}$/.test(url.pathname) || url.search + url.hash !== "") {
    throw new Error(
      "The queue's address is not one of a Redis: redis://host:6379, rediss://host for TLS, " +
        "or with user, password and the number of a database: redis://user:password@host:6379/1.",
    );
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? 6379 : Number(url.port);
  const shown = `${url.protocol}//${url.hostname}:${port}${db === "0" ? "" : `/${db}`}`;
  return {
    host,
    port,
    db: Number(db),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" ? { tls: isIP(host) ? {} : { servername: host } } : {}),
    /** The address without user and password. */
    name: shown,
  };
}
