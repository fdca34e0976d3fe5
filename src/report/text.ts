/**
 * Text as XML has it, and how wide it is: by a table instead of the fonts that happen to be there, in
 * drawings that are made without a browser and in a page, so that both look alike.
 *
 * @module
 */

/** Widths of Helvetica's characters in thousandths of the font size (Adobe's font metrics); Arial's are the same. */
const characterWidths = new Map<string, number>(
  ([
    [191, "'"],
    [222, "ijl"],
    [260, "|"],
    [278, " !,./:;I[\\]ft"],
    [333, "()-`r"],
    [334, "{}"],
    [355, '"'],
    [389, "*"],
    [469, "^"],
    [500, "Jcksvxyz"],
    [556, "#$0123456789?L_abdeghnopqu"],
    [584, "+<=>~"],
    [611, "FTZ"],
    [667, "&ABEKPSVXY"],
    [722, "CDHNRUw"],
    [778, "GOQ"],
    [833, "Mm"],
    [889, "%"],
    [944, "W"],
    [1015, "@"],
  ] as const).flatMap(([width, characters]) => [...characters].map((c) => [c, width] as const)),
);

/**
 * Width of a line of text in pixels, a tenth on the generous side: where Helvetica's metrics are
 * missing, a wider font takes its place.
 *
 * @param item Its size in pixels (11 if omitted), whether it is bold, and how long it is at most (0 or
 *   omitted: as long as it is).
 */
export function textWidth(
  item: { fontSize?: number; fontWeight?: unknown; limit?: number },
  text: unknown,
): number {
  let width = 0;
  for (const character of String(text ?? "").trim()) {
    // Beyond ASCII, a full square for the wide scripts (Hangul, CJK, kana, full-width forms, emoji).
    width += characterWidths.get(character) ??
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|[^\0-\uffff]/u
          .test(character)
        ? 1000
        : 667);
  }
  const bold = item.fontWeight === "bold" || Number(item.fontWeight) >= 600;
  const pixels = 1.1 * (bold ? 1.06 : 1) * (width / 1000) * (item.fontSize ?? 11);
  return item.limit !== undefined && item.limit > 0 ? Math.min(pixels, item.limit) : pixels;
}

/** Escaped for the content of an XML element; what stands in an attribute has quotes besides. */
export const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
