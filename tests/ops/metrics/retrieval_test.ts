import fc from "npm:fast-check@4.3.0";
import { averagePrecision } from "../../../ops/metrics/retrieval.ts";
import { assertAlmostEquals, assertEquals } from "../../assert.ts";

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** An item of a ranking: how far, and whether it is looked for. */
type Item = readonly [distance: number, relevant: boolean];

const orders = (items: readonly Item[]): readonly (readonly Item[])[] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, i) => orders(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));

/** Computes the precision of one order by the definition. */
function precisionOf(order: readonly Item[], most: number): number {
  let [hits, sum] = [0, 0];
  for (const [i, [, relevant]] of order.entries()) {
    if (!relevant) continue;
    hits++;
    if (i < most) sum += hits / (i + 1);
  }
  return sum / hits;
}

Deno.test("average precision is the mean over all orders of equally far items", () => {
  const items = fc.array(fc.tuple(fc.nat(2), fc.boolean()), { minLength: 1, maxLength: 6 })
    .filter((all) => all.some(([, relevant]) => relevant));
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 6 }), (all, most) => {
      const rising = (some: readonly Item[]) =>
        Float64Array.from(some, ([distance]) => distance).sort();
      const possible = orders(all).filter((order) =>
        order.every(([distance], i) => i === 0 || order[i - 1][0] <= distance)
      );
      assertAlmostEquals(
        averagePrecision(rising(all), rising(all.filter(([, relevant]) => relevant)), most),
        mean(possible.map((order) => precisionOf(order, most))),
        1e-12,
      );
    }),
    { numRuns: 60 },
  );
});

Deno.test("a perfect ranking has the average precision 1, and a reversed one what the sum says", () => {
  const all = Float64Array.of(1, 2, 3, 4, 5);
  assertEquals(averagePrecision(all, all.subarray(0, 2)), 1);
  assertAlmostEquals(averagePrecision(all, all.subarray(3)), (1 / 4 + 2 / 5) / 2, 1e-15);
  assertEquals(averagePrecision(all, all.subarray(3), 2), 0);
});
