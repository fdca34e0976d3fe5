/** What may be set beside `study.ts`, and what is refused, with what was meant. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Json } from "../../src/files/digest.ts";
import { asJson } from "../../src/pipeline/keys.ts";
import { checkStudy, planOf, StudyError } from "../../src/stages/plan.ts";
import { checkedName, nameOf } from "../../src/stages/runs.ts";
import {
  type Setting,
  SettingError,
  settingsOf,
  settingText,
  valueAt,
  withSettings,
} from "../../src/stages/set.ts";
import { study as digits } from "../../studies/digits/study.ts";
import { study as garments } from "../../studies/garments/study.ts";
import { study as own } from "../../study.ts";
import { mini } from "../support/mini.ts";

/** Every path of a study, with what is there. */
function pathsIn(value: unknown, before: string[] = []): (readonly [string, unknown])[] {
  // A stage that a study leaves out.
  if (value === undefined) return [];
  const here = before.length > 0 ? [[before.join("."), value] as const] : [];
  if (typeof value !== "object" || value === null) return here;
  return [...here, ...Object.entries(value).flatMap(([key, it]) => pathsIn(it, [...before, key]))];
}

const parametersOf = (study: unknown) =>
  planOf(checkStudy(study)).map(({ parameters }) => asJson(parameters));

Deno.test("any setting of any study can be set to its own value, which changes nothing", () => {
  let paths = 0;
  for (const study of [own, digits, garments, mini]) {
    const before = asJson(study);
    for (const [path, value] of pathsIn(study)) {
      const settings = settingsOf(study, [`${path}=${JSON.stringify(value)}`]);
      assertEquals(settings, [{ path, value: asJson(value) }]);
      assertEquals(asJson(valueAt(study, path)), asJson(value), path);
      assertEquals(asJson(withSettings(study, settings)), before, path);
      paths++;
    }
    assertEquals(asJson(study), before);
    // All at once: each stage is asked for the same.
    const top = Object.entries(study).filter(([, value]) => value !== undefined)
      .map(([path, value]) => `${path}=${JSON.stringify(value)}`);
    assertEquals(
      parametersOf(withSettings(study, settingsOf(study, top))),
      parametersOf(study),
    );
  }
  assert(paths > 600, `${paths}`);
});

Deno.test("what is set changes its own place alone, also where the study has one object in several", () => {
  const shared = { beta1: 0.9, list: [1, 2] };
  const study = { a: shared, b: [shared], c: { a: shared } };
  const set = (...texts: string[]) => withSettings(study, settingsOf(study, texts));
  assertEquals(set("b.0.beta1=0.5", "a.list.1=true"), {
    a: { beta1: 0.9, list: [1, true] },
    b: [{ beta1: 0.5, list: [1, 2] }],
    c: { a: { beta1: 0.9, list: [1, 2] } },
  });
  assertEquals(study.a, { beta1: 0.9, list: [1, 2] });
});

Deno.test("a value is JSON where it reads as such, and text otherwise", () => {
  const study = { a: 1, "b.c": { d: 2 }, "e=f": 3, t: "x" };
  const read = (text: string) => settingsOf(study, [text])[0];
  const cases: [string, string, Json][] = [
    ["a=12", "a", 12],
    ["a=1e-3", "a", 0.001],
    ["a=true", "a", true],
    ["a=null", "a", null],
    ['a="12"', "a", "12"],
    ["a=[1,2]", "a", [1, 2]],
    ['a={"x":1}', "a", { x: 1 }],
    ["a=twelve", "a", "twelve"],
    ["a=[1,", "a", "[1,"],
    ["a=", "a", ""],
    ["t=a=b", "t", "a=b"],
    ["b.c.d=5", "b.c.d", 5],
    ["e=f=5", "e=f", 5],
  ];
  for (const [text, path, value] of cases) {
    assertEquals(read(text), { path, value });
    assertEquals(read(settingText({ path, value })), { path, value }, text);
  }
  assertEquals(withSettings(study, [read("b.c.d=5")]), { ...study, "b.c": { d: 5 } });
});

Deno.test("what cannot be set is refused with the step that leads nowhere, and what there is", () => {
  const refused = (...texts: string[]) => {
    const { name, message } = assertThrows(() => settingsOf(own, texts), SettingError);
    assertEquals(name, "SettingError");
    return message;
  };
  assertMatch(refused("baseline.epochs"), /^--set takes .* got "baseline\.epochs"\.$/);
  assertMatch(refused("=12"), /^--set takes a setting and its value/);
  assertEquals(
    refused("baselin.epochs=12").split(" There are")[0],
    "--set=baselin.epochs, in the study: There is no setting baselin; did you mean baseline?",
  );
  assertMatch(
    refused("baseline.recipe.epochs=12"),
    /^--set=baseline\.recipe\.epochs, in baseline: There is no setting recipe\. There are: epochs, /,
  );
  assertEquals(
    refused("baseline.epochs.x=12"),
    "--set=baseline.epochs.x: baseline.epochs is 10, which has no settings in it.",
  );
  assertEquals(
    refused("transfer.bases.4.finetuned.epochs=1"),
    "--set=transfer.bases.4.finetuned.epochs: transfer.bases is a list of 4, " +
      'numbered from 0 to 3; there is no "4".',
  );
  for (const text of ["classes.-1=x", "classes.00=x", "classes.length=1", "classes.10=x"]) {
    assertMatch(refused(text), /: classes is a list of 10, numbered from 0 to 9; there is no /);
  }
  assertEquals(refused("title=a", "title=b"), "--set=title is given twice.");
  assertMatch(
    refused('baseline={"a":1}', "baseline.epochs=2"),
    /^--set=baseline\.epochs and --set=baseline are of one place/,
  );
  for (const text of ["__proto__.x=1", "constructor.name=x", "baseline.toString.x=1"]) {
    assertMatch(refused(text), /There is no setting/);
  }
});

Deno.test("what is set passes the schema of the study, which names the path", () => {
  const refused = (...texts: string[]) =>
    assertThrows(() => checkStudy(withSettings(own, settingsOf(own, texts))), StudyError).message;
  assertMatch(refused("baseline.epoch=12"), /baseline: there is no epoch; did you mean epochs\?/);
  assertMatch(refused("baseline.epochs=0"), /baseline\.epochs: 0: /);
  assertMatch(refused("baseline.epochs=twelve"), /baseline\.epochs: "twelve": /);
  assertMatch(refused("baseline.keep=last"), /baseline\.keep: .*"lastEpoch"/);
  assertMatch(refused("thresholds.basline.test.accuracy=1"), /thresholds\.basline\.test\.accuracy/);
  assertMatch(refused("__proto__=1"), /__proto__/);
  // Names that are not there yet may be put where the schema knows them.
  const set = ["thresholds.baseline.test.macroF1=0.5", "transfer.bases.1.scale=2"];
  checkStudy(withSettings(own, settingsOf(own, set)));
  const { errors: _, ...without } = own;
  checkStudy(withSettings(without, settingsOf(without, ['errors={"bins":9}'])));
});

const setting = fc.record({
  path: fc.constantFrom("a", "b", "a.b", "A", "a_b", "b=1", "c d", "ä"),
  value: fc.oneof(
    fc.constantFrom<Json>(1, "1", true, "true", "x_b=1", "", [1], { a: 1 }, null, 1e-7),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ),
});
const settings = fc.uniqueArray(setting, {
  minLength: 1,
  maxLength: 3,
  selector: ({ path }) => path,
});

Deno.test("the name of a run can be one, is the same in any order, and tells settings apart", () => {
  const texts = (settings: readonly Setting[]) => JSON.stringify(settings.map(settingText).sort());
  const byName = new Map<string, string>();
  fc.assert(
    fc.property(settings, (settings) => {
      const name = nameOf(settings);
      assertEquals(checkedName(name), name);
      assert(name.length <= 60);
      assertEquals(nameOf(settings.toReversed()), name);
      const other = byName.get(name) ?? texts(settings);
      assertEquals(other, texts(settings), name);
      byName.set(name, other);
    }),
    { numRuns: 2000 },
  );
  const named = (...texts: string[]) => nameOf(settingsOf(own, texts));
  assertEquals(named("baseline.epochs=12"), "baseline.epochs=12");
  assertEquals(named("tune.seed=1", "cv.splits=2"), "cv.splits=2_tune.seed=1");
  assertMatch(named("title=A new one!"), /^title=A-new-one-+[0-9a-f]{8}$/);
  for (
    const name of ["", ".", "..", "a/b", "-a", "a\\b", "a.", "ä", "unfinished-a", "a".repeat(101)]
  ) {
    assertThrows(() => checkedName(name), SettingError, "--name takes ");
  }
});
