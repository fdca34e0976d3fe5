/** Paper to draw on, with a mouse, a pen or a finger. @module */
/// <reference lib="dom" />
import { make } from "../../page/client/dom.ts";

/** Pixels of the paper's longer side, and how thick a line is. */
const PAPER = 320;
const LINE = 20;

/** Dark on light, as one draws; not black, which would make the garment brighter than most are. */
const INK = "#404040";

interface Stroke {
  readonly points: { readonly x: number; readonly y: number }[];
  /** Whether what it goes around is filled. */
  readonly filled: boolean;
}

/**
 * Fills a place with paper of a shape.
 *
 * @param drawn told of the paper after each stroke, and with undefined when it is empty again
 */
export function paper(
  place: HTMLElement,
  [high, wide]: readonly [number, number],
  drawn: (canvas: HTMLCanvasElement | undefined) => void,
): void {
  const scale = PAPER / Math.max(high, wide);
  const canvas = make("canvas", {
    class: "paper",
    width: Math.round(wide * scale),
    height: Math.round(high * scale),
    role: "img",
    "aria-label": "Paper to draw on, with a mouse, a pen or a finger. With a keyboard alone, " +
      "choose a picture in its place.",
  });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const strokes: Stroke[] = [];
  let stroke: Stroke | undefined;

  function draw(): void {
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = context.strokeStyle = INK;
    context.lineWidth = LINE;
    context.lineCap = context.lineJoin = "round";
    for (const { points, filled } of strokes) {
      const [first] = points;
      context.beginPath();
      context.moveTo(first.x, first.y);
      // A line of no length is a dot.
      for (const { x, y } of points.length > 1 ? points.slice(1) : points) context.lineTo(x, y);
      if (filled) context.fill();
      context.stroke();
    }
  }
  const at = ({ clientX, clientY }: PointerEvent) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return {
      x: (clientX - left) * canvas.width / width,
      y: (clientY - top) * canvas.height / height,
    };
  };
  const done = () => drawn(strokes.length > 0 ? canvas : undefined);

  const filling = make("input", { type: "checkbox", checked: true });
  const undo = make(
    "button",
    { type: "button", onclick: () => take(strokes.slice(0, -1)) },
    "Undo",
  );
  const clear = make("button", { type: "button", onclick: () => take([]) }, "Clear");
  function ready(): void {
    undo.disabled = clear.disabled = strokes.length === 0;
  }
  function take(left: readonly Stroke[]): void {
    strokes.splice(0, strokes.length, ...left);
    draw();
    ready();
    done();
  }

  canvas.addEventListener("pointerdown", (event) => {
    // A second finger draws no second line.
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    stroke = { points: [at(event)], filled: filling.checked };
    strokes.push(stroke);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!stroke || !event.isPrimary) return;
    stroke.points.push(at(event));
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (!stroke) return;
      stroke = undefined;
      ready();
      done();
    });
  }
  draw();
  ready();
  place.append(
    canvas,
    make(
      "div",
      { class: "choices" },
      make("label", {}, filling, make("span", {}, "Fill outlines")),
      undo,
      clear,
    ),
  );
}
