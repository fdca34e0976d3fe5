/** Time left, from measured rates. @module */
import { duration } from "../src/report/markdown.ts";

/** When something began, in milliseconds, and how far it was then and is now, from 0 to 1. */
export interface Course {
  readonly began: number;
  readonly from: number;
  readonly part: number;
}

/** Below this, in milliseconds, nothing is measured. */
const SHORT = 1000;

/** How long something takes in all by its rate so far, in seconds; undefined where that is not measured yet. */
export function lengthOf({ began, from, part }: Course, now: number): number | undefined {
  const [elapsed, moved] = [now - began, part - from];
  return elapsed < SHORT || moved <= 0 ? undefined : elapsed / moved / 1000;
}

/** How long something takes to its end by its rate so far, in seconds; undefined where that is not measured yet. */
export function leftOf(course: Course, now: number): number | undefined {
  const length = lengthOf(course, now);
  return length === undefined ? undefined : length * (1 - course.part);
}

/** `42 s left`, `3 min 10 s left`; nothing where it is not known. */
export function leftText(seconds: number | undefined): string[] {
  const whole = Math.round(seconds ?? 0);
  if (whole === 0 || !Number.isFinite(whole)) return [];
  return [`${whole < 60 ? `${whole} s` : duration(whole)} left`];
}
