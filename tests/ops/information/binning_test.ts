import fc from "npm:fast-check@4.3.0";
import {
  binnedInformation,
  equalMassBins,
  equalWidthBins,
} from "../../../ops/information/binning.ts";
import { entropy } from "../../../ops/information/discrete.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { symbolsOfRows } from "../../../ops/information/symbols.ts";
import { assert, assertEquals } from "../../assert.ts";
import { assertError, right } from "./results.ts";

const runs = { numRuns: 200, seed: 26 };

const column = (...values: number[]): Samples => ({
  count: values.length,
  width: 1,
  values: Float64Array.from(values),
});

/** Samples, 1 to 30 of 1 to 4 units, in quarters so that ties happen. */
const layers: fc.Arbitrary<Samples> = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.array(
    fc.array(fc.integer({ min: -20, max: 20 }).map((x) => x / 4), {
      minLength: width,
      maxLength: width,
    }),
    { minLength: 1, maxLength: 30 },
  ).map((rows) => ({ count: rows.length, width, values: Float64Array.from(rows.flat()) }))
);

const someBins = fc.integer({ min: 1, max: 12 });

Deno.test("a number is in the bin between whose edges it is", () => {
  fc.assert(
    fc.property(layers, someBins, (layer, bins) => {
      const codes = right(equalWidthBins(layer, { bins, low: -4, high: 4 }));
      codes.forEach((code, i) => {
        const x = layer.values[i];
        // 1e-12: an edge is a multiple of 8 / bins, rounded.
        assert(code === 0 || x >= -4 + 8 * code / bins - 1e-12, `${x} in ${code}`);
        assert(code === bins - 1 || x < -4 + 8 * (code + 1) / bins + 1e-12, `${x} in ${code}`);
        assert(code >= 0 && code < bins);
      });
    }),
    runs,
  );
});

Deno.test("the range is that of the numbers there are, if not given", () => {
  fc.assert(
    fc.property(layers, someBins, (layer, bins) => {
      const low = Math.min(...layer.values);
      const high = Math.max(...layer.values);
      const codes = right(equalWidthBins(layer, { bins }));
      if (low === high) return assertEquals(codes, new Int32Array(codes.length));
      assertEquals(codes, right(equalWidthBins(layer, { bins, low, high })));
      assertEquals([codes[layer.values.indexOf(low)], codes[layer.values.indexOf(high)]], [
        0,
        bins - 1,
      ]);
    }),
    runs,
  );
});

Deno.test("a layer that is silent, or beyond the one bound given, is all in bin 0", () => {
  assertEquals([...right(equalWidthBins(column(0, 0, 0), { bins: 30, low: 0 }))], [0, 0, 0]);
  assertEquals([...right(equalWidthBins(column(3, 4), { bins: 30, high: 2 }))], [0, 0]);
});

Deno.test("numbers of any size have a bin", () => {
  const extreme = column(-1.7e308, -0.5, 0, 0.5, 1.7e308);
  assertEquals([...right(equalWidthBins(extreme, { bins: 2, low: -1, high: 1 }))], [0, 0, 1, 1, 1]);
  const tiny = column(0, 5e-324);
  assertEquals([...right(equalWidthBins(tiny, { bins: 2 }))], [0, 1]);
  assertError(equalWidthBins(extreme, { bins: 2 }), "high", "1.7e+308", "finite");
});

Deno.test("bins of the same mass are balanced where numbers differ", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 50 }),
      someBins,
      (values, bins) => {
        const counts = new Array<number>(bins).fill(0);
        for (const code of right(equalMassBins(column(...values), { bins }))) counts[code]++;
        assert(Math.max(...counts) - Math.min(...counts) <= 1, counts.join());
      },
    ),
    runs,
  );
});

Deno.test("rising functions leave bins of the same mass as they are", () => {
  fc.assert(
    fc.property(layers, someBins, (layer, bins) => {
      const risen = { ...layer, values: layer.values.map((x) => Math.exp(x) - 7) };
      assertEquals(right(equalMassBins(risen, { bins })), right(equalMassBins(layer, { bins })));
    }),
    runs,
  );
});

Deno.test("bins of the same mass are each unit's own, rise with it, and equal numbers share one", () => {
  fc.assert(
    fc.property(layers, someBins, ({ count, width, values }, bins) => {
      const codes = right(equalMassBins({ count, width, values }, { bins }));
      for (let u = 0; u < width; u++) {
        const own = Array.from({ length: count }, (_, i) => values[i * width + u]);
        own.forEach((x, i) => {
          const below = own.filter((other) => other < x).length;
          assertEquals(codes[i * width + u], Math.floor(bins * below / count));
        });
      }
    }),
    runs,
  );
});

Deno.test("the zeros of relu, of either sign, are in bin 0", () => {
  const relu = column(0, -0, 3, 0, 1, -0, 0, 2, 0, 0);
  assertEquals([...right(equalMassBins(relu, { bins: 5 }))], [0, 0, 4, 0, 3, 0, 0, 4, 0, 0]);
});

Deno.test("a layer's information is that of its rows of bins", () => {
  // Of the same width the second unit's last three are in two bins; of the same mass in one.
  const samples = { count: 4, width: 2, values: Float32Array.of(0, 0, 0, 1, 9, 2, 9, 9) };
  const labels = [0, 1, 2, 3];
  assertEquals(right(binnedInformation(samples, labels, { bins: 2 })), { input: 1.5, label: 1.5 });
  const equal = "mass";
  assertEquals(right(binnedInformation(samples, labels, { bins: 2, equal })), {
    input: 1,
    label: 1,
  });
  const coarse = right(binnedInformation(samples, labels, { bins: 2, low: -20, high: 20 }));
  assertEquals(coarse, { input: 0, label: 0 });
  const { input } = right(
    binnedInformation(samples, labels, { bins: 2, correction: "miller_madow" }),
  );
  assertEquals(input, 1.5 + 2 / (8 * Math.LN2));
});

Deno.test("twice the bins tell no less", () => {
  fc.assert(
    fc.property(layers, someBins, (layer, bins) => {
      for (const cut of [equalWidthBins, equalMassBins]) {
        const [coarse, fine] = [bins, 2 * bins].map((bins) =>
          right(entropy(symbolsOfRows(right(cut(layer, { bins })), layer.width)))
        );
        assert(coarse <= fine + 1e-12, `${coarse} above ${fine}`);
      }
    }),
    runs,
  );
});

Deno.test("bad bins, ranges and samples are errors", () => {
  const x = column(1, 2);
  for (const bins of [0, 2.5, NaN, 2 ** 32]) {
    assertError(equalWidthBins(x, { bins }), "bins", String(bins), "an integer from 1");
    assertError(equalMassBins(x, { bins }), "bins", String(bins), "an integer from 1");
  }
  assertError(equalWidthBins(x, { bins: 2, low: NaN }), "low", "NaN", "finite");
  assertError(equalWidthBins(x, { bins: 2, high: Infinity }), "high", "Infinity", "finite");
  assertError(equalWidthBins(x, { bins: 2, low: 1, high: 1 }), "high", "above low, 1");
  for (const cut of [equalWidthBins, equalMassBins]) {
    assertError(cut(column(1, NaN), { bins: 2 }), "samples", "NaN in sample 1");
    assertError(cut(column(), { bins: 2 }), "samples", "0 samples");
  }
  assertError(binnedInformation(x, [1], { bins: 2 }), "y", "1 samples");
});
