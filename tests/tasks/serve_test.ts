/** `deno task serve`, on a small study: what it shows, to whom, and that it follows the results. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { PROJECT } from "../../src/runtime/choice.ts";
import { withCopy } from "../support/copy.ts";

const STUDY = "studies/digits";

/** Copies a folder. */
async function copied(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copied(source, target);
    else await Deno.copyFile(source, target);
  }
}

Deno.test("serve shows the page to this machine alone, and renders it anew when results change", () =>
  withCopy(async (copy) => {
    await copied(join(PROJECT, STUDY), copy.path(STUDY));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "serve", `--study=${STUDY}`, "--port=0"],
      cwd: copy.path("."),
      env: { NO_COLOR: "1", INIT_CWD: copy.path(".") },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      const { value: first } = await lines.read();
      const [, address] = /^(http:\/\/127\.0\.0\.1:\d+\/) shows the report/.exec(first!)!;
      const get = async (path: string) => {
        const response = await fetch(new URL(path, address));
        return { status: response.status, text: await response.text() };
      };

      const page = await get("/");
      assertStringIncludes(page.text, "<h1 id=");
      assertMatch(page.text, /content="default-src 'none'; connect-src 'self'; script-src 'self' /);
      // What is served is the page itself, apart from what loads it again.
      const html = page.text.replace("connect-src 'self'; script-src 'self' ", "script-src ")
        .replace('<script src="/reload.js"></script>\n', "");
      assertEquals(html, await Deno.readTextFile(copy.path(`${STUDY}/report.html`)));

      const linked = /href="(results\/baseline\/model-[^"]+)"/.exec(page.text)![1];
      assertEquals((await get(linked)).status, 200);
      for (
        const path of [
          "/study.ts",
          "/results/%2e%2e/study.ts",
          "/results/..%2fstudy.ts",
          "/results/",
        ]
      ) {
        assertEquals((await get(path)).status, 404, path);
      }

      // By another name than its own it shows nothing, wherever that leads.
      const { port } = new URL(address);
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      await connection.write(
        new TextEncoder().encode(
          `GET / HTTP/1.1\r\nHost: example.org:${port}\r\nConnection: close\r\n\r\n`,
        ),
      );
      const answer = await new Response(connection.readable).text();
      assertMatch(answer, /^HTTP\/1\.1 403 /);
      assertEquals(answer.includes("<h1"), false);

      const changes = (await fetch(new URL("/changes", address))).body!
        .pipeThrough(new TextDecoderStream()).getReader();
      assertEquals((await changes.read()).value, ": hello\n\n");
      const manifest = copy.path(`${STUDY}/results/baseline/manifest.json`);
      const text = await Deno.readTextFile(manifest);
      await Deno.writeTextFile(
        manifest,
        text.replace(/"cores": \d+/, '"cores": 77'),
      );
      assertEquals((await changes.read()).value, "data: changed\n\n");
      assertStringIncludes((await get("/")).text, "77 cores");
      assertMatch((await lines.read()).value ?? "", /rendered anew/);

      // Results that cannot be shown leave the page as it was.
      await Deno.writeTextFile(manifest, text.replace(/"cores": \d+/, '"cores": 78').slice(0, -9));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assertStringIncludes((await get("/")).text, "77 cores");
      await changes.cancel();
    } finally {
      child.kill("SIGINT");
    }
    const { code } = await child.status;
    assert(code !== 0, "ended by a signal");
    await lines.cancel();
  }));

Deno.test("serve refuses a port that is none", () =>
  withCopy(async (copy) => {
    const { success, stderr } = await copy.deno("task", "--quiet", "serve", "--port=many");
    assertEquals([success, stderr.includes("--port takes a whole number")], [false, true]);
  }));
