import { assertEquals, assertFalse, assertMatch } from "@std/assert";
import { resolve } from "node:path";
import { PROJECT, readChoice } from "../../src/runtime/choice.ts";
import { describeHalf, findHalf, type Half, isQuick } from "../../src/runtime/half.ts";
import { choiceOf } from "../support/choice.ts";
import { withProject } from "../support/project.ts";
import { addon } from "../support/tensorflow.ts";

const choice = (sha256 = "a".repeat(64)) => choiceOf([{ path: "addon.node", bytes: 4, sha256 }]);

/** A trial that counts how often it is asked for. */
function trial(result: Pick<Half, "ratio" | "reason">) {
  const asked: string[] = [];
  return { asked, time: (addon: string) => Promise.resolve((asked.push(addon), result)) };
}

Deno.test("bfloat16 is timed once for a library, and again for another one or where that is asked for", async () => {
  await withProject(async (root) => {
    const { asked, time } = trial({ ratio: 1.8, reason: null });
    const first = await findHalf(choice(), { root, time });
    assertEquals(first.ratio, 1.8);
    assertEquals(await findHalf(choice(), { root, time }), first);
    assertEquals(asked.length, 1);
    await findHalf(choice(), { root, time, again: true });
    await findHalf(choice("b".repeat(64)), { root, time });
    assertEquals(asked.length, 3);
    await Deno.writeTextFile(`${root}/.cache/runtime/half.json`, "{");
    await findHalf(choice("b".repeat(64)), { root, time });
    assertEquals(asked.length, 4, "damaged");
  });
});

Deno.test("a machine is quick in bfloat16 by what was timed, and is said to be", async () => {
  await withProject(async (root) => {
    const say = async (result: Pick<Half, "ratio" | "reason">) => {
      const half = await findHalf(choice(), { root, again: true, time: trial(result).time });
      return [isQuick(half), describeHalf(half)];
    };
    assertEquals(await say({ ratio: 1.84, reason: null }), [
      true,
      "bfloat16: products of matrices are 1.8 times as fast as in float32.",
    ]);
    assertEquals(await say({ ratio: 0.24, reason: null }), [
      false,
      "bfloat16: products of matrices are only 0.2 times as fast as in float32, so trainings in it " +
      "are refused unless --slow-bfloat16 is said.",
    ]);
    assertEquals(await say({ ratio: null, reason: "the process that tried it was ended" }), [
      false,
      "bfloat16: not on this machine (the process that tried it was ended); trainings in it are refused.",
    ]);
  });
});

Deno.test("WebAssembly has no bfloat16, which needs no trial", async () => {
  const { asked, time } = trial({ ratio: 1.8, reason: null });
  const half = await findHalf({ tensorflow: null }, { time });
  assertFalse(isQuick(half));
  assertEquals(half.reason, "WebAssembly computes in float32 alone");
  assertEquals(asked, []);
});

Deno.test({
  name: "the trial times the library of this machine, and a file that is none gives the reason",
  ignore: !addon,
  async fn() {
    await withProject(async (root) => {
      const { tensorflow } = await readChoice();
      const files = tensorflow!.files.map((file) => ({
        ...file,
        path: resolve(PROJECT, file.path),
      }));
      const half = await findHalf({ tensorflow: { ...tensorflow!, files } }, { root });
      // How much depends on the processor; that there is an answer does not.
      assertEquals(half.ratio === null, half.reason !== null);
      await Deno.writeTextFile(`${root}/addon.node`, "1234");
      const none = await findHalf(choice(), { root });
      assertEquals(none.ratio, null);
      assertMatch(none.reason!, /^TensorFlow does not load from .*addon\.node/);
    });
  },
});
