import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { quoted, wordsOf } from "../../src/files/words.ts";

/** The words that `sh` reads in a line, which has no letter of a meaning of its own but quotes and backslashes. */
async function readByShell(line: string): Promise<string[]> {
  const { stdout, success } = await new Deno.Command("sh", {
    args: ["-c", `for word in ${line}; do printf '%s\\0' "$word"; done`],
  }).output();
  assert(success, line);
  return new TextDecoder().decode(stdout).split("\0").slice(0, -1);
}

Deno.test("a line is split at spaces that are not in quotes", () => {
  assertEquals(wordsOf("srun --ntasks=1  --quiet "), ["srun", "--ntasks=1", "--quiet"]);
  assertEquals(wordsOf(`a 'b c' "d  e" f\\ g h'i 'j`), ["a", "b c", "d  e", "f g", "hi j"]);
  assertEquals(wordsOf(`'' "" a''`), ["", "", "a"]);
  assertEquals(wordsOf(`"a\\"b\\c" 'd\\'`), ['a"b\\c', "d\\"]);
  assertEquals(wordsOf(" \t\n"), []);
  assertEquals(wordsOf("a\\\nb \\\n c"), ["ab", "c"]);
  // No shell is run.
  assertEquals(wordsOf("a $HOME * ~ | b"), ["a", "$HOME", "*", "~", "|", "b"]);
});

Deno.test("a line that a shell would go on reading is refused", () => {
  assertThrows(() => wordsOf("a 'b"), Error, "a quote (') is not closed");
  assertThrows(() => wordsOf('a "b\\"'), Error, 'a quote (") is not closed');
  assertThrows(() => wordsOf("a b\\"), Error, "a backslash stands at its end");
});

Deno.test("words that are quoted are read as they were, here and by a shell", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const word = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\0", ""));
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 5 }), async (words) => {
      const line = words.map(quoted).join(" ");
      assertEquals(wordsOf(line), words);
      assertEquals(await readByShell(line), words);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a line is read as a shell reads it", {
  ignore: Deno.build.os === "windows",
}, async () => {
  // Quotes and backslashes are drawn less often: most lines with several of them are not closed.
  const line = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom("a", "b", " ", "\t", "{x}") },
      { weight: 2, arbitrary: fc.constantFrom("'", '"', "\\") },
    ),
    { size: "medium" },
  ).map((letters) => letters.join(""));
  let read = 0;
  await fc.assert(
    fc.asyncProperty(line, async (line) => {
      let words;
      try {
        words = wordsOf(line);
      } catch {
        return;
      }
      assertEquals(await readByShell(line), words);
      if (words.length > 1) read++;
    }),
    { numRuns: 300 },
  );
  assert(read > 20, `only ${read} lines had several words`);
});
