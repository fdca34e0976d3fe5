/** Two stages that run only where something they depend on has changed. @module */
import { artifactsIn, run } from "@atelier/atelier/pipeline";
import { fileURLToPath } from "node:url";
import { page } from "./pipeline/page.ts";
import { primes } from "./pipeline/primes.ts";

// Results go below `home`, finished jobs below `cache`. Use folders that stay, to find them tomorrow.
const home = await Deno.makeTempDir();
const workspace = {
  root: fileURLToPath(new URL("..", import.meta.url)), // where deno.json is
  home,
  cache: `${home}/.cache`,
};

/** Brings the page, and all that it needs, up to date; says what ran, and why. */
async function bring(title: string, limits: number[]): Promise<void> {
  const plan = [
    { stage: primes, parameters: { limits } },
    { stage: page, parameters: { title } },
  ];
  console.log(`"${title}", primes below ${limits}:`);
  await run(workspace, plan, ["page"], {}, (event) => {
    if (event.type === "started") console.log(`  ${event.stage} runs: ${event.reasons}`);
    if (event.type === "current") console.log(`  ${event.stage} is up to date`);
  });
}

await bring("Primes", [1000, 20_000]); // both run, with a process for each limit
await bring("Primes", [1000, 20_000]); // nothing runs
await bring("How many primes", [1000, 20_000]); // the page is written again, nothing is counted
await bring("How many primes", [1000, 20_000, 300_000]); // both run; only one limit is counted

const { counts } = await artifactsIn(workspace, primes);
console.log(await counts.read());
console.log(await Deno.readTextFile(`${home}/page.md`));
