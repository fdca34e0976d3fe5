/**
 * `deno task serve`: shows the report of a study to browsers of this machine, rendered from the results
 * as they are, and anew whenever these change. Writes nothing beside them.
 *
 * @module
 */
import { join } from "node:path";
import { sha256 } from "../src/files/digest.ts";
import { messageOf } from "../src/files/explain.ts";
import { escapeHtml } from "../src/page/markdown.ts";
import { inScratch, stageAlone } from "../src/pipeline/alone.ts";
import { statusOf } from "../src/pipeline/status.ts";
import { storedPath } from "../src/pipeline/store.ts";
import { listed } from "../src/report/markdown.ts";
import { shortly } from "../src/schema.ts";
import { command } from "./command.ts";
import { Refused } from "./exits.ts";
import { type Project, project } from "./workspace.ts";

/** Of the one machine that is served. */
const HOST = "127.0.0.1";

/** Milliseconds after which results are looked at again; rendered is what has stayed the same for as long. */
const EVERY = 500;

/** What is added to the page while it is served: it loads itself again where the server has another. */
const RELOAD = `const { page } = document.currentScript.dataset;
new EventSource("/changes").onmessage = ({ data }) => { if (data !== page) location.reload(); };
`;

/** What files are, by how their names end; others are bytes. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/plain; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  png: "image/png",
};
const HTML = "text/html; charset=utf-8";

/** Nothing that is served may be taken for something else, or shown by a page of somebody else's. */
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

/** The page as it is served. */
interface Shown {
  readonly html: string;
  /** Which page it is: another one has another. */
  readonly version: string;
  /** Names of the stages whose results do not belong to the code and the parameters that there are. */
  readonly stale: readonly string[];
  /** The page of the classifier; undefined where the study has none. */
  readonly classifier: string | undefined;
}

/** The page of a study, from its results as they are. */
async function rendered({ workspace, plan, locator, folder }: Project): Promise<Shown> {
  const run = `deno task all${folder ? ` --study=${folder}` : ""}`;
  // The report itself is made here.
  const states = (await statusOf(workspace, plan, locator))
    .filter(({ planned: { stage } }) => stage.name !== "report");
  const namesOf = (some: typeof states) => some.map(({ planned: { stage } }) => stage.name);
  const lacking = states.filter(({ last }) => !last)
    .map(({ planned: { stage }, reasons }) => `${stage.name}: ${reasons[0]}`);
  if (lacking.length > 0) {
    throw new Error(`not all results are there. Run \`${run}\` first.\n  ${lacking.join("\n  ")}`);
  }
  const stale = namesOf(states.filter(({ reasons }) => reasons.length > 0));
  const { page, classifier } = await inScratch(workspace, async (scratch) => {
    const planned = plan.find(({ stage }) => stage.name === "report")!;
    const outputs = await stageAlone(workspace, scratch, planned, locator, () => {});
    const read = (name: string) =>
      Deno.readTextFile(storedPath(scratch, planned.stage.name, outputs[name]));
    return {
      page: await read("report.html"),
      classifier: "classifier.html" in outputs ? await read("classifier.html") : undefined,
    };
  });
  const warning = stale.length === 0 ? "" : "<blockquote><p><strong>Stale results.</strong> " +
    `Those of ${
      escapeHtml(listed(stale))
    } do not belong to the code and the parameters beside them. ` +
    `<code>deno task status</code> says why, <code>${escapeHtml(run)}</code> makes them anew.` +
    "</p></blockquote>\n";
  const marked = page.replace('<main id="content">\n', (main) => main + warning);
  const version = sha256(marked).slice(0, 12);
  // The policy lets the page ask this server alone, for changes.
  const html = marked.replace("script-src ", "connect-src 'self'; script-src 'self' ")
    .replace("</body>", `<script src="/reload.js" data-page="${version}"></script>\n</body>`);
  return { html, version, stale, classifier };
}

/** What files there are in a folder, and when they were written; nothing where there is none. */
async function stateOf(folder: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = join(folder, name);
      if (isDirectory) lines.push(name, await stateOf(path));
      else {
        const { mtime, size } = await Deno.stat(path);
        lines.push(`${name} ${mtime?.getTime()} ${size}`);
      }
    }
  } catch {
    // It is being changed just now, or is not there.
  }
  return lines.sort().join("\n");
}

const NOTHING = () => new Response("There is no such file.\n", { status: 404, headers: CAREFUL });

/** A file of the results that the page links to. */
async function fileOf(home: string, path: string): Promise<Response> {
  const isPlain = path.split("/").every((part) => /^[\w-][\w.-]*$/.test(part));
  if (!isPlain || !path.startsWith("results/")) return NOTHING();
  const bytes = await Deno.readFile(join(home, path)).catch(() => undefined);
  if (!bytes) return NOTHING();
  return new Response(bytes, {
    headers: {
      ...CAREFUL,
      "content-type": TYPES[path.split(".").at(-1)!] ?? "application/octet-stream",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    },
  });
}

/** Browsers that have asked to be told of changes. */
function audience() {
  const all = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const message = (version: string) => new TextEncoder().encode(`data: ${version}\n\n`);
  return {
    /** What one is told: which page there is, now and after each change. */
    join(version: string): ReadableStream<Uint8Array> {
      let own: ReadableStreamDefaultController<Uint8Array>;
      return new ReadableStream({
        start(controller) {
          own = controller;
          all.add(own);
          own.enqueue(message(version));
        },
        cancel: () => void all.delete(own),
      });
    },
    tell(version: string): void {
      for (const one of all) one.enqueue(message(version));
    },
  };
}

/** Takes the port, so that nothing else is done where it cannot be had. */
function listen(port: number, answer: (request: Request) => Promise<Response>): number {
  try {
    return Deno.serve({ hostname: HOST, port, onListen() {} }, answer).addr.port;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "is taken, perhaps by another `deno task serve`"
      : `cannot be had (${messageOf(error)})`;
    throw new Error(`port ${port} ${why}: --port=0 takes one that is free.`, { cause: error });
  }
}

await command("serve", async ({ flags }, signal) => {
  const wanted = portFlag(flags.port);
  const study = await project(flags.study);
  const { home } = study.workspace;
  /** What is being waited for when the task is ended is not waited for. */
  const ended = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason))
  );
  const results = join(home, "results");
  let before = await stateOf(results);
  const first = rendered(study);
  let shown = first;
  const browsers = audience();

  const port = listen(wanted, async (request) => {
    const { pathname } = new URL(request.url);
    // A page of somebody else's may have led a browser here by another name.
    const own = [HOST, "localhost"].map((name) => new URL(`http://${name}:${port}`).host);
    if (!own.includes(request.headers.get("host") ?? "")) {
      return new Response("This is not the address of the report.\n", { status: 403 });
    }
    const { html, version, classifier } = await shown;
    const answer = (body: BodyInit, type: string) =>
      new Response(body, { headers: { ...CAREFUL, "content-type": type } });
    switch (pathname) {
      case "/":
      case "/report.html":
        return answer(html, HTML);
      case "/classifier.html":
        return classifier === undefined ? NOTHING() : answer(classifier, HTML);
      case "/reload.js":
        return answer(RELOAD, "text/javascript");
      case "/changes":
        return answer(browsers.join(version), "text/event-stream");
      default:
        return await fileOf(home, pathname.slice(1));
    }
  });
  const warn = ({ stale }: Shown) => {
    if (stale.length > 0) console.log(`Stale: ${listed(stale)}; \`deno task status\` says why.`);
  };
  let page = await Promise.race([first, ended]);
  console.log(`http://${HOST}:${port}/ shows the report; Ctrl-C ends that.`);
  warn(page);

  let last = before;
  while (true) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, EVERY)), ended]);
    const now = await stateOf(results);
    const isQuiet = now === last;
    last = now;
    if (!isQuiet || now === before) continue;
    before = now;
    try {
      const next = await Promise.race([rendered(study), ended]);
      if (next.version === page.version) continue;
      page = next;
      shown = Promise.resolve(next);
      console.log("The results have changed: rendered anew.");
      warn(next);
      browsers.tell(next.version);
    } catch (error) {
      if (signal.aborted) throw error;
      console.error(`The page stays as it was, since it cannot be rendered: ${messageOf(error)}`);
    }
  }
});
