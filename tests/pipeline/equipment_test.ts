/** What the jobs of a run are computed with, where that of finished ones is known and nobody is there to run any. */
import { assertEquals, assertRejects } from "@std/assert";
import { folderStore } from "../support/folder_store.ts";
import { inFolder } from "../support/stores.ts";
import { FAST, inProcess, SLOW, type Toy, type ToyOptions, withToy } from "../support/toy.ts";

const EARLIER = { earlier: () => Promise.resolve([FAST, SLOW]) };

/** What became of jobs, in all runs, by their labels. */
const jobsOf = ({ events }: Toy) =>
  events.flatMap((event) =>
    event.type === "job" && event.state !== "asked" ? [`${event.label} ${event.state}`] : []
  ).sort();

/** Hands a toy to a test, and a store with what another one has made of it. */
const withStore = (test: (toy: Toy, shared: ToyOptions["shared"]) => Promise<void>) =>
  inFolder(async (folder) => {
    const shared = await folderStore(`file://${folder}`);
    await withToy((other) => other.run(undefined, { shared }).then(() => {}));
    await withToy((toy) => test(toy, shared));
  });

Deno.test("jobs that have finished are found, and nobody is asked what to compute with", () =>
  withStore(async (toy, shared) => {
    const equip = () => Promise.reject(new Error("asked"));
    await toy.run(undefined, { ...EARLIER, shared, equip });
    assertEquals(jobsOf(toy), ["offset 1 found", "offset 2 found"]);
    await toy.run(undefined, { ...EARLIER, shared, equip });
  }));

Deno.test("a job that is found nowhere is run with what others have finished with, whoever is awaited", () =>
  withStore(async (toy, shared) => {
    // It is asked for first, when nothing is known of the others.
    toy.configure({ sums: { offsets: [3, 1, 2], times: 1, called: "offset" } });
    const used: unknown[] = [];
    await toy.run(undefined, {
      ...{ ...EARLIER, shared },
      equip: () => new Promise(() => {}),
      executor(root) {
        const inner = inProcess(root);
        return {
          ...inner,
          run(job, ...more) {
            used.push(job.equipment);
            return inner.run(job, ...more);
          },
        };
      },
    });
    assertEquals(jobsOf(toy), ["offset 1 found", "offset 2 found", "offset 3 made"]);
    assertEquals(used, [SLOW]);
  }));

Deno.test("where none has finished, it is asked once what to compute with", () =>
  withToy(async (toy) => {
    let asked = 0;
    const equip = () => Promise.resolve((asked++, SLOW));
    await toy.run(undefined, { ...EARLIER, equip });
    assertEquals([asked, ...jobsOf(toy)], [1, "offset 1 made", "offset 2 made"]);
    toy.configure({ sums: { offsets: [4], times: 1, called: "offset" } });
    const none = () => Promise.reject(new Error("nobody is there"));
    await assertRejects(() => toy.run(undefined, { ...EARLIER, equip: none }), Error, "nobody is");
  }));
