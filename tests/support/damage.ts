/** Ways in which a file can be damaged, and the edits of a JSON document. @module */
import { dirname, join } from "node:path";

/** A way to damage a file. */
export interface Damage {
  readonly name: string;
  /** What is left: the same bytes after all, a folder (which may be somebody's own), or neither. */
  readonly leaves: "the same bytes" | "a folder" | "damage";
  /** Whether the other file is damaged as well. */
  readonly both?: true;
  /** `other` is another file of the same project, `aside` a path outside where nothing is. */
  put(path: string, other: string, aside: string): Promise<void>;
}

const bytes = (name: string, change: (bytes: Uint8Array) => Uint8Array): Damage => ({
  name,
  leaves: "damage",
  put: async (path) => await Deno.writeFile(path, change(await Deno.readFile(path))),
});

const flipped = (at: (length: number) => number) => (bytes: Uint8Array) => {
  // An empty file has no byte to alter, and gets one.
  if (bytes.length === 0) return Uint8Array.of(1);
  const changed = bytes.slice();
  changed[at(bytes.length)] ^= 1;
  return changed;
};

const instead = (
  name: string,
  put: (path: string, other: string, aside: string) => Promise<void>,
  leaves: Damage["leaves"] = "damage",
): Damage => ({
  name,
  leaves,
  async put(path, ...more) {
    await Deno.rename(path, `${more[1]}.was`);
    await put(path, ...more);
    await Deno.remove(`${more[1]}.was`, { recursive: true }).catch(() => {});
  },
});

/** Every way that needs no rights. Windows has neither pipes nor sockets in folders. */
export const damages: readonly Damage[] = [
  bytes("its first byte altered", flipped(() => 0)),
  bytes("a byte in its middle altered", flipped((n) => n >> 1)),
  bytes("its last byte altered", flipped((n) => n - 1)),
  bytes("a byte short", (bytes) => bytes.length > 0 ? bytes.slice(0, -1) : Uint8Array.of(1)),
  bytes("a byte longer", (bytes) => {
    const longer = new Uint8Array(bytes.length + 1).fill(33);
    longer.set(bytes);
    return longer;
  }),
  bytes("emptied", (bytes) => bytes.length > 0 ? new Uint8Array() : Uint8Array.of(1)),
  {
    name: "swapped with another file",
    leaves: "damage",
    both: true,
    async put(path, other) {
      const [one, two] = [await Deno.readFile(path), await Deno.readFile(other)];
      await Deno.writeFile(path, two);
      await Deno.writeFile(other, one);
    },
  },
  {
    name: "a link to the same bytes",
    leaves: "the same bytes",
    async put(path, _, aside) {
      await Deno.copyFile(path, aside);
      await Deno.remove(path);
      await Deno.symlink(aside, path);
    },
  },
  instead("a link to another file", (path, other) => Deno.symlink(other, path)),
  instead("a link to itself", (path) => Deno.symlink(path, path)),
  instead("a link to nothing", (path, _, aside) => Deno.symlink(`${aside}.none`, path)),
  instead("a link to a folder", (path, _, aside) => Deno.symlink(dirname(aside), path)),
  instead("a link to a device without an end", (path) => Deno.symlink("/dev/zero", path)),
  instead("a folder", (path) => Deno.mkdir(path), "a folder"),
  instead("a folder with a file", async (path) => {
    await Deno.mkdir(path);
    await Deno.writeTextFile(join(path, "own.txt"), "my own");
  }, "a folder"),
  instead("a pipe", pipe),
  instead("a socket", async (path, _, aside) => {
    // Its address may not be as long as a path may be.
    using _socket = Deno.listen({ transport: "unix", path: aside });
    await Deno.rename(aside, path);
  }),
  instead("missing", () => Promise.resolve()),
];

/** Puts a pipe at a path, which blocks whoever opens it. */
export async function pipe(path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("mkfifo", { args: [path] }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A document in which one thing is changed. */
export interface Edit {
  /** Where, as keys with dots between, and how. */
  readonly path: string;
  readonly how: string;
  readonly document: unknown;
}

type Node = { [key: string]: unknown };

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;

/** Another value of the same type; undefined for null, which has none. */
function another(value: unknown): unknown {
  if (typeof value === "string") {
    return /^[0-9a-f]{64}$/.test(value)
      ? `${value[0] === "0" ? "1" : "0"}${value.slice(1)}`
      : `${value}x`;
  }
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
}

/** A value of another type. */
function ofAnotherType(value: unknown): unknown {
  if (Array.isArray(value)) return {};
  if (isNode(value)) return [];
  return typeof value === "number" ? String(value) : 7;
}

/**
 * Every edit of one place in a document: each value altered to another one of its type and to one of
 * another type, each left out, and each object or list with one entry more.
 */
export function* edits(document: unknown): Generator<Edit> {
  const change = (
    path: readonly string[],
    how: string,
    edit: (parent: Node, key: string) => void,
  ) => {
    const root: Node = { document: structuredClone(document) };
    let parent = root;
    const keys = ["document", ...path];
    for (const key of keys.slice(0, -1)) {
      const next = parent[key];
      if (!isNode(next)) throw new Error(`there is no ${path.join(".")}`);
      parent = next;
    }
    edit(parent, keys.at(-1)!);
    return { path: path.join("."), how, document: root.document };
  };
  function* visit(value: unknown, path: readonly string[]): Generator<Edit> {
    const other = another(value);
    if (other !== undefined) yield change(path, "altered", (of, key) => of[key] = other);
    yield change(path, "of another type", (of, key) => of[key] = ofAnotherType(value));
    if (path.length > 0) {
      yield change(path, "left out", (of, key) => {
        if (Array.isArray(of)) of.splice(Number(key), 1);
        else delete of[key];
      });
    }
    if (!isNode(value)) return;
    yield change(path, "with one more", (of, key) => {
      const inner = of[key];
      if (Array.isArray(inner)) inner.push(inner[0] ?? 1);
      else if (isNode(inner)) inner.more = Object.values(inner)[0] ?? 1;
    });
    for (const [key, inner] of Object.entries(value)) yield* visit(inner, [...path, key]);
  }
  yield* visit(document, []);
}

/**
 * What `work` comes to.
 *
 * @throws {Error} where that takes longer than a number of seconds
 */
export async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  let timer;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`${what}: hangs for ${seconds} s`)),
          seconds * 1000,
        );
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
