import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { fromDense } from "../../../ops/codes/codes.ts";
import { activeUnits, fromValues, toValues } from "../../../ops/codes/valued.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../../pipelines/tiny.ts";

Deno.test("rows come back from their bits and values, and the bits are those that are not 0", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.array(fc.oneof(fc.constant(0), fc.float({ noNaN: true, noDefaultInfinity: true })), {
        maxLength: 300,
      }),
      (width, numbers) => {
        const whole = numbers.slice(0, numbers.length - numbers.length % width);
        const valued = right(fromValues(whole, width));
        // A zero with a sign is a zero.
        assertEquals([...toValues(valued)], whole.map((value) => value === 0 ? 0 : value));
        assertEquals(valued.codes, right(fromDense(whole.map((x) => x === 0 ? 0 : 1), width)));
        assertEquals(activeUnits(valued.codes), valued.values.length);
      },
    ),
    { numRuns: 200, seed: 26 },
  );
});

Deno.test("rows that are not whole or not finite are refused", () => {
  assertStringIncludes(describe(left(fromValues([1, 2, 3], 2))), "a multiple of the width, 2");
  assertStringIncludes(describe(left(fromValues([1, Infinity], 2))), "values[1]");
  assertStringIncludes(describe(left(fromValues([1], 0))), "width");
});
