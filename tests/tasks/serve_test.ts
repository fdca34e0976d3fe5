/** `deno task serve`, on a small study: what it shows, to whom, and that it follows the results. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { formatManifest, parseManifest } from "../../src/pipeline/manifest.ts";
import { PROJECT } from "../../src/runtime/choice.ts";
import { chromiumPath, startBrowser } from "../support/browser.ts";
import { mini } from "../support/mini.ts";

let home: string;
const place = (name: string) => join(home, name);

/** LeNet-5 alone, on few drawn garments. */
const small = (epochs: number) => {
  const { title, classes, data, prepare, baseline, models } = mini;
  const study = {
    ...{ title, classes, data, prepare, models },
    baseline: { ...baseline, epochs },
    thresholds: {},
  };
  return `export const study = ${JSON.stringify(study)};\n`;
};

const manifest = () => place("results/baseline/manifest.json");
/** The text of a manifest, made on a machine of so many cores, which the report tells. */
function withCores(text: string, cores: number): string {
  const { provenance, ...rest } = parseManifest(text, "baseline");
  return formatManifest({ ...rest, provenance: { ...provenance, cores } });
}

const task = (...args: string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: PROJECT,
    env: { NO_COLOR: "1", INIT_CWD: PROJECT },
    stdout: "piped",
    stderr: "piped",
  });

/** A task until it ends. */
async function ended(...args: string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await task(...args).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, said: text(stdout) + text(stderr) };
}

/** A server, which a test asks and listens to. */
interface Server {
  readonly address: string;
  readonly port: number;
  get(path: string): Promise<{ status: number; text: string; type: string }>;
  /** Waits until it has said something, on either of its outputs. */
  heard(words: RegExp): Promise<void>;
  /** Ends it as Ctrl-C does, and returns what it exits with. */
  end(): Promise<number>;
}

/** Starts the task and hands it to a test. */
async function serving(port: number, test: (server: Server) => Promise<void>): Promise<number> {
  const child = task("serve", `--study=${home}`, `--port=${port}`).spawn();
  let said = "";
  let hear = () => {};
  const listening = [child.stdout, child.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said += text;
      hear();
    }
    hear();
  });
  let isOver = false;
  const status = child.status.then((status) => {
    isOver = true;
    hear();
    return status;
  });
  const heard = async (words: RegExp) => {
    while (!words.test(said)) {
      assert(!isOver, `it ended, and did not say ${words}: ${said}`);
      await new Promise<void>((resolve) => hear = resolve);
    }
  };
  // Where what is waited for never comes, the test fails in place of waiting on.
  const late = setTimeout(() => child.kill("SIGINT"), 90_000);
  const end = async () => {
    if (!isOver) child.kill("SIGINT");
    const { code } = await status;
    clearTimeout(late);
    await Promise.all(listening);
    return code;
  };
  try {
    await heard(/shows the report/);
    const [, address] = /^(http:\/\/127\.0\.0\.1:\d+\/) shows the report/m.exec(said)!;
    await test({
      address,
      port: Number(new URL(address).port),
      async get(path) {
        const response = await fetch(new URL(path, address));
        const type = response.headers.get("content-type") ?? "";
        return { status: response.status, text: await response.text(), type };
      },
      heard,
      end,
    });
  } finally {
    await end();
  }
  return await end();
}

Deno.test.beforeAll(async () => {
  home = await Deno.realPath(await Deno.makeTempDir({ prefix: "atelier-serve-" }));
  await Deno.writeTextFile(place("study.ts"), small(1));
});

Deno.test.afterAll(() => Deno.remove(home, { recursive: true }));

Deno.test("a port that is none, and a study without results, are refused with what to do", async () => {
  const port = await ended("serve", "--port=many");
  assertEquals([port.code, port.said.includes("--port takes a whole number up to 65535")], [
    2,
    true,
  ]);
  const { code, said } = await ended("serve", `--study=${home}`, "--port=0");
  assertEquals(code, 1);
  assertMatch(said, /not all results are there\. Run `deno task all --study=\S+` first\./);
  assertMatch(said, /baseline: it has not run yet/);
  const all = await ended("all", `--study=${home}`, "--backend=wasm");
  assertEquals(all.code, 0, all.said);
});

Deno.test("what is served is the page and what it links to, and to this machine alone", async () => {
  await Deno.writeTextFile(place("secret.csv"), "secret");
  const code = await serving(0, async ({ address, port, get, end }) => {
    const page = await get("/");
    assertEquals([page.status, page.type], [200, "text/html; charset=utf-8"]);
    assertMatch(page.text, /content="default-src 'none'; connect-src 'self'; script-src 'self' /);
    assert(!page.text.includes("Stale results"));
    // It is the page itself, apart from what loads it again.
    assertEquals(
      page.text.replace("connect-src 'self'; script-src 'self' ", "script-src ")
        .replace(/<script src="\/reload\.js" data-page="\w+"><\/script>\n/, ""),
      await Deno.readTextFile(place("report.html")),
    );
    assertEquals((await get("/report.html")).text, page.text);
    assertEquals((await get("/reload.js")).type, "text/javascript");
    const classifier = await get("/classifier.html");
    assertEquals([classifier.text, classifier.type], [
      await Deno.readTextFile(place("classifier.html")),
      "text/html; charset=utf-8",
    ]);

    const linked = [...page.text.matchAll(/href="(results\/[^"]+)"/g)].map(([, path]) => path);
    assert(linked.length > 0);
    for (const path of linked) {
      const { status, type } = await get(path);
      assertEquals(status, 200, path);
      assert(!/html|javascript/.test(type), `${path} is served as ${type}`);
    }
    for (
      const path of [
        "/study.ts",
        "/secret.csv",
        "/results",
        "/results/",
        "/results/baseline",
        "/results/none.csv",
        "/results/%2e%2e/secret.csv",
        "/results/..%2fsecret.csv",
        "/results/%2fetc%2fpasswd",
        "/results//etc/passwd",
        "/results/%00",
        "/%ff",
        "/%",
        "/.cache/",
      ]
    ) {
      assertEquals((await get(path)).status, 404, path);
    }

    // By another name than its own it shows nothing, wherever that leads.
    const asked = async (line: string, host: string) => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const request = `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      await connection.write(new TextEncoder().encode(request));
      return await new Response(connection.readable).text();
    };
    for (const host of [`example.org:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`, ""]) {
      const answer = await asked("GET /", host);
      assertMatch(answer, /^HTTP\/1\.1 40[03] /, host);
      assert(!answer.includes("<h1"), host);
    }
    assertMatch(await asked("GET /", `localhost:${port}`), /^HTTP\/1\.1 200 /);
    // What a client does not do by itself.
    assertMatch(await asked("GET /results/../secret.csv", `localhost:${port}`), /^HTTP\/1\.1 404 /);

    // Another one cannot have the port, and says so before it renders anything.
    const second = await ended("serve", `--study=${home}`, `--port=${port}`);
    assertEquals(second.code, 1);
    assertStringIncludes(second.said, `port ${port} is taken`);

    // An open stream does not keep it from ending, and its port is free at once.
    const changes = await fetch(new URL("/changes", address));
    assertEquals(await end(), 130);
    await changes.body?.cancel().catch(() => {});
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  });
  assertEquals(code, 130);
});

/** A browser that shows the page, and what it complained of; none where there is no browser. */
async function watcher(address: string) {
  if (chromiumPath === undefined) return undefined;
  const browser = await startBrowser();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(address);
  await page.waitForFunction("document.querySelector('figure.drawn') !== null");
  return { page, complaints, close: () => browser.close() };
}

Deno.test({
  name:
    "a change of the results is rendered and told, and a browser loads it; results that cannot be shown leave the page",
  async fn() {
    await serving(0, async ({ address, get, heard }) => {
      const changes = (await fetch(new URL("/changes", address))).body!
        .pipeThrough(new TextDecoderStream()).getReader();
      const versionOf = (text: string) => /data-page="(\w+)"/.exec(text)![1];
      const first = await get("/");
      assertEquals((await changes.read()).value, `data: ${versionOf(first.text)}\n\n`);

      const browser = await watcher(address);
      const text = await Deno.readTextFile(manifest());
      try {
        await Deno.writeTextFile(manifest(), withCores(text, 77));
        const { value } = await changes.read();
        const second = await get("/");
        assertEquals(value, `data: ${versionOf(second.text)}\n\n`);
        assert(versionOf(second.text) !== versionOf(first.text));
        assertStringIncludes(second.text, "77 cores");
        await heard(/The results have changed: rendered anew\./);
        await browser?.page.getByText("77 cores").first().waitFor();
        assertEquals(browser?.complaints ?? [], []);
      } finally {
        await browser?.close();
      }

      // Cut off, and taken away.
      await Deno.writeTextFile(manifest(), withCores(text, 78).slice(0, -9));
      await heard(/The page stays as it was.*baseline/s);
      assertStringIncludes((await get("/")).text, "77 cores");
      await Deno.rename(place("results"), place("away"));
      await heard(/The page stays as it was.*prepare: it has not run yet/s);
      assertStringIncludes((await get("/")).text, "77 cores");

      // And it goes on from there.
      await Deno.writeTextFile(place("away/baseline/manifest.json"), withCores(text, 79));
      await Deno.rename(place("away"), place("results"));
      await changes.read();
      assertStringIncludes((await get("/")).text, "79 cores");
      await changes.cancel();
      await Deno.writeTextFile(manifest(), text);
    });
  },
  // The browser's messages and timers go on.
  sanitizeOps: false,
  sanitizeResources: false,
});

Deno.test("stale results are marked, on the page and where it was started", async () => {
  await Deno.writeTextFile(place("study.ts"), small(2));
  await serving(0, async ({ get, heard }) => {
    await heard(/^Stale: baseline and models; `deno task status` says why\.$/m);
    const { text } = await get("/");
    assertMatch(
      text,
      /<main id="content">\n<blockquote><p><strong>Stale results\.<\/strong> Those of baseline and models do/,
    );
  });
});
