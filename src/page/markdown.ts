/** The report's Markdown as HTML. Nothing in it becomes markup but Markdown itself. @module */
import { Marked, type Token, type Tokens } from "marked";
import { anchorOf } from "../report/markdown.ts";
import { escapeXml } from "../report/text.ts";

/** A heading, for the contents. */
export interface Heading {
  readonly level: number;
  /** What a link to it ends in. */
  readonly anchor: string;
  /** HTML. */
  readonly text: string;
}

/** Text as HTML shows it. */
export const escapeHtml = (text: string): string =>
  escapeXml(text).replaceAll('"', "&quot;").replaceAll("'", "&#39;");

/** Addresses that a link may have: within the page, beside it, or elsewhere; nothing that runs. */
const isHarmless = (address: string) =>
  /^(https?:\/\/|mailto:|#)/i.test(address) ||
  !/^[^/?#]*:/.test(address) && !address.startsWith("//");

/** The text of a heading without its marks. */
const spoken = (tokens: readonly Token[]): string =>
  tokens.map((token) =>
    "tokens" in token && token.tokens ? spoken(token.tokens) : "text" in token ? token.text : ""
  ).join("");

/**
 * Turns pieces of one page into HTML, one after the other.
 *
 * @param figure The HTML of a figure by its address in the Markdown and what is said of it; undefined
 *   where there is none, which leaves the words alone.
 */
export function pageWriter(
  figure: (address: string, description: string) => string | undefined,
) {
  const headings: Heading[] = [];
  const used = new Map<string, number>();

  const marked = new Marked({
    gfm: true,
    renderer: {
      html: ({ text }: Tokens.HTML | Tokens.Tag) => escapeHtml(text),
      heading({ tokens, depth }: Tokens.Heading) {
        const text = this.parser.parseInline(tokens);
        const name = anchorOf(spoken(tokens));
        // As GitHub does, so that both pages have the same addresses.
        const before = used.get(name) ?? 0;
        used.set(name, before + 1);
        const anchor = before === 0 ? name : `${name}-${before}`;
        headings.push({ level: depth, anchor, text });
        return `<h${depth} id="${escapeHtml(anchor)}">${text}</h${depth}>\n`;
      },
      codespan({ text }: Tokens.Codespan) {
        // Names are broken where they have joints, if they must be.
        const pieces = text.match(/[^._\s-]{1,16}[._\s-]*|[._\s-]+/g) ?? [];
        return `<code>${pieces.map(escapeHtml).join("<wbr>")}</code>`;
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        return isHarmless(href) ? `<a href="${escapeHtml(href)}">${text}</a>` : text;
      },
      image({ href, text }: Tokens.Image) {
        return figure(href, text) ?? escapeHtml(text);
      },
      paragraph({ tokens }: Tokens.Paragraph) {
        const text = this.parser.parseInline(tokens);
        const isSpace = (token: Token) => token.type === "text" && token.raw.trim() === "";
        const pictures = tokens.every((token) => token.type === "image" || isSpace(token));
        return pictures ? `<div class="figures">${text}</div>\n` : `<p>${text}</p>\n`;
      },
      table({ header, rows }: Tokens.Table) {
        const cell = (tag: string, { tokens, align }: Tokens.TableCell) =>
          `<${tag}${tag === "th" ? ' scope="col"' : ""}${
            align === "right" ? ' class="number"' : ""
          }>` +
          `${this.parser.parseInline(tokens)}</${tag}>`;
        const line = (tag: string, cells: readonly Tokens.TableCell[]) =>
          // A heading that says nothing is none.
          `<tr>${cells.map((it) => cell(it.text === "" ? "td" : tag, it)).join("")}</tr>`;
        return `<div class="scroll"><table><thead>${line("th", header)}</thead>\n<tbody>${
          rows.map((cells) => line("td", cells)).join("\n")
        }</tbody></table></div>\n`;
      },
    },
  });

  return {
    /** So far, in order. */
    headings: headings as readonly Heading[],
    /** HTML of a piece of Markdown. */
    write: (markdown: string): string => marked.parse(markdown, { async: false }),
  };
}
