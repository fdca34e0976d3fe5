/** A page in one file: it loads nothing, and its policy lets nothing run but the one script that stands in it. @module */
import { escapeHtml } from "./markdown.ts";

/** What stands in a page. */
export interface Document {
  readonly title: string;
  /** CSS. */
  readonly style: string;
  /** HTML. */
  readonly body: string;
  /** What the script finds in `#carried`, as JSON. */
  readonly carried: unknown;
  readonly script: string;
  /** What else the script may do, in the words of a policy: `'wasm-unsafe-eval'`. */
  readonly allows?: string;
}

/** Data for the script, which no text in it can end. */
const asData = (carried: unknown): string =>
  JSON.stringify(carried).replaceAll("<", "\\u003c").replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");

/** A digest of what may run or apply, as a policy names it. */
async function allowed(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${new Uint8Array(digest).toBase64()}'`;
}

/** Writes the page as HTML. */
export async function htmlDocument(
  { title, style, body, carried, script, allows }: Document,
): Promise<string> {
  const policy = [
    "default-src 'none'",
    `script-src ${await allowed(script)}${allows ? ` ${allows}` : ""}`,
    `style-src ${await allowed(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="carried">${asData(carried)}</script>
<script>${script}</script>
</body>
</html>
`;
}
