import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { exponentialAverage } from "../../../ops/information/neural_training.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float32, float64, type GoldenArray, goldenJson, sharedTest } from "../../shared.ts";
import { assertClose } from "../backends.ts";

interface EmaCase {
  readonly name: string;
  readonly inputs: { readonly history: GoldenArray };
  readonly attrs: { readonly op: string; readonly window: number };
  readonly expected: {
    readonly ema_reference: GoldenArray;
    readonly ema_float64: GoldenArray;
    readonly max: number;
    readonly tolerance: number;
    readonly tolerance_float64: number;
  };
}

const averaged = (history: ArrayLike<number>, window: number): Float64Array => {
  const averages = exponentialAverage(history, window);
  assert(E.isRight(averages));
  return averages.right;
};

sharedTest("moving averages are the reference's", "golden", () => {
  const cases = goldenJson<EmaCase>("mi_mine").filter(({ attrs }) => attrs.op === "ema");
  assertEquals(cases.length, 3);
  for (const { name, inputs, attrs: { window }, expected } of cases) {
    // The history is written with the decimals of a float32, and was averaged in float64.
    const averages = averaged(float64(inputs.history).data, window);
    assertClose(averages, float64(expected.ema_float64).data, expected.tolerance_float64, name);
    assertClose(averages, float32(expected.ema_reference).data, expected.tolerance, name);
    assertAlmostEquals(Math.max(...averages), expected.max, expected.tolerance, name);
  }
});

const histories = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), {
  minLength: 1,
  maxLength: 50,
});

Deno.test("a moving average is the sum of what each value has left", () => {
  fc.assert(fc.property(histories, fc.integer({ min: 1, max: 40 }), (history, window) => {
    const alpha = 2 / (window + 1);
    const n = history.length - 1;
    const direct = history.reduce(
      (sum, value, i) => sum + alpha * (1 - alpha) ** (n - i) * value,
      (1 - alpha) ** (n + 1) * history[0],
    );
    // 1e-11 of 100: fifty roundings in float64.
    assertAlmostEquals(averaged(history, window)[n], direct, 1e-9);
  }));
});

Deno.test("long histories do not overflow, and constants stay", () => {
  const averages = averaged(new Float64Array(100_000).fill(3), 30);
  assert(averages.every((average) => Math.abs(average - 3) < 1e-9));
});

Deno.test("no history, values that are no numbers and bad windows are errors", () => {
  const options = [
    exponentialAverage([], 30),
    exponentialAverage([0, NaN], 30),
    exponentialAverage([1], 0),
    exponentialAverage([1], 1.5),
  ].map((result) => E.isLeft(result) ? [result.left.option, result.left.actual] : result);
  assertEquals(options, [
    ["history", '"no values"'],
    ["history", '"NaN at 1"'],
    ["window", "0"],
    ["window", "1.5"],
  ]);
});
