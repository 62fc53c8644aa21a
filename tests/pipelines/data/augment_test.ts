import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import {
  augment,
  type AugmentOptions,
  simclrAugmentation,
} from "../../../pipelines/data/augment.ts";
import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "../../assert.ts";

const setting = fc.record({
  count: fc.integer({ min: 0, max: 4 }),
  height: fc.integer({ min: 1, max: 6 }),
  width: fc.integer({ min: 1, max: 6 }),
  channels: fc.constantFrom(1, 2, 3),
  plain: fc.boolean(),
  start: fc.nat(2 ** 32 - 1),
});
type Setting = typeof setting extends fc.Arbitrary<infer S> ? S : never;

const layoutOf = ({ height, width, channels, plain }: Setting) => ({
  shape: channels === 1 ? [height, width] : [height, width, channels],
  background: plain ? [-7] : Array.from({ length: channels }, (_, channel) => -1 - channel),
});

/** Every value is another, so that a test sees where it went. */
const batchOf = ({ count, height, width, channels }: Setting): Float32Array =>
  Float32Array.from({ length: count * height * width * channels }, (_, i) => i + 1);

/** The same by the definition, pixel by pixel. */
function reference(s: Setting, shift: number, flip: boolean): number[] {
  const { background } = layoutOf(s);
  const before = batchOf(s);
  return draw(seed(s.start), ({ integer }) =>
    Array.from({ length: s.count }, (_, image) => {
      const mirrored = flip && integer(0, 1) === 1;
      const [down, right] = shift > 0 ? [integer(-shift, shift), integer(-shift, shift)] : [0, 0];
      return Array.from({ length: s.height * s.width * s.channels }, (_, i) => {
        const channel = i % s.channels;
        const x = Math.floor(i / s.channels) % s.width - right;
        const y = Math.floor(i / s.channels / s.width) - down;
        if (x < 0 || y < 0 || x >= s.width || y >= s.height) {
          return background[background.length === 1 ? 0 : channel];
        }
        const from = mirrored ? s.width - 1 - x : x;
        return before[((image * s.height + y) * s.width + from) * s.channels + channel];
      });
    }).flat())[0];
}

Deno.test("augment shifts and mirrors each image as the definition says, pixel by pixel", () => {
  fc.assert(
    fc.property(setting, fc.nat(5), fc.boolean(), (s, wanted, flip) => {
      const shift = Math.min(wanted, s.height - 1, s.width - 1);
      const { apply, problem, fits } = augment({ shift, flip });
      const layout = layoutOf(s);
      assertEquals([problem, fits(layout.shape)], [null, null]);
      const values = batchOf(s);
      apply(values, layout, seed(s.start));
      assertEquals([...values], reference(s, shift, flip));
    }),
    { numRuns: 500 },
  );
});

Deno.test("augment hands its generator on, and the same one gives the same batch", () => {
  const layout = { shape: [8, 8], background: [0] };
  const { apply } = augment({ shift: 3, flip: true });
  const batch = () => Float32Array.from({ length: 5 * 64 }, (_, i) => i);
  const [first, again, other] = [batch(), batch(), batch()];
  const next = apply(first, layout, seed(1));
  assertEquals(apply(again, layout, seed(1)), next);
  assertEquals(again, first);
  apply(other, layout, next);
  assertNotEquals(other, first);
});

Deno.test("augment draws all distances alike and mirrors half of the images", () => {
  const [count, shift] = [4000, 2];
  const values = new Float32Array(count * 49);
  // A mark to the right of the middle, far enough from the border to be seen in any case.
  for (let i = 0; i < count; i++) values[i * 49 + 3 * 7 + 4] = 1;
  augment({ shift, flip: true }).apply(values, { shape: [7, 7], background: [0] }, seed(26));
  const rows = Array(7).fill(0);
  let mirrored = 0;
  for (let i = 0; i < count; i++) {
    const at = values.subarray(i * 49, (i + 1) * 49).indexOf(1);
    rows[Math.floor(at / 7)]++;
    // The mark at 4 or at 2: only one of them reaches the outermost columns.
    if (at % 7 === 0) mirrored++;
    if (at % 7 === 6) mirrored--;
  }
  assertEquals([rows[0], rows[6]], [0, 0]);
  // Six standard deviations of a fifth of 4000 are 152.
  for (const n of rows.slice(1, 6)) assert(Math.abs(n - count / 5) < 152);
  assert(Math.abs(mirrored) < 180);
});

Deno.test("augment without options changes nothing and draws nothing", () => {
  const values = Float32Array.of(1, 2, 3, 4);
  const rng = seed(3);
  assertEquals(augment({}).apply(values, { shape: [2, 2], background: [0] }, rng), rng);
  assertEquals([...values], [1, 2, 3, 4]);
});

Deno.test("augment's options out of range are a problem, and so are shapes that do not fit", () => {
  for (const shift of [-1, 0.5, NaN, Infinity]) {
    assertEquals(augment({ shift }).problem, {
      _tag: "InvalidOption",
      option: "shift",
      actual: String(shift),
      expected: "an integer of at least 0",
    });
  }
  const { fits, options } = augment({ shift: 4 });
  assertEquals([options.shift, options.flip], [4, false]);
  assertEquals(fits([5, 5, 3]), null);
  assertEquals(
    fits([28, 4])?.expected,
    "less than the images' smaller side, which is 4",
  );
  assertEquals(
    fits([784])?.expected,
    "images of the shape [height, width] or [height, width, channels]",
  );
});

Deno.test("augment refuses every option that is out of its range, by name", () => {
  const wrong: readonly AugmentOptions[] = [
    { crop: 0 },
    { crop: 1.5 },
    { cropRatio: 0.75 },
    { jitter: -0.1 },
    { brightness: -1 },
    { contrast: NaN },
    { saturation: Infinity },
    { hue: 0.6 },
    { grey: 2 },
    { blur: NaN },
    { blurSigma: 0 },
    { blurSigma: 1e9 },
    { erase: 1.01 },
  ];
  for (const options of wrong) {
    const [name] = Object.keys(options);
    assertEquals(augment({ ...simclrAugmentation(), ...options }).problem?.option, name);
  }
  const { problem, fits } = augment(simclrAugmentation());
  assertEquals(problem, null);
  assertEquals([fits([8, 8]), fits([8, 8, 1]), fits([8, 8, 3])], [null, null, null]);
  assertEquals(fits([8, 8, 4])?.actual, '"changes of colour in 4 channels"');
  // What changes no colour does not ask for any.
  assertEquals(augment({ crop: 0.5, erase: 1, jitter: 1 }).fits([8, 8, 4]), null);
});

// ---- Crops, colours, blur, erased rectangles

/** Images of random bytes, normalised with these means and deviations. */
const [mean, std] = [[0.5, 0.4, 0.3], [0.25, 0.2, 0.3]];
const colourLayout = {
  shape: [12, 10, 3],
  background: mean.map((value, i) => -value / std[i]),
  white: mean.map((value, i) => (1 - value) / std[i]),
};
const SIZE = 360;
const pictures = (count: number, seeded: number): Float32Array =>
  draw(seed(seeded), ({ integer }) =>
    Float32Array.from(
      { length: count * SIZE },
      (_, i) => (integer(0, 255) / 255 - mean[i % 3]) / std[i % 3],
    ))[0];

const each = {
  crop: 0.1,
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  hue: 0.2,
  grey: 0.5,
  blur: 0.5,
  erase: 0.5,
};

Deno.test("every change is one, gives the same on the same draws, and keeps within black and white", () => {
  for (const [name, strength] of Object.entries(each)) {
    const { apply } = augment({ [name]: strength });
    const [before, after, again] = [pictures(40, 7), pictures(40, 7), pictures(40, 7)];
    const next = apply(after, colourLayout, seed(3));
    assertNotEquals(after, before, name);
    assertNotEquals(next, seed(3), name);
    assertEquals([apply(again, colourLayout, seed(3)), again], [next, after], name);
    after.forEach((value, i) => {
      const [least, most] = [colourLayout.background[i % 3], colourLayout.white[i % 3]];
      assert(value >= least - 1e-5 && value <= most + 1e-5, `${name}: ${value} at ${i}`);
    });
  }
});

Deno.test("strengths and probabilities of 0 change nothing and draw nothing", () => {
  const strong = { crop: 1, brightness: 1, contrast: 1, saturation: 1, hue: 0.5 };
  const [before, after] = [pictures(3, 8), pictures(3, 8)];
  const weak = augment({ ...strong, jitter: 0 });
  assertEquals(weak.apply(after, colourLayout, seed(5)), seed(5));
  const none = augment({ jitter: 1, grey: 0, blur: 0, erase: 0, brightness: 0, hue: 0 });
  assertEquals(none.apply(after, colourLayout, seed(5)), seed(5));
  assertEquals(after, before);
});

Deno.test("weak changes of colour stay near the image, whatever its normalisation", () => {
  const [before, after] = [pictures(50, 9), pictures(50, 9)];
  const strength = 1e-4;
  augment({ brightness: strength, contrast: strength, saturation: strength, hue: strength / 6 })
    .apply(after, colourLayout, seed(6));
  assertNotEquals(after, before);
  // Four changes of at most one ten thousandth of the distance between black and white, over the deviation.
  after.forEach((value, i) => assertAlmostEquals(value, before[i], 4.1e-4 / std[i % 3]));
});

Deno.test("grey images are grey before normalisation, and as many are as the probability says", () => {
  const count = 1000;
  const values = pictures(count, 10);
  augment({ grey: 0.3 }).apply(values, colourLayout, seed(11));
  const raw = values.map((value, i) => value * std[i % 3] + mean[i % 3]);
  const isGrey = (image: number) => {
    for (let at = image * SIZE; at < (image + 1) * SIZE; at += 3) {
      if (Math.abs(raw[at] - raw[at + 1]) + Math.abs(raw[at] - raw[at + 2]) > 1e-5) return false;
    }
    return true;
  };
  const greys = Array.from({ length: count }, (_, i) => isGrey(i)).filter((is) => is).length;
  // Five standard deviations.
  assert(Math.abs(greys - 0.3 * count) < 5 * Math.sqrt(0.21 * count), String(greys));
});

Deno.test("an image in grey changes its brightness and contrast, and has no colours to change", () => {
  const layout = { shape: [5, 5], background: [-2], white: [3] };
  const image = () => Float32Array.from({ length: 25 }, (_, i) => -2 + i / 5);
  const by = (options: AugmentOptions) => {
    const values = image();
    augment(options).apply(values, layout, seed(12));
    return values;
  };
  assertEquals(by({ saturation: 1, hue: 0.5, grey: 1 }), image());
  assertNotEquals(by({ brightness: 0.5 }), image());
  assertNotEquals(by({ contrast: 0.5 }), image());
});

Deno.test("crops keep from their least part of the area on, and see everything", () => {
  // A ramp along both axes shows where a crop lies: its first and last values are its corners'.
  const [side, count] = [40, 800];
  const layout = { shape: [side, side, 2], background: [0] };
  const values = Float32Array.from({ length: count * side * side * 2 }, (_, i) => {
    const place = (i >> 1) % (side * side);
    return i % 2 === 0 ? Math.floor(place / side) : place % side;
  });
  augment({ crop: 0.25, cropRatio: 4 / 3 }).apply(values, layout, seed(13));
  const areas: number[] = [];
  const middles: number[] = [];
  for (let at = 0; at < values.length; at += side * side * 2) {
    const end = at + side * side * 2 - 2;
    const height = values[end] - values[at] + 1;
    const width = values[end + 1] - values[at + 1] + 1;
    assert(width / height < 4 / 3 + 0.11 && height / width < 4 / 3 + 0.11, `${width} × ${height}`);
    areas.push(width * height / side ** 2);
    middles.push((values[at] + values[end]) / 2);
  }
  const average = (numbers: readonly number[]) =>
    numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const least = Math.min(...areas);
  // Whole pixels round a part by at most one row and column.
  assert(least > 0.22 && least < 0.27, String(least));
  assert(Math.max(...areas) > 0.95);
  assertAlmostEquals(average(middles), (side - 1) / 2, 0.8);
});

Deno.test("an erased rectangle is 0, of 2 to 33 % of the area, and the rest is as it was", () => {
  const [side, count] = [30, 400];
  const values = new Float32Array(count * side * side).fill(1);
  augment({ erase: 1 }).apply(values, { shape: [side, side], background: [-1] }, seed(14));
  for (let image = 0; image < count; image++) {
    const pixels = values.subarray(image * side ** 2, (image + 1) * side ** 2);
    const places = Array.from(pixels.keys()).filter((at) => pixels[at] !== 1);
    assert(places.every((at) => pixels[at] === 0));
    const part = places.length / side ** 2;
    assert(part > 0.015 && part < 0.36, String(part));
    const [rows, columns] = [
      places.map((at) => Math.floor(at / side)),
      places.map((at) => at % side),
    ];
    const extent = (of: readonly number[]) => Math.max(...of) - Math.min(...of) + 1;
    assertEquals(places.length, extent(rows) * extent(columns));
  }
});

Deno.test("a batch is changed image by image, wherever an image stands in it", () => {
  const { apply } = augment({ ...simclrAugmentation(), erase: 0.5 });
  const all = pictures(6, 15);
  const parts = pictures(6, 15);
  const next = apply(all, colourLayout, seed(16));
  let rng = seed(16);
  for (let i = 0; i < 6; i++) {
    rng = apply(parts.subarray(i * SIZE, (i + 1) * SIZE), colourLayout, rng);
  }
  assertEquals([parts, rng], [all, next]);
});
