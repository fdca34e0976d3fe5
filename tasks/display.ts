/** Shows a run: what has happened as lines, what goes on as bars, or both as events for programs. @module */
import type { RunEvent } from "../src/pipeline/events.ts";
import type { Waiting } from "../src/pipeline/lock.ts";
import { counted, duration, listed } from "../src/report/markdown.ts";
import { type Course, leftOf, leftText, lengthOf } from "./progress.ts";
import { type Bar, type Screen, screen, standardOutput } from "./screen.ts";

/** A display of run events. */
export interface Display {
  show(event: RunEvent): void;
  /** Writes a line of what a run starts besides its stages. */
  print(line: string): void;
  /** Takes the bars away. Must be called before anything else is printed. */
  close(): void;
  /** What has come of the run so far, in a sentence or two, for whoever has ended it. */
  kept(): string;
}

/** A job as the display knows it. */
interface ShownJob {
  state: "waits" | "runs" | "found" | "made" | "failed";
  /** Of one that runs. */
  course?: Course;
  note: string;
  /** How long it took by this display's clock, in milliseconds. */
  took?: number;
}

/** A stage that runs. */
interface ShownStage {
  readonly jobs: Map<string, ShownJob>;
  /** How many jobs its last result took. */
  readonly before: number;
  /** How far it says that it is itself, and of how many. */
  own?: { readonly course: Course; readonly total: number; readonly note: string };
}

/** How often bars are drawn where nothing happens, in milliseconds: the time left goes down. */
const TICK = 1000;

/**
 * A display of run events on standard output.
 *
 * @param json whether events are printed as they are, one JSON object a line
 * @param view where lines and bars go, and `now` the time in milliseconds, for tests
 */
export function display(
  { json = false, view = screen(standardOutput()), now = () => performance.now() }: {
    readonly json?: boolean;
    readonly view?: Screen;
    now?(): number;
  } = {},
): Display {
  const stages = new Map<string, ShownStage>();
  const upToDate = new Set<string>();
  let timer: ReturnType<typeof setInterval> | undefined;
  const line = (stage: string, text: string) => view.print(`${stage.padEnd(10)} ${text}`, 11);
  const draw = () => view.show([...stages].flatMap(([name, stage]) => barsOf(name, stage, now())));
  const ends = (stage: string, text: string) => {
    stages.delete(stage);
    draw();
    line(stage, text);
  };
  const told = tellAtMost(now);

  const note = (event: RunEvent) => {
    switch (event.type) {
      case "current":
      case "finished":
        upToDate.add(event.stage);
        return;
      case "started":
        stages.set(event.stage, { jobs: new Map(), before: event.jobs });
        return;
      case "job": {
        const jobs = stages.get(event.stage)?.jobs;
        const job = jobs?.get(event.label) ?? { state: "waits", note: "" };
        if (event.state !== "asked") {
          job.state = event.state;
          if (job.course) job.took = now() - job.course.began;
        }
        jobs?.set(event.label, job);
        return;
      }
      case "progress": {
        const stage = stages.get(event.stage);
        const part = event.total > 0 ? event.done / event.total : 0;
        const moved = (course: Course | undefined): Course =>
          // Begun anew, as where one thing after another is read.
          course && part >= course.part ? { ...course, part } : { began: now(), from: part, part };
        if (stage === undefined) return;
        const { label, total, note = "" } = event;
        const job = stage.jobs.get(label);
        if (job) Object.assign(job, { state: "runs", course: moved(job.course), note });
        else stage.own = { course: moved(stage.own?.course), total, note };
        return;
      }
    }
  };

  return {
    show(event) {
      note(event);
      if (json) {
        if (told(event)) console.log(JSON.stringify(event));
        if (event.type === "finished" || event.type === "failed") stages.delete(event.stage);
        return;
      }
      timer ??= setInterval(draw, TICK);
      switch (event.type) {
        case "looking":
          return view.show([{ label: "Looking at the code", text: "", minor: true }]);
        case "waiting":
          draw();
          return view.print(waitingFor(event));
        case "queue":
          draw();
          return view.print(event.message);
        case "current":
          draw();
          return line(event.stage, "up to date");
        case "started":
          line(event.stage, `runs: ${shorten(event.reasons)}`);
          return draw();
        case "job":
        case "progress":
          return draw();
        case "finished":
          return ends(event.stage, `done in ${duration(event.seconds)}`);
        case "failed":
          return ends(event.stage, `failed: ${event.message}`);
      }
    },
    print: (line) => json ? console.error(line) : view.print(line),
    close() {
      clearInterval(timer);
      timer = undefined;
      view.clear();
    },
    kept() {
      const parts = [...stages].map(([name, { jobs }]) => {
        const all = [...jobs.values()];
        const done = all.filter(({ state }) => state === "made" || state === "found").length;
        return done === 0
          ? `Nothing of ${name} is done yet.`
          : `Of ${name}, ${done} of ${counted(all.length, "job")} are done and kept: ` +
            "the next run goes on from there.";
      });
      const current = upToDate.size === 0 ? [] : [`Up to date: ${listed([...upToDate])}.`];
      if (parts.length + current.length === 0) return "Nothing had begun.";
      return [...current, ...parts].join(" ");
    },
  };
}

/** The bar of a stage that runs, and those of its jobs that do. */
function barsOf(name: string, stage: ShownStage, now: number): Bar[] {
  const { own } = stage;
  const jobs = [...stage.jobs].filter(([label]) => label !== name);
  const inner = jobs.flatMap(([label, { state, course, note }]): Bar[] =>
    state === "runs" && course
      ? [{ label: `  ${label}`, part: course.part, text: note, minor: true }]
      : []
  );
  const all = [...stage.jobs.values()];
  if (all.length === 0) {
    const text = [...leftText(own && leftOf(own.course, now)), ...(own?.note ? [own.note] : [])];
    // What says only that it goes on, as a download of unknown size does.
    const part = own && own.total > 0 ? own.course.part : undefined;
    return [{ label: name, part, text: text.join(", "), minor: own === undefined }];
  }
  const running = all.filter(({ state }) => state === "runs");
  const done = all.filter(({ state }) => !["waits", "runs"].includes(state)).length;
  const total = Math.max(all.length, stage.before, own?.total ?? 0);
  const parts = running.reduce((sum, { course }) => sum + (course?.part ?? 0), done);
  const text = [
    `${done} of ${counted(total, "job")}`,
    ...leftText(jobsLeft(all, total, now)),
    ...(own?.note ? [own.note] : []),
  ];
  return [{ label: name, part: parts / total, text: text.join(", ") }, ...inner];
}

/** How long the jobs of a stage take to their end, in seconds, by how fast they went so far; undefined where that is not measured yet. */
function jobsLeft(jobs: readonly ShownJob[], total: number, now: number): number | undefined {
  const running = jobs.filter(({ state }) => state === "runs");
  const lengths = jobs.flatMap(({ state, course, took }) => {
    const length = state === "runs"
      ? course && lengthOf(course, now)
      : took !== undefined && state === "made"
      ? took / 1000
      : undefined;
    return length === undefined ? [] : [length];
  });
  if (lengths.length === 0) return undefined;
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const left = running.map(({ course }) =>
    (course && leftOf(course, now)) ?? mean * (1 - (course?.part ?? 0))
  );
  const ended = jobs.filter(({ state }) => !["waits", "runs"].includes(state)).length;
  const waiting = total - ended - running.length;
  const work = left.reduce((sum, seconds) => sum + seconds, 0) + waiting * mean;
  // As many go on side by side as do now.
  return Math.max(work / Math.max(1, running.length), ...left);
}

/** Of how far one thing is, programs are told once a second, and its end. */
function tellAtMost(now: () => number): (event: RunEvent) => boolean {
  const last = new Map<string, number>();
  return (event) => {
    if (event.type !== "progress" || event.done >= event.total) return true;
    const key = JSON.stringify([event.stage, event.label]);
    if (now() - (last.get(key) ?? -Infinity) < TICK) return false;
    last.set(key, now());
    return true;
  };
}

/** Shows one thing after another, such as files that are read: its label, how far it is, and the time left. */
export function counting(view: Screen): (label: string, done?: number, total?: number) => void {
  let [last, course]: [string, Course | undefined] = ["", undefined];
  return (label, done = 0, total = 0) => {
    const part = total > 0 ? done / total : 0;
    const now = performance.now();
    course = label === last && course ? { ...course, part } : { began: now, from: part, part };
    last = label;
    view.show([{
      label,
      part: total > 0 ? part : undefined,
      text: leftText(leftOf(course, now)).join(""),
    }]);
  };
}

/** For whom a run waits, and what can be done about it. */
export function waitingFor({ holder, state }: Waiting): string {
  const of = holder?.user ? ` of ${holder.user}` : "";
  const whom = holder
    ? ` (process ${holder.pid}${of} on ${holder.host}, since ${holder.since})`
    : "";
  switch (state) {
    case "works":
      return `Another run is at work here${whom}; this one waits for it. Ctrl-C ends the waiting.`;
    case "stopped":
      return `The other run is stopped${whom}, and this one still waits for it: ` +
        `\`kill -CONT ${holder?.pid}\` lets it go on, \`kill -KILL ${holder?.pid}\` ends it.`;
    case "elsewhere":
      return `A run on another machine is at work here, or was killed there${whom}. ` +
        `This one goes on when a minute has passed without a sign of it.`;
    case "jobs":
      return "Jobs of a run that was killed have not ended yet; this one waits for them. " +
        "If they do not end by themselves, end them: processes of deno that run worker.ts.";
  }
}

/** The first reasons and how many more there are: `deno task status` lists all. */
function shorten(reasons: readonly string[]): string {
  const more = reasons.length - 3;
  return reasons.slice(0, 3).join("; ") + (more > 0 ? `; and ${more} more` : "");
}
