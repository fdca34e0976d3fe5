/** Runs of which one operation on a file fails: they end with a sentence, and the next one puts it right. */
import { assert, assertEquals } from "@std/assert";
import { atEachOperation, attack, beginnings, secondsSince } from "../support/interrupted.ts";

/** How operations fail; of the last two, one in three where a run does not begin with nothing. */
const FAILURES = ["EIO", "ENOSPC", "EACCES"] as const;

Deno.test({
  name:
    "a run of which any file operation fails, or one of a job's, ends with a sentence and is continued to the same bytes",
  // Processes are looked for with ps.
  ignore: Deno.build.os === "windows",
  fn: () =>
    attack(async (toy, root) => {
      const began = performance.now();
      const problems: Error[] = [];
      // Of runs that ended: how many say which file, and which operations do not.
      let [all, named] = [0, 0];
      const nameless = new Map<string, number>();
      for (const beginning of await beginnings(toy, root)) {
        for (const fail of FAILURES) {
          for (const whose of ["run", "jobs"] as const) {
            const first = beginning.name === "nothing";
            // What only looks at something fails as well.
            const looks = first && fail === "EIO";
            const every = first || fail === "EIO" ? 1 : 3;
            const trials = await atEachOperation({
              ...{ root, folder: toy.workspace.root, beginning, whose, looks, every },
              strike: { fail },
            });
            let ended = 0;
            for (const { at, struck, outcome, problem } of trials) {
              const [operation] = struck.split(" ");
              try {
                if (problem) throw problem;
                if (typeof outcome !== "string") continue;
                ended++;
                assert(outcome.startsWith("error: "), `no sentence: ${outcome}`);
                assert(!/^\s+at /m.test(outcome), `a stack trace: ${outcome}`);
                // What failed, and no mistake of code's that followed from it.
                assert(/os error|cannot be|is gone/.test(outcome), `no reason: ${outcome}`);
                all++;
                if (/[/](results|[.]cache|page[.]md|source)/.test(outcome)) named++;
                else {
                  const what = `${fail} of ${operation} in ${whose}`;
                  nameless.set(what, (nameless.get(what) ?? 0) + 1);
                }
              } catch (error) {
                const what = `${beginning.name}: ${fail} of ${whose} at ${at}, ${struck}`;
                problems.push(new Error(what, { cause: error }));
              }
            }
            console.log(
              `${beginning.name}: ${fail} at ${trials.length} operations of ${whose}, ` +
                `${ended} of which ended the run`,
            );
          }
        }
      }
      console.log(`${named} of ${all} runs that ended name the file; these do not:`, nameless);
      console.log(secondsSince(began));
      assertEquals(problems, []);
    }),
});
