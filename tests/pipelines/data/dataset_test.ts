import fc from "npm:fast-check@4.3.0";
import { normalisationOf } from "../../../pipelines/data/dataset.ts";
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
