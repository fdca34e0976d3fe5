import { assertEquals, assertStringIncludes } from "@std/assert";
import { Writable } from "node:stream";
import { bars } from "../../tasks/bar.ts";

/** An output that keeps what is written. */
function output(isTTY: boolean) {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => text };
}

Deno.test("anywhere but on a terminal: a line for what begins, and one for every tenth", () => {
  const { stream, text } = output(false);
  const view = bars(stream);
  view.print("stage runs");
  view.progress("unpacking", 0, 0);
  view.progress("unpacking", 0, 0);
  for (let done = 0; done <= 40; done++) {
    view.progress("fold 1", done, 40, `epoch ${done}`);
    view.progress("fold 2", Math.min(done, 3), 40);
  }
  // Done once more, it is told again.
  view.progress("fold 1", 0, 40, "again");
  view.progress("fold 1", 40, 40, "again");
  view.clear();
  assertEquals(text().split("\n"), [
    "stage runs",
    "unpacking ...",
    ...Array.from({ length: 10 }, (_, i) => `  fold 1: ${10 * i + 10}% epoch ${4 * i + 4}`),
    "  fold 1: 100% again",
    "",
  ]);
});

Deno.test("on a terminal: a bar for each thing that goes on, and lines that stay above", () => {
  const { stream, text } = output(true);
  const view = bars(stream);
  view.progress("building", 0, 0);
  view.progress("fold 1", 10, 40, "epoch 1");
  view.progress("fold 2", 20, 40);
  view.progress("fold 1", 40, 40);
  view.clear();
  view.print("stage done");
  assertStringIncludes(text(), "building ...\n");
  assertStringIncludes(text(), "fold 2 [");
  assertStringIncludes(text(), "50%");
  assertEquals(text().endsWith("stage done\n"), true);
});
