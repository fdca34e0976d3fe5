import { assertEquals } from "@std/assert";

/**
 * The two sides of the graph engine. What a training job depends on is the digest of the graph that the
 * first emits and the code of the second, so neither may do the other's work.
 */
const emitting = [
  "builder.ts",
  "compile.ts",
  "gradients.ts",
  "layers.ts",
  "operations.ts",
  "optimizers.ts",
  "protocol.ts",
];
const feeding = ["engine.ts", "rates.ts", "saved_model.ts", "session.ts", "trainer.ts"];
/** What the second knows of the first. */
const common = ["builder.ts", "compile.ts", "protocol.ts"];

const folder = new URL("../../../src/engine/graph/", import.meta.url);

/** The files beside it that a file imports, and the packages. */
async function importsOf(file: string) {
  const text = await Deno.readTextFile(new URL(file, folder));
  const all = [...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom "([^"]+)";/gm)].map(([, from]) =>
    from
  );
  return {
    beside: all.filter((from) => from.startsWith("./")).map((from) => from.slice(2)),
    packages: all.filter((from) => !from.startsWith(".")),
  };
}

Deno.test("every file of the graph engine is on one side, or digests what the first emits", async () => {
  const files = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  assertEquals(files.sort(), [...emitting, ...feeding, "program.ts"].sort());
});

Deno.test("what emits a graph knows nothing of what feeds it, and no package", async () => {
  for (const file of emitting) {
    const { beside, packages } = await importsOf(file);
    assertEquals(beside.filter((other) => !emitting.includes(other)), [], file);
    assertEquals(packages, [], file);
  }
  const { beside, packages } = await importsOf("program.ts");
  assertEquals(beside.filter((other) => !emitting.includes(other)), []);
  assertEquals(packages, []);
});

Deno.test("what feeds a graph knows of the other side what it compiles to", async () => {
  for (const file of feeding) {
    const { beside, packages } = await importsOf(file);
    const known = [...feeding, ...common];
    assertEquals(beside.filter((other) => !known.includes(other)), [], file);
    assertEquals(packages, file === "saved_model.ts" ? ["protobufjs/light.js"] : [], file);
  }
});
