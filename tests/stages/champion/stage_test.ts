/** Stage `champion` of a small study, from its trainings to the report and to a network that can be used. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";
import { join } from "node:path";
import { artifactsIn } from "../../../src/pipeline/results.ts";
import { isReady } from "../../../src/runtime/choice.ts";
import { champion } from "../../../src/stages/champion/stage.ts";
import { resultChecks } from "../../../src/stages/checks/results.ts";
import { models } from "../../../src/stages/models/stage.ts";
import { checkStudy } from "../../../src/stages/plan.ts";
import { inFolder } from "../../support/data_files.ts";
import { bringUpToDate, mini, placeIn, staleIn } from "../../support/mini.ts";
import { compact, said, study } from "../../support/small_champion.ts";

Deno.test({
  name: "champions are trained, told of with what they take, and can be used",
  // On WebAssembly alone the trainings take too long for the fast suite.
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const place = placeIn(folder, study);
      await bringUpToDate(place);
      assertEquals(await staleIn(place), {});
      for (const { name, run } of resultChecks(place, place.workspace)) {
        await run().catch(({ message }) => fail(`${name}: ${message}`));
      }
      const own = await artifactsIn(place.workspace, champion);
      assertEquals((await own.evaluations.read()).map(({ seed, mirrored }) => [seed, mirrored]), [
        [43, false],
        [43, true],
        [44, false],
        [44, true],
      ]);
      assertEquals((await own.testPredictions.read()).shape, [4, 40]);
      assertEquals((await own.leftOutPredictions.read()).shape, [4, 20]);
      const page = await Deno.readTextFile(join(folder, "report.md"));
      assertMatch(page, /^\| compact, with mirror images \|.* 465,514 \| 53\.0 \|/m);
      assertMatch(page, /^\| 2 trainings of compact together \|.* 931,028 \| 106\.0 \|/m);
      assertStringIncludes(page, "Figures of `champion` are means");
      assert(!page.includes("undefined"));
      const listed = await (await artifactsIn(place.workspace, models)).models.read();
      const [, strongest] = listed.networks;
      assertEquals(
        [strongest.name, strongest.parameters, strongest.precision],
        ["champion.compact", 465_514, "float16"],
      );
    }),
});

Deno.test("what champions lack or have too much of is refused before anything is trained", () => {
  const refusal = (champion: unknown) =>
    assertThrows(() => checkStudy({ ...mini, champion }), Error).message;
  assertStringIncludes(
    refusal({ ...said, ensemble: "compakt" }),
    "champion.ensemble: there is no compakt; did you mean compact?",
  );
  assertStringIncludes(
    refusal({ ...said, leaveOneOut: { ...said.leaveOneOut, network: "x" } }),
    "champion.leaveOneOut.network: there is no x; there are compact",
  );
  assertStringIncludes(
    refusal({ ...said, networks: [compact, compact] }),
    '"compact" is listed twice',
  );
  assertStringIncludes(
    refusal({ ...said, networks: [{ ...compact, name: "ensemble" }] }),
    "champion.networks[0].name: ensemble is what several trainings together are called",
  );
  assertStringIncludes(
    refusal({
      ...said,
      networks: [{ ...compact, regime: { ...compact.regime, seed: 2 ** 32 - 1 } }],
    }),
    "champion.seeds: the last seed of compact would be 4294967296",
  );
  const averaging = { type: "lastEpochs", epochs: 2 };
  const averaged = { ...compact, regime: { ...compact.regime, epochs: 2, averaging } };
  assertStringIncludes(
    refusal({ ...said, networks: [averaged] }),
    "champion.leaveOneOut.epochs: compact averages its last 2 epochs",
  );
  assertStringIncludes(refusal({ ...said, seeds: 1 }), "champion.seeds: 1: ");
});
