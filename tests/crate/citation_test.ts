import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseCitation } from "../../src/crate/citation.ts";

const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));

Deno.test("CITATION.cff has the version of deno.json and the licence of LICENSE", async () => {
  const citation = parseCitation(await read("CITATION.cff"));
  assertEquals(citation.version, JSON.parse(await read("deno.json")).version);
  assertEquals(citation.title, "Atelier");
  assertEquals(citation.license, "MIT");
  assertMatch(await read("LICENSE"), /^MIT License\n/);
  assertEquals(citation.authors, [{ name: "The Atelier contributors" }]);
});

Deno.test("CITATION.cff dates the release as CHANGELOG.md does", async () => {
  const { version, ...rest } = parseCitation(await read("CITATION.cff"));
  const [, released, date] = /^## ([\d.]+) \(([\d-]+)\)$/m.exec(await read("CHANGELOG.md"))!;
  assertEquals([version, rest["date-released"]], [released, date]);
});

Deno.test("every work that CITATION.cff refers to has a type, a title, authors and an address", async () => {
  const { references } = parseCitation(await read("CITATION.cff"));
  if (!Array.isArray(references)) throw new Error("there are no references");
  assertEquals(references.length, 4);
  for (const { type, title, authors, url } of references) {
    assertMatch(type, /^(article|software)$/);
    assertEquals([typeof title, new URL(url).protocol], ["string", "https:"]);
    for (const author of authors) {
      assertMatch(Object.keys(author).sort().join(), /^(family-names,given-names|name)$/);
    }
  }
});

Deno.test("a CITATION.cff that cannot be used is refused with what is wrong", async () => {
  const text = await read("CITATION.cff");
  const refused = (text: string) => assertThrows(() => parseCitation(text), Error).message;
  assertMatch(refused("title: ["), /^CITATION\.cff cannot be used: .*line 1/);
  assertMatch(refused(text.replace(/^license:.*\n/m, "")), /: license: .*expected string/);
  assertMatch(refused(text.replace("1.2.0", "1.1.0")), /: cff-version: .*"1\.2\.0"/);
  assertMatch(refused(text.replace("version: 0.2.0", "version: 2")), /: version: .*string/);
});
