/** The page as a file: what its policy allows, what it carries, and that it is the same each time. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { sha256 } from "../../src/files/digest.ts";
import { alive, embedded } from "../../src/page/figures.ts";
import { hostile, numbered, plainStudy, sectionsOf } from "../support/sections.ts";

const study = await sectionsOf({ ...plainStudy, classes: numbered(4), tested: 20 });
const html = await study.html();

const digest = async (text: string) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toBase64();

Deno.test("the same results give the same page, byte for byte", async () => {
  const again = await (await sectionsOf({ ...plainStudy, classes: numbered(4), tested: 20 }))
    .html();
  assertEquals(sha256(again), sha256(html));
});

Deno.test("the page loads nothing: its policy allows its one script, its one style and PNG data", async () => {
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
  const [script, ...others] = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, it]) => it);
  const [style, ...styles] = [...html.matchAll(/<style>([^]*?)<\/style>/g)].map(([, it]) => it);
  assertEquals([others, styles], [[], []]);
  assertEquals(policy.split("; "), [
    "default-src 'none'",
    `script-src 'sha256-${await digest(script)}'`,
    `style-src 'sha256-${await digest(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  const rest = html.replace(/<script>[^]*?<\/script>/, "").replace(
    /<script type[^]*?<\/script>/,
    "",
  );
  assertEquals(rest.match(/\s(on\w+|style)="/g), null);
  const addresses = [...rest.matchAll(/\s(?:src|href)="([^"#][^"]*)"/g)].map(([, it]) => it);
  assertEquals(
    addresses.filter((it) => !/^(data:(image\/png;base64,|,$)|results\/)/.test(it)),
    ["classifier.html"],
  );
});

Deno.test("a page is far below 6 MB", () => {
  assert(html.length < 3e6, `${html.length} bytes`);
});

Deno.test("ids are there once, and what refers to them finds them", () => {
  const rest = html.replaceAll(/<script[^]*?<\/script>/g, "");
  const ids = [...rest.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assertEquals(ids.filter((id, i) => ids.indexOf(id) !== i), []);
  const named = [...rest.matchAll(/url\(#([^)]*)\)|href="#([^"]*)"/g)].map(([, a, b]) => a ?? b);
  assertEquals(named.filter((id) => !ids.includes(decodeURIComponent(id))), []);
});

Deno.test("strange names are words in the page, and end neither its data nor its markup", async () => {
  const page = await (await sectionsOf({
    ...plainStudy,
    classes: [...hostile.slice(0, 8), "</script><script>alert(1)</script>", "<!--"],
    tested: 8,
  })).html();
  assertEquals(page.match(/<script[^>]*>/g), [
    '<script type="application/json" id="carried">',
    "<script>",
  ]);
  const carried = JSON.parse(/id="carried">([^]*?)<\/script>/.exec(page)![1]);
  assertEquals(carried.mistakes.classes[8], "</script><script>alert(1)</script>");
  assertEquals(page.includes("<b>bold"), false);
});

Deno.test("more classes than a matrix has room for are a page without one", async () => {
  const page = await (await sectionsOf({ ...plainStudy, classes: numbered(12) })).html();
  assertEquals(/id="tool-mistakes"|"sprite":/.exec(page), null);
});

Deno.test("a picture in the page has its own ids, and no style", () => {
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" class="marks" width="9" role="img">' +
    '<title>t</title><desc>d</desc><style>x</style><g id="a"/><path fill="url(#a)"/>' +
    '<image xlink:href="data:image/png;base64,AA" style="image-rendering: optimizeSpeed; image-rendering: pixelated;"/></svg>\n';
  assertEquals(
    embedded({ name: "fig", svg }),
    '<svg class="picture" aria-hidden="true" width="9"><g id="fig-a"/><path fill="url(#fig-a)"/>' +
      '<image href="data:image/png;base64,AA" image-rendering="pixelated"/></svg>',
  );
});

Deno.test("what speaks is drawn anew, what does not stays a picture; of a line its points do", () => {
  const base = { title: "t", description: "d", data: { values: [{ a: 1, b: 2 }] } };
  const encoding = {
    x: { field: "a", type: "quantitative" },
    y: { field: "b", type: "quantitative" },
  } as const;
  assertMatch(JSON.stringify(alive({ ...base, mark: "bar", encoding })), /"tooltip"/);
  const marks = JSON.stringify(alive({ ...base, mark: "line", encoding })!.marks);
  assertEquals(marks.match(/"type":"(line|symbol)"|"tooltip"/g), [
    '"type":"line"',
    '"type":"symbol"',
    '"tooltip"',
  ]);
  assertEquals(alive({ ...base, mark: "text", encoding }), undefined);
});

Deno.test("what a mark says has four decimals where it is no whole number, and says what ends and strokes are", () => {
  const said = (field: string, axis: object) => {
    const spec = {
      title: "t",
      description: "d",
      data: { values: [{ [field]: 0.5 }] },
      mark: "tick",
      encoding: { x: { field, title: "Accuracy", type: "quantitative", axis } },
    } as const;
    return JSON.stringify(alive(spec)!.marks).replaceAll("\\", "");
  };
  assertMatch(said("value", { format: ".2f" }), /"Accuracy": format\(datum\["value"\], ".4f"\)/);
  assertMatch(said("value", {}), /"Accuracy": format\(datum\["value"\], datum\["value"\] % 1 \? /);
  assertMatch(said("value", { format: "d" }), /"Accuracy": format\(datum\["value"\], "d"\)/);
  assertMatch(
    said("threshold", { format: ".2f" }),
    /"at least": format\(datum\["threshold"\], ".4f"/,
  );
});

Deno.test("both pages hold the graph of the stages: GitHub draws it in one, it is drawn in the other", () => {
  assertMatch(study.page, /\n```mermaid\ngraph LR\n {2}baseline\["baseline<br>[^"]+"\]\n/);
  const [, said, drawing] = /<pre role="img" aria-label="([^"]*)">([^<]*)<\/pre>/.exec(html)!;
  assertMatch(said, /report reads from baseline, tune, and transfer\.$/);
  assertEquals(drawing.split("\n").map((line) => /\w+/.exec(line)?.[0]), [
    "stage",
    "baseline",
    "tune",
    "transfer",
    "report",
    "in",
  ]);
  assertEquals(html.includes("graph LR"), false);
});
