/** Connections to a Redis by way of TLS. @module */
import { AbstractConnector } from "ioredis";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";

/** How long a connection that ends may take to do so, in milliseconds. */
const ENDING = 2000;

/**
 * What ioredis is to open connections by. Its own way hears the first error of each connection alone, and
 * with TLS in Deno there may be a second one, which nobody hears and which would so end the process.
 */
export const secureConnector = (where: ConnectionOptions) =>
  class extends AbstractConnector {
    constructor() {
      super(ENDING);
    }

    override connect(): Promise<TLSSocket> {
      this.connecting = true;
      const socket = connect(where);
      socket.on("error", (error) => this.firstError ??= error);
      this.stream = socket;
      return Promise.resolve(socket);
    }
  };
