/**
 * The part of `jsr:@std/assert` that this project's tests use, for networks where JSR cannot be
 * reached: the same names, signatures, defaults and error class, written here over Node's own
 * modules. `compat/jsr/README.md` says how the real package takes its place.
 *
 * @module
 */
import { deepStrictEqual } from "node:assert";
import { inspect, stripVTControlCharacters } from "node:util";

/** What every failed assertion throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** What `assertFalse` accepts. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Anything with a length and indices, apart from a string. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** A class. The parameters are `never[]` so that every constructor fits. */
type Class<T> = new (...args: never[]) => T;

/** The end of every message: the caller's own words, or a full stop. */
function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Always throws. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}

/** Throws when `actual` is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(
      `Expected actual: "${actual}" to not be null or undefined${suffix(msg)}`,
    );
  }
}

/**
 * Throws unless both are deeply equal: the same prototypes, keys and values. `0` equals `-0`, NaN
 * equals NaN, a property that is undefined differs from one that is missing, and the order of a
 * Set or Map does not count.
 */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) {
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(actual, expected)}`);
  }
}

/** Throws when both are deeply equal, as `assertEquals` understands it. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) {
    throw new AssertionError(
      `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${suffix(msg)}`,
    );
  }
}

/** Throws unless both are the same value by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(
      `Values are not strictly equal${suffix(msg)}\n${difference(actual, expected)}`,
    );
  }
}

/**
 * Throws unless the two numbers differ by at most `tolerance`, which is `1e-7` of `expected` where
 * left out (and `1e-7` itself when `expected` is not finite).
 */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ??
    (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const delta = Math.abs(expected - actual);
  if (delta <= allowed) return;
  throw new AssertionError(
    `Expected actual: "${actual}" to be close to "${expected}": ` +
      `delta "${delta}" is greater than "${allowed}"${suffix(msg)}`,
  );
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) failComparison(actual, ">", expected, msg);
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) failComparison(actual, ">=", expected, msg);
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) failComparison(actual, "<", expected, msg);
}

/** Throws unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) failComparison(actual, "<=", expected, msg);
}

function failComparison(actual: unknown, operator: string, expected: unknown, msg?: string): never {
  throw new AssertionError(msg ?? `Expect ${inspect(actual)} ${operator} ${inspect(expected)}`);
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(
      `Expected actual: "${actual}" to contain: "${expected}"${suffix(msg)}`,
    );
  }
}

/** Throws unless the pattern matches `actual`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    throw new AssertionError(`Expected actual: "${actual}" to match: "${expected}"${suffix(msg)}`);
  }
}

/** Throws unless every element of `expected` is deeply equal to some element of `actual`. */
export function assertArrayIncludes<T>(
  actual: ArrayLikeArg<T>,
  expected: ArrayLikeArg<T>,
  msg?: string,
): void {
  const present = Array.from(actual);
  const missing = Array.from(expected).filter((item) => !present.some((own) => equal(own, item)));
  if (missing.length > 0) {
    throw new AssertionError(
      `Expected actual: "${inspect(actual)}" to include: "${inspect(expected)}"${suffix(msg)}\n` +
        `missing: ${inspect(missing)}`,
    );
  }
}

/**
 * Throws unless `actual` has at least what `expected` has, at every depth: the keys of objects and
 * Maps, the elements of Sets, the first elements of arrays. Classes do not count, only own keys.
 */
export function assertObjectMatch(
  actual: Record<PropertyKey, unknown>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (!contains(actual, expected)) {
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${difference(actual, expected)}`);
  }
}

/** Throws unless `actual instanceof expectedType`. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: Class<T>,
  msg = "",
): asserts actual is T {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${typeName(actual)}"` +
      suffix(msg),
  );
}

/**
 * Throws unless `fn` throws. With a class, what is thrown must be an Error of that class, and its
 * message contain `msgIncludes`. Gives what was thrown.
 */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  classOrMsg?: Class<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const message = typeof classOrMsg === "string" ? classOrMsg : msg;
  try {
    fn();
  } catch (error) {
    if (typeof classOrMsg === "function") {
      assertIsError(error, classOrMsg, msgIncludes, message);
    }
    return error;
  }
  throw new AssertionError(`Expected function to throw${suffix(message)}`);
}

/**
 * Rejects unless `fn` returns a promise that rejects; a `fn` that throws instead does not count.
 * With a class, the reason must be an Error of that class, and its message contain `msgIncludes`.
 * Gives the reason.
 */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: Class<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMsg?: Class<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const message = typeof classOrMsg === "string" ? classOrMsg : msg;
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch { /* told apart below: there is no promise */ }
  if (typeof promise?.then !== "function") {
    throw new AssertionError(`Function throws when expected to reject${suffix(message)}`);
  }
  try {
    await promise;
  } catch (error) {
    if (typeof classOrMsg === "function") {
      assertIsError(error, classOrMsg, msgIncludes, message);
    }
    return error;
  }
  throw new AssertionError(`Expected function to reject${suffix(message)}`);
}

/** What `assertThrows` and `assertRejects` ask of an error. Colours in messages do not count. */
function assertIsError(
  error: unknown,
  ErrorClass: Class<Error>,
  msgIncludes: string | undefined,
  msg: string | undefined,
): void {
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was thrown or rejected${suffix(msg)}`);
  }
  if (!(error instanceof ErrorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${ErrorClass.name}", but was "${typeName(error)}"` +
        suffix(msg),
    );
  }
  const plain = stripVTControlCharacters;
  if (msgIncludes && !plain(error.message).includes(plain(msgIncludes))) {
    throw new AssertionError(
      `Expected error message to include ${JSON.stringify(msgIncludes)}, ` +
        `but got ${JSON.stringify(error.message)}${suffix(msg)}`,
    );
  }
}

function typeName(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return value === null ? "null" : typeof value;
  }
  return value.constructor?.name ?? "Object";
}

/** Node's description of where two values differ. */
function difference(actual: unknown, expected: unknown): string {
  try {
    deepStrictEqual(actual, expected);
  } catch (error) {
    return (error as Error).message;
  }
  // Node looks at fewer properties of class instances than `equal` does.
  return `actual: ${inspect(actual)}\nexpected: ${inspect(expected)}`;
}

const TypedArray: Class<Uint8Array> = Object.getPrototypeOf(Uint8Array);

function sameValueZero(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** The prototype, where an object without one counts as a plain object. */
function prototype(value: object): object {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

/** Own keys of plain objects and arrays; for other classes those of the prototypes too (getters). */
function comparedKeys(value: object): Set<PropertyKey> {
  const kind = prototype(value);
  if (kind === Object.prototype || kind === Array.prototype) {
    const symbols = Object.getOwnPropertySymbols(value);
    const enumerable = Object.prototype.propertyIsEnumerable;
    return new Set([
      ...Object.keys(value),
      ...symbols.filter((key) => enumerable.call(value, key)),
    ]);
  }
  const keys = new Set<PropertyKey>();
  for (let at = value; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) keys.add(key);
  }
  return keys;
}

/** Deep equality. Not `isDeepStrictEqual`, which tells 0 from -0 and asks less of class instances. */
function equal(a: unknown, b: unknown, seen = new Map<unknown, unknown>()): boolean {
  if (sameValueZero(a, b)) return true;
  if (!isObject(a) || !isObject(b) || prototype(a) !== prototype(b)) {
    return false;
  }
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (a instanceof RegExp || a instanceof URL || a instanceof URLSearchParams) {
    return String(a) === String(b);
  }
  if (a instanceof TypedArray) {
    const other = b as Uint8Array;
    return a.length === other.length &&
      a.every((value, i) => sameValueZero(value, other[i]));
  }
  if (a instanceof ArrayBuffer) {
    return equal(new Uint8Array(a), new Uint8Array(b as ArrayBuffer));
  }
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError(`Cannot compare ${typeName(a)} instances`);
  }
  // A pair met again inside itself is a cycle: equal unless something else in it differs.
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  return a instanceof Map || a instanceof Set
    ? equalCollections(a, b as typeof a, seen)
    : equalProperties(a, b, seen);
}

/** Sets and Maps in any order; keys that are objects are compared deeply. */
function equalCollections(
  a: Map<unknown, unknown> | Set<unknown>,
  b: Map<unknown, unknown> | Set<unknown>,
  seen: Map<unknown, unknown>,
): boolean {
  return a.size === b.size &&
    a.entries().every(([key, value]) =>
      (b.has(key) && (b instanceof Set || equal(value, b.get(key), seen))) ||
      (isObject(key) &&
        b.entries().some(([otherKey, otherValue]) =>
          equal(key, otherKey, seen) && equal(value, otherValue, seen)
        ))
    );
}

function equalProperties(a: object, b: object, seen: Map<unknown, unknown>): boolean {
  const keys = comparedKeys(a);
  const otherKeys = comparedKeys(b);
  return keys.size === otherKeys.size &&
    keys.values().every((key) =>
      otherKeys.has(key) &&
      equal(a[key as keyof typeof a], b[key as keyof typeof b], seen)
    );
}

/** Whether `actual` has at least what `expected` has; see `assertObjectMatch`. */
function contains(actual: unknown, expected: unknown, seen = new Map<unknown, unknown>()): boolean {
  if (!isObject(actual) || !isObject(expected) || expected instanceof RegExp) {
    return equal(actual, expected);
  }
  if (seen.get(expected) === actual) return true;
  seen.set(expected, actual);
  if (actual instanceof Set && expected instanceof Set) {
    return actual.isSupersetOf(expected);
  }
  if (actual instanceof Map && expected instanceof Map) {
    return [...expected].every(([key, value]) =>
      actual.has(key) && contains(actual.get(key), value, seen)
    );
  }
  return Object.entries(expected).every(([key, value]) =>
    Object.hasOwn(actual, key) &&
    contains(actual[key as keyof typeof actual], value, seen)
  );
}
