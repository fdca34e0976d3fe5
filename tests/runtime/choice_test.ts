import { assert, assertEquals, assertFalse, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import {
  type Choice,
  isReady,
  PROJECT,
  readChoice,
  TFJS_VERSION,
  validChoice,
  writeChoice,
} from "../../src/runtime/choice.ts";
import { sha256 } from "../../src/files/digest.ts";
import { alteration, requireUnaltered } from "../../src/runtime/native.ts";
import { choiceOf } from "../support/choice.ts";
import { noVariables, variablesOf, withProject } from "../support/project.ts";
import { flipByte } from "../support/toy.ts";

/** A choice that holds in `root`, whose addon is a file of four bytes. */
async function rememberAddon(root: string, changes: Partial<Choice> = {}): Promise<Choice> {
  await Deno.writeTextFile(join(root, "addon.node"), "1234");
  const choice = choiceOf([{ path: "addon.node", bytes: 4, sha256: sha256("1234") }], {
    skipped: [{ way: "official download", reason: "no connection" }],
    ...changes,
  });
  await writeChoice(choice, root);
  return choice;
}

Deno.test("the version that choices are made for is that of the import map", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(join(PROJECT, "deno.json")));
  for (const name of ["core", "node", "backend-wasm"]) {
    assertEquals(
      imports[`@tensorflow/tfjs-${name}`],
      `npm:@tensorflow/tfjs-${name}@${TFJS_VERSION}`,
    );
  }
});

Deno.test("a choice is read as it was written, and nothing else is left behind", async () => {
  await withProject(async (root) => {
    const choice = await rememberAddon(root);
    await writeChoice(choice, root);
    assertEquals(await readChoice(root), choice);
    assertEquals(await validChoice(root, noVariables), choice);
    const names = [...Deno.readDirSync(join(root, ".cache", "runtime"))].map(({ name }) => name);
    assertEquals(names, ["choice.json"]);
  });
});

Deno.test("reading says what to do where there is no choice, or a damaged one", async () => {
  await withProject(async (root) => {
    await assertRejects(() => readChoice(root), Error, "run `deno task setup`");
    assertFalse(await isReady(undefined, root, noVariables));

    const choice = await rememberAddon(root);
    const damaged = [
      "",
      "{",
      "[]",
      JSON.stringify({ ...choice, format: 3 }),
      // As it was written before there were digests.
      JSON.stringify({
        ...choice,
        format: 1,
        tensorflow: {
          origin: "wheel",
          version: "2.21.0",
          files: [{ path: "addon.node", bytes: 4 }],
        },
      }),
      JSON.stringify({ ...choice, backend: "webgl" }),
      JSON.stringify({ ...choice, tensorflow: null }),
      JSON.stringify({ ...choice, tensorflow: { ...choice.tensorflow, files: [] } }),
      JSON.stringify({ ...choice, more: 1 }),
    ];
    const path = join(root, ".cache", "runtime", "choice.json");
    for (const text of damaged) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => readChoice(root), Error, "choice.json is damaged");
      assertEquals(await validChoice(root, noVariables), undefined, text);
    }
    await Deno.remove(path);
    await Deno.mkdir(path);
    await assertRejects(() => readChoice(root), Error, "choice.json is no file; move away what is");
    assertEquals(await validChoice(root, noVariables), undefined);
  });
});

Deno.test("a choice holds for its platform, packages, LIBTENSORFLOW_DIR and files alone", async () => {
  await withProject(async (root) => {
    await rememberAddon(root, { platform: "plan9-mips" });
    assertEquals(await validChoice(root, noVariables), undefined);
    await rememberAddon(root, { tfjs: "0.0.1" });
    assertEquals(await validChoice(root, noVariables), undefined);

    await rememberAddon(root);
    const other = variablesOf({ LIBTENSORFLOW_DIR: join(root, "other") });
    assertEquals(await validChoice(root, other), undefined);
    await rememberAddon(root, { libtensorflowDir: join(root, "other") });
    assert(await validChoice(root, other));
    assertEquals(await validChoice(root, noVariables), undefined);

    await rememberAddon(root);
    await Deno.writeTextFile(join(root, "addon.node"), "123");
    assertEquals(await validChoice(root, noVariables), undefined);
    await Deno.remove(join(root, "addon.node"));
    assertEquals(await validChoice(root, noVariables), undefined);
  });
});

Deno.test("WebAssembly is always ready, TensorFlow where one is known", async () => {
  await withProject(async (root) => {
    assert(await isReady("wasm", root, noVariables));
    assertFalse(await isReady("tensorflow", root, noVariables));

    await rememberAddon(root, { backend: "wasm", tensorflow: null });
    assert(await isReady(undefined, root, noVariables));
    assertFalse(await isReady("tensorflow", root, noVariables));

    await rememberAddon(root, { backend: "wasm" });
    assert(await isReady("tensorflow", root, noVariables));
  });
});

Deno.test("no altered byte of what a choice names is loaded: the file is named, and what to do", async () => {
  await withProject(async (root) => {
    const [addon, library] = ["addon.node", "library.so"].map((name) => join(root, name));
    const restore = async () => {
      await rememberAddon(root);
      await Deno.writeTextFile(library, "4321");
    };
    await restore();
    const choice = await rememberAddon(root);
    choice.tensorflow!.files.push({ path: library, bytes: 4, sha256: sha256("4321") });
    const attacks: [RegExp, () => Promise<void>][] = [
      [
        /addon\.node has been altered: its SHA-256 is [0-9a-f]{64}, and was /,
        () => flipByte(addon),
      ],
      [/library\.so has been altered: its SHA-256 is /, () => flipByte(library)],
      [/library\.so has been altered: it has 3 bytes, not 4$/, () => Deno.truncate(library, 3)],
      [/library\.so is missing$/, () => Deno.remove(library)],
      [/addon\.node has been altered: its SHA-256 is /, async () => {
        await Deno.rename(addon, `${addon}.other`);
        await Deno.rename(library, addon);
        await Deno.rename(`${addon}.other`, library);
      }],
    ];
    for (const [told, attack] of attacks) {
      await restore();
      assertEquals(await alteration(root, choice.tensorflow!.files), undefined);
      await requireUnaltered(choice, root);
      await attack();
      assertMatch((await alteration(root, choice.tensorflow!.files))!, told);
      await assertRejects(
        () => requireUnaltered(choice, root),
        Error,
        "It is not loaded: `deno task setup --force` puts another in its place.",
      );
    }
  });
});
