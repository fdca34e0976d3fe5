import { assert, assertEquals } from "@std/assert";
import {
  type Asked,
  evaluationsOf,
  leftOutOf,
  shortenedOf,
  trainingsOf,
} from "../../../src/stages/champion/plan.ts";
import { type Regime, regime as schema } from "../../../src/training/regime.ts";
import { bareRegime, wholeRegime } from "../../support/regimes.ts";

const whole: Regime = { ...wholeRegime, averaging: { type: "lastEpochs", epochs: 2 }, seed: 5 };
const bare: Regime = bareRegime;
const asked: Asked = {
  networks: [
    { name: "small", network: "compact", regime: bare },
    { name: "big", network: "residual", regime: whole },
  ],
  seeds: 2,
  leaveOneOut: { network: "big", epochs: 3, subset: { train: 64, validation: 20 } },
};

/** What JSON keeps of a value: nothing that is undefined. */
const kept = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** The paths of all values of a tree, and these. */
const leaves = (value: unknown, path = ""): [string, unknown][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, of]) => leaves(of, `${path}/${key}`))
    : [[path, value]];

Deno.test("without an ingredient, a regime lacks that and is otherwise the same", () => {
  const all = new Map(leaves(kept(whole)));
  const lost: Record<string, string[]> = {};
  for (const { ingredient, regime } of leftOutOf(whole)) {
    assert(schema.safeParse(kept(regime)).success, ingredient);
    const own = new Map(leaves(kept(regime)));
    const names = [...new Set([...all.keys(), ...own.keys()])];
    lost[ingredient] = names.filter((name) => all.get(name) !== own.get(name));
  }
  assertEquals(lost, {
    none: [],
    schedule: ["/schedule/type", "/schedule/warmup", "/schedule/final"],
    nesterov: ["/optimizer/nesterov"],
    mirror: ["/augmentation/mirror"],
    translation: ["/augmentation/translation"],
    erasing: ["probability", "size/0", "size/1", "fill"].map((it) => `/augmentation/erasing/${it}`),
    labelSmoothing: ["/labelSmoothing"],
    l2: ["/l2"],
    averaging: ["/averaging/type", "/averaging/epochs"],
    bfloat16: ["/precision"],
  });
});

Deno.test("what a regime does not have is not left out, and the last change of images takes all of them", () => {
  assertEquals(leftOutOf(bare), [{ ingredient: "none", regime: bare }]);
  const [, { ingredient, regime }] = leftOutOf({ ...bare, augmentation: { mirror: "random" } });
  assertEquals([ingredient, kept(regime)], ["mirror", bare]);
});

Deno.test("each network is trained from every seed, and evaluated with mirror images as well where its regime says so", () => {
  assertEquals(trainingsOf(asked), [
    { network: "small", seed: 9 },
    { network: "small", seed: 10 },
    { network: "big", seed: 5 },
    { network: "big", seed: 6 },
  ]);
  assertEquals(
    evaluationsOf(asked).map(({ network, seed, mirrored }) => `${network} ${seed} ${mirrored}`),
    ["small 9 false", "small 10 false", "big 5 false", "big 5 true", "big 6 false", "big 6 true"],
  );
});

Deno.test("shortened trainings have as many epochs as they are given, every seed, and no mirrored evaluation", () => {
  const shortened = shortenedOf(asked);
  assertEquals(shortened.length, 2 * leftOutOf(whole).length);
  for (const { regime, seed } of shortened) {
    assertEquals([regime.epochs, regime.evaluation, regime.seed], [3, undefined, seed]);
  }
  assertEquals(shortened.slice(0, 4).map(({ ingredient, seed }) => `${ingredient} ${seed}`), [
    "none 5",
    "none 6",
    "schedule 5",
    "schedule 6",
  ]);
});
