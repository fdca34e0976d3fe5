import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { pageWriter } from "../../src/page/markdown.ts";
import { anchorOf, plain } from "../../src/report/markdown.ts";

const write = (markdown: string) => pageWriter(() => undefined).write(markdown);

/** Text as a browser shows it, of HTML without markup. */
const shown = (html: string) =>
  html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'").replaceAll("&#124;", "|").replaceAll("&amp;", "&");

Deno.test("what sections write becomes headings, tables, lists and links", () => {
  const writer = pageWriter(() => undefined);
  assertEquals(
    writer.write("## Where `it` comes from\n\nSome **words** ([there](#where-it-comes-from))."),
    '<h2 id="where-it-comes-from">Where <code>it</code> comes from</h2>\n' +
      '<p>Some <strong>words</strong> (<a href="#where-it-comes-from">there</a>).</p>\n',
  );
  assertEquals(
    write("| a |   b |\n| - | --: |\n| x | 1.5 |\n"),
    '<div class="scroll"><table><thead><tr><th scope="col">a</th>' +
      '<th scope="col" class="number">b</th></tr></thead>\n' +
      '<tbody><tr><td>x</td><td class="number">1.5</td></tr></tbody></table></div>\n',
  );
});

Deno.test("names in code may be broken at their joints, or where they have none for long, and are whole", () => {
  assertEquals(
    write("`baseline.test-a_b` `<b>&amp;`"),
    "<p><code>baseline.<wbr>test-<wbr>a_<wbr>b</code> <code>&lt;b&gt;&amp;amp;</code></p>\n",
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: fc.constantFrom(..."ab.-_<&' ") }), (text) => {
      const [, code] = /<code>(.*)<\/code>/.exec(write(`x\`|${text}|\`x`))!;
      assertEquals(shown(code.replaceAll("<wbr>", "")), `|${text}|`);
    }),
  );
});

Deno.test("headings have the addresses that links in report.md have, and none has another's", () => {
  const writer = pageWriter(() => undefined);
  const headings = [
    "The winners, trained alike",
    "On the test images",
    "On the test images",
    "R² & more",
  ];
  writer.write(headings.map((heading) => `### ${heading}`).join("\n\n"));
  assertEquals(writer.headings.map(({ anchor }) => anchor), [
    anchorOf(headings[0]),
    "on-the-test-images",
    "on-the-test-images-1",
    anchorOf(headings[3]),
  ]);
});

Deno.test("figures stand in a row of their own, and a picture that is no figure is its words", () => {
  const writer = pageWriter((address, words) =>
    address === "a.svg" ? `<figure>${words}</figure>` : undefined
  );
  assertEquals(
    writer.write("![one](a.svg)\n![two](a.svg)"),
    '<div class="figures"><figure>one</figure>\n<figure>two</figure></div>\n',
  );
  assertStringIncludes(writer.write("![<i>](https://example.org/b.png)"), "&lt;i&gt;");
});

Deno.test("no markup but Markdown's own, and no address that runs, comes out of any text", () => {
  assertEquals(
    write("<script>alert(1)</script>\n\na <b onclick=x>b</b>").match(/<(?!\/?p>)[^>]*>/g),
    null,
  );
  for (
    const address of [
      "javascript:alert(1)",
      "JaVaScRiPt:x",
      "data:text/html,x",
      "//evil.example",
      "vbscript:x",
    ]
  ) {
    assertEquals(/<a\b/.test(write(`[x](<${address}>)`)), false, address);
  }
  const markup =
    /<(?!\/?(p|em|strong|code|pre|h[1-6]|ul|ol|li|blockquote|hr|br|del|div|table|thead|tbody|tr|th|td|a|input|wbr)\b)/;
  fc.assert(fc.property(
    fc.array(
      fc.oneof(
        fc.constantFrom(
          "<img src=x onerror=y>",
          "[x](javascript:y)",
          "<a href='javascript:y'>",
          "![",
          "](",
          "`",
          "<",
          ">",
          '"',
          "&",
          "\n\n",
          "| a |\n|-|\n",
          "# ",
        ),
        fc.string(),
      ),
    ).map((parts) => parts.join("")),
    (text) => {
      const html = write(text);
      assertEquals(markup.exec(html)?.[0], undefined);
      assertEquals(
        /<[^>]*\son\w+=|<[^>]*(?:href|src)="\s*(javascript|data|vbscript):/i.exec(html)?.[0],
        undefined,
      );
    },
  ));
});

Deno.test("a name that somebody gave is shown as it is", () => {
  fc.assert(fc.property(
    // As in sections, names stand within a line.
    fc.string({ unit: "grapheme-ascii" }).filter((name) => /^[^\s#+\d=-](.*\S)?$/.test(name)),
    (name) => {
      const html = write(`A ${plain(name)}.`);
      assertEquals(
        shown(html.replace(/^<p>A /, "").replace(/\.<\/p>\n$/, "")),
        name.replaceAll(/ +/g, (s) => s),
      );
    },
  ));
});
