/** `deno task keys`: a new pair of keys, and what to do with each half. @module */
import { newKeys } from "../src/machines/signatures.ts";
import { command } from "./command.ts";
import { EXITS } from "./exits.ts";

await command("keys", async () => {
  const { trusted, signing } = await newKeys();
  console.log(
    `Told to everybody, in study.ts (or in ATELIER_TRUSTED_KEYS, with commas between several):
  export const trusts = ["${trusted}"];
Told to nobody, in the environment of whoever fills the store:
  ATELIER_SIGNING_KEY=${signing}`,
  );
  return EXITS.done;
});
