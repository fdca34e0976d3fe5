/** A confusion matrix whose cells show their images. @module */
/// <reference lib="dom" />
import type { Mistakes } from "../explored.ts";
import { choice, make } from "./dom.ts";

/** Screen pixels of an image's longer side, about. */
const SHOWN = 64;

/** Letters of a class's name that there is room for beside the matrix, in one line. */
const LONGEST = 11;

const counted = (n: number) => `${n} ${n === 1 ? "image" : "images"}`;

/** Fills the place with the matrix of a chosen network, and the images of a chosen cell. */
export async function showMistakes(place: HTMLElement, mistakes: Mistakes): Promise<void> {
  const { classes, networks, images, size, columns } = mistakes;
  const sprite = new Image();
  sprite.src = `data:image/png;base64,${mistakes.sprite}`;
  await sprite.decode();

  let network = 0;
  /** The cell that is looked at. */
  let [actual, predicted] = worst();
  function worst(): [number, number] {
    const { counts } = networks[network];
    let at: [number, number] = [0, Math.min(1, classes.length - 1)];
    counts.forEach((row, i) =>
      row.forEach((count, j) => {
        if (i !== j && count > counts[at[0]][at[1]]) at = [i, j];
      })
    );
    return at;
  }

  const scale = Math.max(1, Math.round(SHOWN / Math.max(size.width, size.height)));
  function pictureOf(index: number): HTMLCanvasElement {
    const { width, height } = size;
    const { at, label } = images[index];
    const takenFor = classes[images[index].predicted[network]];
    const canvas = make("canvas", {
      width,
      height,
      role: "img",
      "aria-label": `test image ${at}: ${classes[label]}, taken for ${takenFor}`,
      title: `test image ${at}`,
    });
    canvas.style.width = `${width * scale}px`;
    const [left, top] = [index % columns * width, Math.floor(index / columns) * height];
    canvas.getContext("2d")!.drawImage(sprite, left, top, width, height, 0, 0, width, height);
    return canvas;
  }

  const heading = make("p", { class: "quiet", role: "status" });
  const gallery = make("div", {
    class: "gallery",
    role: "group",
    "aria-label": "Images of the cell",
  });
  const body = make("tbody");
  const cells: HTMLButtonElement[][] = [];

  function look(row: number, column: number): void {
    cells[actual]?.[predicted]?.removeAttribute("aria-pressed");
    [actual, predicted] = [row, column];
    const count = networks[network].counts[row][column];
    const kept = images.flatMap((image, i) =>
      image.label === row && image.predicted[network] === column ? [i] : []
    );
    cells.flat().forEach((cell) => cell.tabIndex = -1);
    cells[row][column].tabIndex = 0;
    cells[row][column].setAttribute("aria-pressed", "true");
    gallery.replaceChildren(...(row === column ? [] : kept.map(pictureOf)));
    heading.textContent = row === column
      ? `${counted(count)} of ${classes[row]} ${
        count === 1 ? "is" : "are"
      } right. Images are kept ` +
        `of mistakes alone.`
      : count === 0
      ? `No ${classes[row]} is taken for ${classes[column]}.`
      : `${classes[row]} taken for ${classes[column]}: ${counted(count)}` +
        (kept.length < count ? `, of which ${kept.length} are kept:` : ":");
  }

  /** Arrow keys go from cell to cell, as in a sheet. */
  function step(event: KeyboardEvent): void {
    const last = classes.length - 1;
    const to = {
      ArrowUp: [actual - 1, predicted],
      ArrowDown: [actual + 1, predicted],
      ArrowLeft: [actual, predicted - 1],
      ArrowRight: [actual, predicted + 1],
      Home: [actual, 0],
      End: [actual, last],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const [row, column] = to.map((at) => Math.max(0, Math.min(last, at)));
    look(row, column);
    cells[row][column].focus();
  }

  function fill(): void {
    const { counts } = networks[network];
    cells.length = 0;
    body.replaceChildren(...counts.map((row, i) => {
      const all = row.reduce((sum, count) => sum + count, 0);
      cells.push(row.map((count, j) => {
        const share = all === 0 ? 0 : count / all;
        const cell = make("button", {
          type: "button",
          class: i === j ? "right" : "wrong",
          "aria-label": `${classes[i]} taken for ${classes[j]}: ${counted(count)}`,
          onclick: () => look(i, j),
          onkeydown: step,
        }, count === 0 ? "" : String(count));
        // As in the figure: mistakes are a few per cent, and their colour grows faster.
        const strength = 0.6 * (i === j ? share : Math.sqrt(Math.min(1, 4 * share)));
        cell.style.setProperty("--strength", `${Math.round(100 * strength)}%`);
        return cell;
      }));
      return make(
        "tr",
        {},
        make("th", { scope: "row" }, classes[i]),
        ...cells[i].map((cell) => make("td", {}, cell)),
      );
    }));
    look(actual, predicted);
  }

  const matrix = make(
    "table",
    { class: "matrix" },
    make(
      "caption",
      {},
      "Rows: true classes; columns: what they are taken for. Press a cell to see its images; arrow keys " +
        "go from cell to cell.",
    ),
    make(
      "thead",
      {},
      make(
        "tr",
        {},
        make("td"),
        ...classes.map((name) => make("th", { scope: "col" }, make("span", {}, name))),
      ),
    ),
    body,
  );
  fill();
  const longest = Math.max(...classes.map(({ length }) => length));
  matrix.style.setProperty("--names", `${Math.min(LONGEST, longest) + 1}ch`);
  if (networks.length > 1) {
    place.append(make(
      "div",
      { class: "choices" },
      choice("Network", networks.map(({ title }) => title), network, (at) => {
        network = at;
        [actual, predicted] = worst();
        fill();
      }),
    ));
  }
  place.append(
    make("div", { class: "scroll" }, matrix),
    heading,
    gallery,
  );
}
