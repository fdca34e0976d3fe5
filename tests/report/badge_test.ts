import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { badgeSvg, grounds } from "../../src/report/badge.ts";
import { colors, darkColors, textWidth } from "../../src/report/svg.ts";
import { contrast } from "../support/legible.ts";
import { malformed, outside, overlapping, texts } from "../support/svg_text.ts";

const badge = {
  label: "test accuracy",
  message: "0.9271, 9 thresholds met",
  state: "good",
  title: "Test accuracy of vgg16: 0.9271; 9 thresholds met.",
} as const;

Deno.test("a badge says its two parts, and all of it to those who do not see it", () => {
  const svg = badgeSvg(badge);
  assertEquals(texts(svg), [badge.label, badge.message]);
  assertStringIncludes(svg, `<title>${badge.title}</title>`);
  assertStringIncludes(svg, ` role="img" aria-label="${badge.title}">`);
  assertEquals([malformed(svg), svg], [undefined, badgeSvg(badge)]);
});

Deno.test("a badge has room for its words, whatever they are", () => {
  for (
    const message of ["", "1", badge.message, "W".repeat(80), '<a href="&">|', "\u65e5\u672c\u8a9e"]
  ) {
    const svg = badgeSvg({ ...badge, message, title: message });
    assertEquals([malformed(svg), outside(svg), overlapping(svg)], [undefined, [], []]);
    const [, width] = /width="(\d+)"/.exec(svg)!;
    const needed = [badge.label, message].map((text) => textWidth({ fontSize: 11 }, text));
    assert(Number(width) >= needed[0] + needed[1] + 4 * 5, message);
    const rooms = [...svg.matchAll(/<rect (?:x="\d+" )?width="(\d+)" height="20" fill/g)];
    assertEquals(rooms.reduce((sum, [, room]) => sum + Number(room), 0), Number(width));
  }
});

Deno.test("the letters of a badge stand out from their ground, and the ground from light and dark pages", () => {
  for (const [name, ground] of Object.entries(grounds)) {
    assertGreater(contrast("#ffffff", ground), 4.5, name);
    assertGreater(contrast(ground, darkColors.get(colors.paper)!), 3, name);
  }
});
