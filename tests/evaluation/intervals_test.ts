import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  correctedMean,
  difference,
  type Interval,
  meanAndStd,
  studentT,
  wilson,
} from "../../src/evaluation/intervals.ts";

const Z = 1.959963984540054; // scipy.stats.norm.ppf(0.975)

function assertInterval({ low, high }: Interval, expected: [number, number], tolerance: number) {
  assertAlmostEquals(low, expected[0], tolerance);
  assertAlmostEquals(high, expected[1], tolerance);
}

Deno.test("wilson agrees with statsmodels and with Newcombe's example", () => {
  // statsmodels 0.15.0, proportion_confint(method="wilson").
  const cases: [number, number, [number, number]][] = [
    [9094, 10000, [0.9036158051806247, 0.9148697769534653]],
    [13490, 15000, [0.894415518527602, 0.9040466641660846]],
    [0, 10, [0, 0.27753279986288926]],
    [10, 10, [0.7224672001371106, 1]],
    [1, 1, [0.2065493143772374, 1]],
    [0, 1, [0, 0.7934506856227627]],
    [5.5, 10, [0.27366968961231825, 0.7985770304013928]],
  ];
  for (const [k, n, bounds] of cases) assertInterval(wilson(k, n), bounds, 1e-14);
  // R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I.
  assertInterval(wilson(81, 263), [0.2553, 0.3662], 5e-5);
});

const share = fc.integer({ min: 1, max: 100_000 }).chain((n) =>
  fc.record({
    k: fc.oneof(fc.integer({ min: 0, max: n }), fc.constantFrom(0, n)),
    n: fc.constant(n),
  })
);

Deno.test("wilson's bounds are the shares that the observed one is Z standard errors from", () => {
  fc.assert(fc.property(share, ({ k, n }) => {
    const { low, high } = wilson(k, n);
    assertGreaterOrEqual(low, 0);
    assertLessOrEqual(high, 1);
    assertLessOrEqual(low, k / n);
    assertGreaterOrEqual(high, k / n);
    for (const bound of [low, high]) {
      const error = Z * Math.sqrt(Math.max(0, bound * (1 - bound)) / n);
      assertAlmostEquals(Math.abs(bound - k / n), error, 1e-8);
    }
  }));
});

Deno.test("successes and failures exchanged mirror the interval", () => {
  fc.assert(fc.property(share, ({ k, n }) => {
    const [a, b] = [wilson(k, n), wilson(n - k, n)];
    assertInterval(b, [1 - a.high, 1 - a.low], 1e-12);
  }));
});

Deno.test("wilson refuses what is no share", () => {
  for (const [k, n] of [[1, 0], [0, 0], [-1, 10], [11, 10], [NaN, 10], [1, NaN], [1, Infinity]]) {
    assertThrows(() => wilson(k, n), RangeError, "Expected");
  }
});

Deno.test("difference agrees with Newcombe's examples and with statsmodels", () => {
  const of = (k: number, n: number) => ({ value: k / n, n });
  // Newcombe 1998 (differences), table II, method 10.
  const published: [number, number, number, number, [number, number]][] = [
    [56, 70, 48, 80, [0.0524, 0.3339]],
    [9, 10, 3, 10, [0.1705, 0.809]],
    [5, 56, 0, 29, [-0.0381, 0.1926]],
    [10, 10, 0, 10, [0.6075, 1]],
  ];
  for (const [k, n, l, m, bounds] of published) {
    assertInterval(difference(of(k, n), of(l, m)), bounds, 5e-5);
  }
  // statsmodels 0.15.0, confint_proportions_2indep(method="newcomb", compare="diff").
  const computed: typeof published = [
    [0, 10, 0, 20, [-0.1611251580528194, 0.27753279986288926]],
    [9094, 10000, 13469, 14990, [0.0033944221804349953, 0.01823547853130734]],
  ];
  for (const [k, n, l, m, bounds] of computed) {
    assertInterval(difference(of(k, n), of(l, m)), bounds, 1e-12);
  }
});

Deno.test("a difference holds its value, and turned round its negative", () => {
  fc.assert(fc.property(share, share, (a, b) => {
    const of = ({ k, n }: { k: number; n: number }) => ({ value: k / n, n });
    const { value, low, high } = difference(of(a), of(b));
    assertEquals(value, a.k / a.n - b.k / b.n);
    assert(-1 <= low && low <= value && value <= high && high <= 1);
    assertInterval(difference(of(b), of(a)), [-high, -low], 1e-12);
  }));
});

Deno.test("difference refuses what is no share", () => {
  assertThrows(() => difference({ value: 1.2, n: 10 }, { value: 0.5, n: 10 }), RangeError);
  assertThrows(() => difference({ value: 0.5, n: 10 }, { value: 0.5, n: 0 }), RangeError);
});

Deno.test("meanAndStd divides by N - 1", () => {
  // numpy.mean and numpy.std(ddof=1), NumPy 2.4.6, of the original study's five folds.
  const { mean, std } = meanAndStd([0.8686, 0.8791, 0.8634, 0.8863, 0.8550]);
  assertAlmostEquals(mean, 0.8704799999999999, 1e-15);
  assertAlmostEquals(std, 0.012428475369086913, 1e-15);
  assertEquals(meanAndStd([2, 2, 2]), { mean: 2, std: 0 });
  assertThrows(() => meanAndStd([1]), RangeError, "at least 2 values, not 1");
});

Deno.test("studentT agrees with SciPy", () => {
  // scipy.stats.t.ppf(0.975, df), SciPy 1.17.1.
  const quantiles: [number, number][] = [
    [1, 12.706204736174694],
    [2, 4.302652729749462],
    [3, 3.1824463052837078],
    [4, 2.7764451051977934],
    [5, 2.5705818356363146],
    [9, 2.262157162798205],
    [29, 2.045229642132703],
    [30, 2.0422724563012378],
    [99, 1.9842169515864174],
    [1000, 1.9623390808264083],
  ];
  for (const [degrees, t] of quantiles) assertAlmostEquals(studentT(degrees), t, 1e-12 * t);
  assertAlmostEquals(studentT(1_000_000), Z, 1e-5);
  for (const wrong of [0, -1, 1.5, NaN]) {
    assertThrows(() => studentT(wrong), RangeError, `from 1, not ${wrong}`);
  }
});

Deno.test("correctedMean is Nadeau and Bengio's interval", () => {
  // mean ± t.ppf(0.975, 4) * std * sqrt(1/5 + 12000/48000), SciPy 1.17.1, the original study's folds.
  const folds = [0.8686, 0.8791, 0.8634, 0.8863, 0.8550];
  const interval = correctedMean(folds, 48_000, 12_000);
  assertInterval(interval, [0.8473320143724637, 0.8936279856275361], 1e-13);
  assertAlmostEquals(interval.mean, 0.87048, 1e-15);
  assertAlmostEquals(interval.std, 0.012428475369086913, 1e-15);
  assertEquals(correctedMean([0.9, 0.9], 1, 1), { mean: 0.9, std: 0, low: 0.9, high: 0.9 });
  assertThrows(() => correctedMean([0.9], 48_000, 12_000), RangeError, "at least 2 values");
  assertThrows(() => correctedMean(folds, 0, 12_000), RangeError, "more than 0 images");
});

Deno.test("correctedMean stays within 0 and 1", () => {
  // Uncut, mean ± t.ppf(0.975, 4) * std * sqrt(1/5 + 12000/48000) is 0.98732 to 1.00268, and that of
  // the two folds -1.70 to 2.70.
  const near = correctedMean([0.99, 0.998, 0.992, 1, 0.995], 48_000, 12_000);
  assertAlmostEquals(near.low, 0.9873207322758186, 1e-13);
  assertEquals(near.high, 1);
  const low = correctedMean([0.01, 0.002, 0.008, 0, 0.005], 48_000, 12_000);
  assertInterval(low, [0, 1 - near.low], 1e-13);
  const two = correctedMean([0.4, 0.6], 30_000, 30_000);
  assertEquals([two.low, two.high], [0, 1]);
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 9 }),
    fc.integer({ min: 1, max: 1000 }),
    (scores, trainSize) => {
      const { low, mean, high } = correctedMean(scores, trainSize, 100);
      assert(0 <= low && low <= mean && mean <= high && high <= 1, `${low} ${mean} ${high}`);
    },
  ));
});

Deno.test("correctedMean refuses what is no share", () => {
  for (const wrong of [-0.1, 1.01, 90, NaN, Infinity]) {
    assertThrows(
      () => correctedMean([0.9, wrong], 48_000, 12_000),
      RangeError,
      `scores of 0 to 1, not ${wrong}`,
    );
  }
});
