import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lossScale, shareScale } from "../../../src/report/charts/axes.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("an axis of shares that lie apart is left to Vega, one of shares that do not is of some length within 0 and 1", () => {
  fc.assert(
    fc.property(
      fc.array(share, { minLength: 1, maxLength: 9 }),
      fc.constantFrom(0.01, 0.1),
      fc.constantFrom(1, 1e-3, 0),
      (shares, least, close) => {
        const values = shares.map((value) => shares[0] + (value - shares[0]) * close);
        const scale = shareScale([...values, NaN], least);
        const [low, high] = [Math.min(...values), Math.max(...values)];
        if ("zero" in scale) return assert(high - low >= least);
        const [from, to] = scale.domain;
        assert(from >= 0 && to <= 1 + 1e-12, `${from} to ${to}`);
        assert(from <= low + 1e-12 && to >= high - 1e-12, `${from} to ${to}: ${values}`);
        assert(Math.abs(to - from - least) < 1e-12);
      },
    ),
  );
  assertEquals(shareScale([1, 1, 1]), { domain: [0.99, 1], nice: false });
  assertEquals(shareScale([0]), { domain: [0, 0.01], nice: false });
  assertEquals(shareScale([0.2, 0.9]), { zero: false });
});

Deno.test("an axis of losses does not go below 0 and has a length, however large or alike they are", () => {
  for (const losses of [[0], [0.001, 0.001], [2.3, 2.3, 2.3], [1e9, 1e9], [NaN, 0.5]]) {
    const scale = lossScale(losses);
    assert("domain" in scale, String(losses));
    const [from, to] = scale.domain;
    const known = losses.filter(Number.isFinite);
    assert(from >= 0 && from <= Math.min(...known) && to >= Math.max(...known) && to > from);
  }
  assertEquals(lossScale([0.3, 2.3]), { zero: false });
});
