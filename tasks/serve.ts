/**
 * `deno task serve`: shows the report of a study to browsers of this machine, rendered from the results
 * as they are, and anew whenever these change. Writes nothing beside them.
 *
 * @module
 */
import { join } from "node:path";
import { messageOf } from "../src/files/explain.ts";
import { inScratch, stageAlone } from "../src/pipeline/alone.ts";
import { storedPath } from "../src/pipeline/store.ts";
import { shortly } from "../src/schema.ts";
import { command } from "./command.ts";
import { Refused } from "./exits.ts";
import { type Project, project } from "./workspace.ts";

/** Of the one machine that is served. */
const HOST = "127.0.0.1";

/** Results are written file by file: milliseconds without another one until the page is rendered. */
const QUIET = 500;

/** What is added to the page while it is served: it loads itself again when told to. */
const RELOAD = 'new EventSource("/changes").onmessage = () => location.reload();';

/** What files of results are, by how their names end; others are bytes. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/plain; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
};

/** Nothing that is served may be taken for something else, or run. */
const CAREFUL = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
};

function portFlag(value: string | undefined): number {
  if (value === undefined) return 8411;
  if (/^\d{1,5}$/.test(value) && Number(value) < 65536) return Number(value);
  throw new Refused(`--port takes a whole number up to 65535; got ${shortly(value)}.`);
}

/** The pages of a study, from its results as they are; no classifier where it has none. */
interface Pages {
  readonly report: string;
  readonly classifier: string | undefined;
}

/** Renders them. */
async function rendered({ workspace, plan, locator }: Project): Promise<Pages> {
  return await inScratch(workspace, async (scratch) => {
    const planned = plan.find(({ stage }) => stage.name === "report")!;
    const outputs = await stageAlone(workspace, scratch, planned, locator, () => {});
    const read = (name: string) =>
      Deno.readTextFile(storedPath(scratch, planned.stage.name, outputs[name]));
    return {
      report: watching(await read("report.html")),
      classifier: "classifier.html" in outputs ? await read("classifier.html") : undefined,
    };
  });
}

/** The page as it is served: its policy lets it ask this server alone, for changes. */
const watching = (page: string): string =>
  page.replace("script-src ", "connect-src 'self'; script-src 'self' ")
    .replace("</body>", '<script src="/reload.js"></script>\n</body>');

/** A file of the results that the page links to. */
async function resultFile(home: string, path: string): Promise<Response> {
  const isPlain = path.split("/").every((part) => /^[\w-][\w.-]*$/.test(part));
  const bytes = isPlain && path.startsWith("results/")
    ? await Deno.readFile(join(home, path)).catch(() => undefined)
    : undefined;
  if (!bytes) return new Response("There is no such file.\n", { status: 404, headers: CAREFUL });
  return new Response(bytes, {
    headers: {
      ...CAREFUL,
      "content-type": TYPES[path.split(".").at(-1)!] ?? "application/octet-stream",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    },
  });
}

await command("serve", async ({ flags }, signal) => {
  const port = portFlag(flags.port);
  const study = await project(flags.study);
  const { home } = study.workspace;
  let pages = await rendered(study);

  const readers = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const tell = (message: string) => {
    for (const reader of readers) {
      try {
        reader.enqueue(new TextEncoder().encode(message));
      } catch {
        readers.delete(reader); // It has gone.
      }
    }
  };
  const changes = () => {
    let own: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        readers.add(controller);
        controller.enqueue(new TextEncoder().encode(": hello\n\n"));
      },
      cancel: () => void readers.delete(own),
    });
  };

  let address = "";
  const server = Deno.serve({
    hostname: HOST,
    port,
    signal,
    onListen(at) {
      address = `${HOST}:${at.port}`;
      console.log(`http://${address}/ shows the report; Ctrl-C ends that.`);
    },
  }, async (request) => {
    // A page of somebody else's may have led a browser here by another name.
    const host = request.headers.get("host");
    if (host !== address && host !== address.replace(HOST, "localhost")) {
      return new Response("This is not the address of the report.\n", { status: 403 });
    }
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    const answer = (body: BodyInit, type: string) =>
      new Response(body, { headers: { ...CAREFUL, "content-type": type } });
    const html = "text/html; charset=utf-8";
    if (path === "" || path === "report.html") return answer(pages.report, html);
    if (path === "classifier.html" && pages.classifier) return answer(pages.classifier, html);
    if (path === "reload.js") return answer(RELOAD, "text/javascript");
    if (path === "changes") return answer(changes(), "text/event-stream");
    return await resultFile(home, path);
  });

  let waiting: ReturnType<typeof setTimeout> | undefined;
  let rendering = Promise.resolve();
  const again = async () => {
    try {
      const now = await rendered(study);
      if (now.report === pages.report && now.classifier === pages.classifier) return;
      pages = now;
      console.log("The results have changed: rendered anew.");
      tell("data: changed\n\n");
    } catch (error) {
      console.error(`The page stays as it was, since it cannot be rendered: ${messageOf(error)}`);
    }
  };
  const watcher = Deno.watchFs(join(home, "results"));
  signal.addEventListener("abort", () => watcher.close());
  for await (const { kind } of watcher) {
    if (kind === "access") continue;
    clearTimeout(waiting);
    waiting = setTimeout(() => rendering = rendering.then(again), QUIET);
  }
  await server.finished;
  throw signal.reason;
});
