/** The contents at the side: the section that is read is marked. @module */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** How far below the top of the window a heading counts as reached, in pixels. */
const REACHED = 120;

/** Marks the section that is read, and closes the contents on a narrow page after a choice. */
export function followReader(): void {
  const box = document.querySelector<HTMLDetailsElement>("nav details");
  if (!box) return;
  const wide = matchMedia("(min-width: 1100px)");
  const fit = () => box.open = wide.matches;
  fit();
  wide.addEventListener("change", fit);
  const links = [...box.querySelectorAll<HTMLAnchorElement>("a[href^='#']")];
  const headings = links.map((link) =>
    document.getElementById(decodeURIComponent(link.hash.slice(1)))
  );
  let waiting = false;
  const mark = () => {
    waiting = false;
    const after = headings.findIndex((heading) =>
      heading !== null && heading.getBoundingClientRect().top > REACHED
    );
    // At the very end the last one is read, however short.
    const { scrollHeight } = document.documentElement;
    const end = scrollY > 0 && scrollY + innerHeight >= scrollHeight - 2;
    const at = end || after < 0 ? links.length - 1 : after - 1;
    links.forEach((link, i) => {
      if (i !== at) link.removeAttribute("aria-current");
      else if (!link.hasAttribute("aria-current")) {
        link.setAttribute("aria-current", "location");
        if (wide.matches) link.scrollIntoView({ block: "nearest" });
      }
    });
  };
  addEventListener("scroll", () => {
    if (!waiting) requestAnimationFrame(mark);
    waiting = true;
  }, { passive: true });
  box.addEventListener("click", (event) => {
    const { target } = event;
    if (target instanceof HTMLAnchorElement && !wide.matches) box.open = false;
  });
  mark();
}
