/** Why something could not be had, in one line. @module */
import { DownloadError } from "../files/download.ts";
import { messageOf } from "../files/explain.ts";

/** An error's first line; of a download each address's host, with what was wrong there. */
export function reasonOf(error: unknown): string {
  if (error instanceof DownloadError) {
    return error.failures.map(({ address, why }) => `${new URL(address).host}: ${why}`).join("; ");
  }
  return messageOf(error).split("\n")[0];
}
