/** How the section calls networks, and shows the figures of another study. @module */
import { decimal, NONE } from "../../report/markdown.ts";

/** What the networks' authors call them. */
export const titles = {
  vgg16: "VGG16",
  resnet101v2: "ResNet101V2",
  resnet152v2: "ResNet152V2",
} as const;

/** Accuracies on training and on validation images. */
export interface Figures {
  readonly train: number;
  readonly validation: number;
}

/** `0.7085 / 0.7283`, with a dash for what is not known. */
export function figuresCell(figures: Partial<Figures> | undefined): string {
  if (!figures) return NONE;
  return [figures.train, figures.validation]
    .map((value) => value === undefined ? NONE : decimal(value)).join(" / ");
}
