/**
 * Damaged inputs, drawn from a seed, and what a reader may do with one: give a value that obeys its
 * rules, or refuse it in a sentence, in bounded time and memory.
 *
 * @module
 */
import { assert } from "@std/assert";
import { type RandomState, randomState, seedFor } from "../../src/random.ts";

/** One reader under attack. `I` is what it is given. */
export interface Reader<I> {
  readonly name: string;
  /** A damaged input, or now and then a whole one. */
  draw(random: RandomState): I;
  /** Reads it, and throws a `Broken` where what is accepted breaks a rule. */
  read(input: I): unknown;
  /** Whether a refusal says what its docstring promises: how it begins, and how it ends. */
  says(message: string): boolean;
  /** Longest message that may be given, in characters; 1000 if omitted. */
  readonly longest?: number;
}

/** What was accepted breaks a rule. */
export class Broken extends Error {
  override name = "Broken";
}

/** Throws `Broken` where a rule does not hold. */
export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule);
}

/** Longest time for one case, in milliseconds: generous, since other tests may run beside it. */
const LONGEST = 5000;

/** What this test holds, in bytes; others may run in the same process. */
const held = () => {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
};

/** How much that may grow, in bytes. */
const MOST_GROWTH = 2 ** 30;

/** What came of an attack. */
interface Outcome {
  readonly accepted: number;
  readonly refused: number;
  /** What went wrong, by what it was. */
  readonly faults: readonly string[];
  /** All of it in a line, with time and memory. */
  readonly figures: string;
}

/** What is wrong with an error as a refusal; undefined where nothing is. */
export function complaint(
  error: unknown,
  { says, longest = 1000 }: Pick<Reader<unknown>, "says" | "longest">,
) {
  if (error instanceof Broken) return `accepted, but ${error.message}`;
  if (!(error instanceof Error)) return `no error was thrown, but ${Deno.inspect(error)}`;
  const { message, constructor: { name } } = error;
  const shown = `${name}: ${message.slice(0, 300)}`;
  // Only errors of our own making have sentences; these are the language's and the packages'.
  if (!["Error", "Refused", "StudyError", "LaterFormat"].includes(name)) {
    return `not ours, ${shown}`;
  }
  if (message.length > longest) return `${message.length} characters long, ${shown}`;
  if (
    /\n\s+at |\[object |received undefined|(is|of) undefined|undefined is|call stack/.test(message)
  ) {
    return `no sentence, ${shown}`;
  }
  if (!says(message)) return `not in its form, ${shown}`;
}

/** Attacks a reader with `cases` inputs. */
async function attack<I>(reader: Reader<I>, cases: number): Promise<Outcome> {
  const faults: string[] = [];
  const counts = { accepted: 0, refused: 0 };
  const before = held();
  let [most, longest] = [before, 0];
  const began = performance.now();
  for (let i = 0; i < cases; i++) {
    const input = reader.draw(randomState(seedFor(i, reader.name)));
    const at = performance.now();
    let fault: string | undefined;
    try {
      await reader.read(input);
      counts.accepted++;
    } catch (error) {
      counts.refused++;
      fault = complaint(error, reader);
    }
    const took = performance.now() - at;
    longest = Math.max(longest, took);
    if (took > LONGEST) fault ??= `it took ${Math.round(took)} ms`;
    if (fault !== undefined) faults.push(`case ${i}: ${fault}`);
    if (i % 20 === 0) most = Math.max(most, held());
    if (most - before > MOST_GROWTH) {
      faults.push(`case ${i}: it holds ${most - before} bytes more`);
      break;
    }
  }
  const seconds = (performance.now() - began) / 1000;
  const figures =
    `${reader.name}: ${cases} cases, ${counts.accepted} accepted, ${counts.refused} refused, ` +
    `${faults.length} faults; ${seconds.toFixed(1)} s, the longest ${Math.round(longest)} ms; ` +
    `peak ${most >> 20} MiB, ${(most - before) >> 20} more than before`;
  return { ...counts, faults, figures };
}

/**
 * A test that a reader survives `cases` inputs, of which some must be accepted and some refused. With
 * `told`, it prints the figures.
 */
export const survives = <I>(reader: Reader<I>, cases: number, told = false): void =>
  Deno.test(`${reader.name}: what is damaged is refused in a sentence, or read right`, async () => {
    const { accepted, refused, faults, figures } = await attack(reader, cases);
    if (told) console.log(figures);
    assert(faults.length === 0, `${faults.length} faults:\n${faults.slice(0, 20).join("\n")}`);
    assert(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`);
  });

/** One of several, each as likely. */
export const oneOf = <T>(random: RandomState, items: readonly T[]): T =>
  items[random.interval(items.length - 1)];

/** Whole numbers at which something may turn over. */
const EXTREMES = [
  0,
  1,
  0x7f,
  0x80,
  0xff,
  0x7fff,
  0x8000,
  0xffff,
  0x7fffffff,
  0x80000000,
  0xffffffff,
];

/** Bytes with one to four damages; a whole file in one of 20 cases. `others` may be spliced in. */
export function damagedBytes(
  random: RandomState,
  whole: Uint8Array,
  others: readonly Uint8Array[] = [whole],
): Uint8Array<ArrayBuffer> {
  let bytes = Uint8Array.from(whole);
  const kind = random.interval(39);
  if (kind < 2) return bytes;
  if (kind === 2) {
    return Uint8Array.from({ length: random.interval(400) }, () => random.interval(255));
  }
  const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
  for (let n = random.interval(3); n >= 0; n--) {
    const at = random.interval(bytes.length);
    const length = random.interval(Math.min(64, bytes.length));
    switch (random.interval(8)) {
      case 0:
        bytes = bytes.slice(0, at);
        break;
      case 1:
        bytes = join(bytes.subarray(0, at), bytes.subarray(at + length));
        break;
      case 2:
        bytes = join(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at));
        break;
      case 3: {
        const noise = Uint8Array.from({ length }, () => random.interval(255));
        bytes = join(bytes.subarray(0, at), noise, bytes.subarray(at));
        break;
      }
      case 4: {
        const other = oneOf(random, others);
        bytes = join(bytes.subarray(0, at), other.subarray(random.interval(other.length)));
        break;
      }
      case 5: {
        // A length where one may stand, in either order of bytes.
        const view = new DataView(bytes.buffer);
        const place = Math.min(at & ~3, bytes.length - 4);
        if (place >= 0) view.setUint32(place, oneOf(random, EXTREMES), random.interval(1) === 1);
        break;
      }
      default:
        if (at < bytes.length) {
          bytes[at] = random.interval(1)
            ? random.interval(255)
            : bytes[at] ^ (1 << random.interval(7));
        }
    }
  }
  return bytes;
}

/** Words that mean something somewhere. */
const WORDS = [
  "",
  "0",
  "-1",
  "1e999",
  "1e-999",
  "NaN",
  "Infinity",
  "0x10",
  "99999999999999999999",
  "null",
  "true",
  "undefined",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "\uFEFF",
  "\uD800",
  "\r\n",
  '"',
  ",",
  "x".repeat(2000),
  "../../x",
];

/** A text with words put in, lines doubled or left out, and bytes damaged. */
export function damagedText(random: RandomState, whole: string): string {
  let text = whole;
  for (let n = random.interval(2); n >= 0; n--) {
    const at = random.interval(text.length);
    const lines = text.split("\n");
    const line = random.interval(lines.length - 1);
    switch (random.interval(4)) {
      case 0:
        text = text.slice(0, at) + oneOf(random, WORDS) + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + oneOf(random, WORDS) + text.slice(at + 1 + random.interval(5));
        break;
      case 2:
        text = lines.toSpliced(line, 1).join("\n");
        break;
      case 3:
        text = lines.toSpliced(line, 0, lines[random.interval(lines.length - 1)]).join("\n");
        break;
      default:
        text = new TextDecoder().decode(damagedBytes(random, new TextEncoder().encode(text)));
    }
  }
  return text;
}

const nested = (depth: number): unknown => {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
};

/** Values of each kind that JSON has. */
const jsonValues = (): readonly unknown[] => [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  1e-300,
  1e300,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e9,
  "",
  "a",
  "1",
  "__proto__",
  "../x",
  "x".repeat(5000),
  [],
  [1, 2, 3],
  ["a", "a"],
  {},
  { a: 1 },
  nested(150),
  JSON.parse('{"__proto__": {"a": 1}}'),
  Array(1000).fill(0),
];

/** Values that only a module of JavaScript can have. */
const moduleValues = (): readonly unknown[] => [
  undefined,
  NaN,
  Infinity,
  -Infinity,
  10n,
  Symbol("s"),
  () => 1,
  new Date(0),
  /x/,
  new Map([[1, 2]]),
  new Set([1]),
  new Uint8Array(3),
  Object.create(null),
  nested(1000),
  new Error("no"),
  Promise.resolve(1),
  "x".repeat(1_000_000),
  [undefined],
  Array(3),
  Object.create({ inherited: 1 }),
  "\uD800",
  "\u0000",
];

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  "a",
  "0",
  "x".repeat(3000),
];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null &&
  [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value));

/** A copy that shares nothing, also of what JSON cannot hold. */
export const copyOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(copyOf)
    : isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, copyOf(entry)]))
    : value;

/** Everything in a value that holds others, with itself. */
function holders(value: unknown): Record<string, unknown>[] {
  return isObject(value) ? [value, ...Object.values(value).flatMap(holders)] : [];
}

/** Every place in a value. */
const places = (value: unknown): [Record<string, unknown>, string][] =>
  holders(value).flatMap((holder) =>
    Object.keys(holder).map((key): [Record<string, unknown>, string] => [holder, key])
  );

/**
 * A copy of a value with one or two places changed: another value, no value, another name, one more.
 * With `module`, to values that JSON cannot hold, too.
 */
export function damagedValue(random: RandomState, whole: unknown, module = false): unknown {
  const copy = copyOf(whole);
  if (random.interval(19) === 0) return copy;
  const values = () => oneOf(random, module ? [...jsonValues(), ...moduleValues()] : jsonValues());
  if (random.interval(199) === 0) return values();
  for (let n = random.interval(3) === 0 ? 2 : 1; n > 0; n--) {
    const all = places(copy);
    if (all.length === 0) break;
    const [holder, key] = oneOf(random, all);
    const define = (name: string, value: unknown) =>
      Object.defineProperty(holder, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    // A list has no names.
    switch (Array.isArray(holder) ? 9 : random.interval(9)) {
      case 0:
        delete holder[key];
        break;
      case 1:
        define(oneOf(random, NAMES), holder[key]);
        delete holder[key];
        break;
      case 2:
        define(oneOf(random, NAMES), values());
        break;
      case 3: {
        // One letter wrong, as people write.
        define(key.slice(1) + key.slice(0, 1), holder[key]);
        delete holder[key];
        break;
      }
      case 4: {
        const [other, name] = oneOf(random, all);
        define(key, copyOf(other[name]));
        break;
      }
      case 5:
        // A number near the one that stands there, or far from it.
        if (typeof holder[key] === "number") {
          define(key, holder[key] * oneOf(random, [-1, 0, 0.5, 2, 10, 1000, 1e6, 1e12]));
          break;
        }
        define(key, values());
        break;
      default:
        define(key, values());
    }
  }
  return copy;
}
