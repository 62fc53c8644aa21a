import fc from "npm:fast-check@4.3.0";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  type Box,
  gaussianBlur,
  resizedCrop,
  toGrey,
} from "../../../pipelines/data/adjust.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
/**
 * Golden values by PyTorch 1.13 and Python's colorsys, of an image x in [0, 1]:
 *
 *     crops       F.interpolate(x[top:top+height, left:left+width], mode="bilinear", align_corners=False)
 *     brightness  (by · x).clamp(0, 1)
 *     contrast    (by · x + (1 − by) · grey(x).mean()).clamp(0, 1), grey = 0.299 R + 0.587 G + 0.114 B
 *     saturation  (by · x + (1 − by) · grey(x)).clamp(0, 1)
 *     hue         hsv_to_rgb((h + by) % 1, s, v) of rgb_to_hsv, pixel by pixel in float64
 *     blur        F.conv2d along both axes of F.pad(x, ⌈3·by⌉, mode="replicate"), the weights
 *                 exp(−½ (i/by)²) over their sum
 */
import json from "./adjust_golden.json" with { type: "json" };

interface Golden {
  readonly image: readonly number[];
  readonly shape: readonly number[];
  readonly crops: readonly { readonly box: Box; readonly pixels: readonly number[] }[];
  readonly brightness: readonly Change[];
  readonly contrast: readonly Change[];
  readonly saturation: readonly Change[];
  readonly hue: readonly Change[];
  readonly blur: readonly Change[];
}

interface Change {
  readonly by: number;
  readonly pixels: readonly number[];
}

const golden: Golden = json;
const { shape } = golden;

const close = (actual: Float32Array, expected: readonly number[], what: string) => {
  assertEquals(actual.length, expected.length);
  actual.forEach((value, i) => assertAlmostEquals(value, expected[i], 5e-7, `${what}, ${i}`));
};

const changed = (change: (pixels: Float32Array, copy: Float32Array) => void): Float32Array => {
  const pixels = Float32Array.from(golden.image);
  change(pixels, new Float32Array(pixels.length).fill(NaN));
  return pixels;
};

Deno.test("a resized crop is PyTorch's bilinear interpolation of the part", () => {
  for (const { box, pixels } of golden.crops) {
    const cropped = changed((image, copy) => resizedCrop(image, shape, box, copy));
    close(cropped, pixels, JSON.stringify(box));
  }
});

Deno.test("brightness, contrast and saturation are torchvision's blends, and hue is colorsys's", () => {
  const changes = {
    brightness: adjustBrightness,
    contrast: (pixels: Float32Array, by: number) => adjustContrast(pixels, 3, by),
    saturation: adjustSaturation,
    hue: adjustHue,
  };
  for (const name of ["brightness", "contrast", "saturation", "hue"] as const) {
    for (const { by, pixels } of golden[name]) {
      close(changed((image) => changes[name](image, by)), pixels, `${name} ${by}`);
    }
  }
  close(changed(toGrey), golden.saturation[0].pixels, "grey");
});

Deno.test("the blur is PyTorch's convolution with a Gaussian", () => {
  for (const { by, pixels } of golden.blur) {
    const blurred = changed((image, copy) => gaussianBlur(image, shape, by, copy));
    close(blurred, pixels, `blur ${by}`);
  }
});

const image = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.constantFrom(1, 3),
}).chain(({ height, width, channels }) =>
  fc.record({
    shape: fc.constant(channels === 1 ? [height, width] : [height, width, channels]),
    pixels: fc.array(fc.integer({ min: 0, max: 255 }), {
      minLength: height * width * channels,
      maxLength: height * width * channels,
    }).map((bytes) => Float32Array.from(bytes, (byte) => byte / 255)),
    fractions: fc.tuple(fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999)),
  })
);

const boxIn = ([rows, columns]: readonly number[], [a, b, c, d]: readonly number[]): Box => {
  const height = 1 + a % rows;
  const width = 1 + b % columns;
  return { top: c % (rows - height + 1), left: d % (columns - width + 1), height, width };
};

const least = (pixels: Float32Array) => pixels.reduce((a, b) => Math.min(a, b), Infinity);
const most = (pixels: Float32Array) => pixels.reduce((a, b) => Math.max(a, b), -Infinity);

Deno.test("a crop reads its box alone, and that of the whole image is the image", () => {
  fc.assert(fc.property(image, ({ shape, pixels, fractions }) => {
    const [height, width, channels = 1] = shape;
    const box = boxIn(shape, fractions);
    const inside = new Float32Array(pixels.length).fill(NaN);
    for (let y = box.top; y < box.top + box.height; y++) {
      const from = (y * width + box.left) * channels;
      inside.set(pixels.subarray(from, from + box.width * channels), from);
    }
    const copy = new Float32Array(pixels.length);
    resizedCrop(inside, shape, box, copy);
    const cropped = pixels.slice();
    resizedCrop(cropped, shape, box, copy);
    assertEquals(inside, cropped);
    assert(least(cropped) >= least(pixels) && most(cropped) <= most(pixels));
    const whole = pixels.slice();
    resizedCrop(whole, shape, { top: 0, left: 0, height, width }, copy);
    assertEquals(whole, pixels);
  }));
});

Deno.test("factors of 1 and turns of 0 change nothing, a turn back undoes one, blur keeps what is even", () => {
  fc.assert(fc.property(image, fc.double({ min: -0.5, max: 0.5, noNaN: true }), (drawn, turn) => {
    const { shape, pixels } = drawn;
    const [, , channels = 1] = shape;
    const near = (actual: Float32Array, expected: Float32Array) =>
      actual.forEach((value, i) => assertAlmostEquals(value, expected[i], 2e-6));
    const after = pixels.slice();
    adjustBrightness(after, 1);
    assertEquals(after, pixels);
    adjustContrast(after, channels, 1);
    near(after, pixels);
    const blurred = new Float32Array(pixels.length).fill(0.25);
    gaussianBlur(blurred, shape, 1.3, new Float32Array(pixels.length));
    near(blurred, new Float32Array(pixels.length).fill(0.25));
    if (channels === 1) return;
    adjustSaturation(after, 1);
    adjustHue(after, 0);
    near(after, pixels);
    const range = (values: Float32Array) =>
      Array.from({ length: values.length / 3 }, (_, i) => {
        const pixel = values.subarray(3 * i, 3 * i + 3);
        return [least(pixel), most(pixel)];
      }).flat();
    adjustHue(after, turn);
    near(Float32Array.from(range(after)), Float32Array.from(range(pixels)));
    adjustHue(after, -turn);
    near(after, pixels);
  }));
});

Deno.test("contrast keeps the mean grey, and saturation every pixel's grey, while nothing is clamped", () => {
  fc.assert(
    fc.property(image, fc.double({ min: 0, max: 1, noNaN: true }), ({ shape, pixels }, by) => {
      const [, , channels = 1] = shape;
      const grey = (values: Float32Array) =>
        channels === 1
          ? [...values]
          : Array.from({ length: values.length / 3 }, (_, i) =>
            0.299 * values[3 * i] + 0.587 * values[3 * i + 1] + 0.114 * values[3 * i + 2]);
      const mean = (values: readonly number[]) =>
        values.reduce((sum, value) => sum + value, 0) / values.length;
      const contrasted = pixels.slice();
      adjustContrast(contrasted, channels, by);
      assertAlmostEquals(mean(grey(contrasted)), mean(grey(pixels)), 1e-6);
      if (channels === 1) return;
      const pale = pixels.slice();
      adjustSaturation(pale, by);
      grey(pale).forEach((value, i) => assertAlmostEquals(value, grey(pixels)[i], 1e-6));
    }),
  );
});
