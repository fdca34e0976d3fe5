/** Stage `champion` takes from its last result what became of trainings, where nothing is left of their jobs. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { requireManifest } from "../../src/pipeline/manifest.ts";
import { isReady } from "../../src/runtime/choice.ts";
import type { Study } from "../../src/stages/plan.ts";
import { inFolder } from "../support/data_files.ts";
import { bringUpToDate, placeIn } from "../support/mini.ts";
import { compact, said, study } from "../support/small_champion.ts";

Deno.test({
  name: "another champion costs its own trainings, and the result is that of a run from nothing",
  ignore: !(await isReady("tensorflow")),
  fn: () =>
    inFolder(async (folder) => {
      const brought = async (champion: NonNullable<Study["champion"]>) => {
        await Deno.remove(join(folder, ".cache", "jobs"), { recursive: true }).catch(() => {});
        const events: RunEvent[] = [];
        const place = placeIn(folder, { ...study, champion });
        await bringUpToDate(place, {
          targets: ["champion"],
          onEvent: (event) => void events.push(event),
        });
        const { manifest } = await requireManifest(place.workspace, "champion");
        return {
          made: events.flatMap((e) => e.type === "job" && e.state === "made" ? [e.label] : [])
            .sort(),
          outputs: manifest.outputs,
        };
      };
      const labels = (name: string) => [43, 44].map((seed) => `${name}, seed ${seed}`);
      await brought(said);
      const other = {
        ...compact,
        name: "other",
        regime: { ...compact.regime, evaluation: undefined, labelSmoothing: 0.1 },
      };
      const two = { ...said, networks: [other, compact] };
      const added = await brought(two);
      assertEquals(added.made, labels("other"));

      // The other one's trainings together: its probabilities are needed, which no result has.
      const moved = await brought({ ...two, ensemble: "other" });
      assertEquals(moved.made, labels("other"));

      await Deno.remove(join(folder, "results", "champion"), { recursive: true });
      const anew = await brought(two);
      assertEquals(anew.made.length, 2 + 2 + 2 * 2);
      assertEquals(anew.outputs, added.outputs);
    }),
});
