/** Runs with other settings beside a study, attacked, and gc after any of them. */
import { assert } from "@std/assert";
import { gcKeepsWhatIsNeeded, strikeBeside } from "../support/apart.ts";
import { secondsSince } from "../support/interrupted.ts";

Deno.test("killed before any operation, a run beside a study leaves that as it was, and is continued", async () => {
  const began = performance.now();
  const { attacks, ended } = await strikeBeside(1, { kill: "SIGKILL" });
  console.log(`${attacks} kills, ${ended} runs ended: ${secondsSince(began)}`);
  assert(attacks > 50 && ended === attacks);
});

Deno.test("on a disk that is full at any moment, a run beside a study leaves that as it was, and is continued", async () => {
  const began = performance.now();
  const { attacks, ended } = await strikeBeside(1, { fail: "ENOSPC" });
  console.log(`${attacks} operations failed, ${ended} runs ended by it: ${secondsSince(began)}`);
  assert(attacks > 50 && ended > attacks / 2);
});

Deno.test("after gc all is as it was, whatever ran before and was lost", async () => {
  const began = performance.now();
  const seed = 20261127;
  const collected = await gcKeepsWhatIsNeeded(100, seed);
  console.log(
    `100 histories (seed ${seed}), ${collected} things collected: ${secondsSince(began)}`,
  );
  assert(collected > 100);
});
