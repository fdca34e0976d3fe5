/** Several tests at once. @module */

/**
 * Holm's step-down correction ("A simple sequentially rejective multiple test procedure",
 * Scandinavian Journal of Statistics 6, 1979): p values, each 0 to 1, such that rejecting those below
 * a level rejects any true hypothesis with at most that probability. In the order given, as R's
 * `p.adjust(p, "holm")`.
 */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (p.length - rank) * p[index]));
    adjusted[index] = largest;
  });
  return adjusted;
}
