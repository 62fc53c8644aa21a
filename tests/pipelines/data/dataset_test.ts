import fc from "npm:fast-check@4.3.0";
import { sha256 } from "../../../pipelines/data/bytes.ts";
import {
  checkSamples,
  firstNonFinite,
  hashOf,
  normalisationOf,
} from "../../../pipelines/data/dataset.ts";
import { assertAlmostEquals, assertEquals } from "../../assert.ts";
import { moments } from "./moments.ts";

Deno.test("the normalisation of pixels is the mean and the deviation of each channel", () => {
  const images = fc.integer({ min: 1, max: 4 }).chain((channels) =>
    fc.tuple(
      fc.constant(channels),
      fc.array(fc.uint8Array({ minLength: channels, maxLength: channels }), {
        minLength: 1,
        maxLength: 20,
      }).map((pixels) => Uint8Array.from(pixels.flatMap((pixel) => [...pixel]))),
    )
  );
  fc.assert(fc.property(images, ([channels, values]) => {
    const { mean, std } = normalisationOf({ values }, channels);
    assertEquals([mean.length, std.length], [channels, channels]);
    for (let channel = 0; channel < channels; channel++) {
      const expected = moments(values, channels, channel);
      assertAlmostEquals(mean[channel], expected.mean, 1e-12);
      // sqrt(x² − x²) of equal bytes is rounding noise.
      const constant = expected.std < 1e-6;
      assertAlmostEquals(std[channel], constant ? 1 : expected.std, 1e-6);
    }
  }));
});

Deno.test("the normalisation of floats is the mean and the deviation of each channel", () => {
  const samples = fc.integer({ min: 1, max: 4 }).chain((channels) =>
    fc.tuple(
      fc.constant(channels),
      fc.array(
        fc.array(fc.float({ noNaN: true, min: -1000, max: 1000 }), {
          minLength: channels,
          maxLength: channels,
        }),
        { minLength: 1, maxLength: 20 },
      ),
    )
  );
  fc.assert(fc.property(samples, ([channels, rows]) => {
    const { mean, std } = normalisationOf({ values: Float32Array.from(rows.flat()) }, channels);
    assertEquals([mean.length, std.length], [channels, channels]);
    for (let channel = 0; channel < channels; channel++) {
      const own = rows.map((row) => row[channel]);
      const expected = own.reduce((sum, x) => sum + x, 0) / own.length;
      const squares = own.reduce((sum, x) => sum + (x - expected) ** 2, 0) / own.length;
      assertAlmostEquals(mean[channel], expected, 1e-9);
      if (own.every((x) => x === own[0])) assertEquals([mean[channel], std[channel]], [own[0], 1]);
      else assertAlmostEquals(std[channel], Math.sqrt(squares), 1e-9);
    }
  }));
});

Deno.test("numbers far from 0 keep their deviation", () => {
  const values = Float32Array.from({ length: 1000 }, (_, i) => 1e6 + i % 2);
  assertEquals(normalisationOf({ values }, 1), { mean: [1e6 + 0.5], std: [0.5] });
});

Deno.test("the first number that is not finite is found wherever it is", () => {
  for (const length of [1, 2, 3, 4, 5, 4095, 4096, 4097, 8192, 10_001]) {
    const values = Float32Array.from({ length }, (_, i) => i % 2 === 0 ? 3e38 : -3e38);
    assertEquals(firstNonFinite(values), -1);
    for (const at of new Set([0, 1, 2, 3, length >> 1, length - 2, length - 1])) {
      if (at < 0 || at >= length) continue;
      for (const bad of [NaN, Infinity, -Infinity]) {
        const changed = values.with(length - 1, bad).with(at, bad);
        assertEquals(firstNonFinite(changed), at);
      }
    }
  }
});

Deno.test("samples that are not what they say are refused", () => {
  const normalisation = { mean: [0], std: [1] };
  const good = { count: 2, values: new Float32Array(6), normalisation };
  assertEquals(checkSamples(good, 3), null);
  assertEquals(checkSamples({ ...good, names: ["a", "b"] }, 3), null);
  const refused = (change: object, size = 3) =>
    checkSamples({ ...good, ...change }, size)?.expected ?? null;
  assertEquals(refused({}, 2), "samples of 2 numbers");
  assertEquals(
    refused({ values: new Float64Array(6) }),
    "bytes, from 0 to 255, as Uint8Array, or numbers as Float32Array",
  );
  assertEquals(refused({ names: ["a"] }), "one for each of 2 samples");
  // Of 1 / 1e-40 there is no float32.
  for (const std of [0, 1e-40, NaN, Infinity]) {
    assertEquals(
      refused({ normalisation: { mean: [0], std: [std] } })?.slice(0, 12),
      "finite means",
    );
  }
});

Deno.test("the hash of a split is that of its memory, labels last", async () => {
  const bytes = { values: Uint8Array.of(1, 2), labels: Uint8Array.of(7) };
  assertEquals(await hashOf(bytes), await sha256(Uint8Array.of(1, 2, 7)));
  assertEquals(await hashOf({ ...bytes, labels: null }), await sha256(Uint8Array.of(1, 2)));
  const floats = { values: Float32Array.of(0, 1, -2).subarray(1), labels: Uint32Array.of(300) };
  const memory = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 44, 1, 0, 0);
  assertEquals(await hashOf(floats), await sha256(memory));
});
