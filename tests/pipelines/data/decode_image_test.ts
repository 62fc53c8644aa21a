import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Bitmap } from "../../../pipelines/data/bitmap.ts";
import { decodeImage } from "../../../pipelines/data/decode_image.ts";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../../assert.ts";
import { chunk, greyJpeg, jpegOf, oriented, plain, png, pngOf } from "./image_files.ts";

const decoded = async (bytes: Uint8Array): Promise<Bitmap> => {
  const result = await decodeImage("an-image", bytes)();
  assert(E.isRight(result), E.isLeft(result) ? describe(result.left) : "");
  return result.right;
};

const reasonFor = async (bytes: Uint8Array): Promise<string> => {
  const result = await decodeImage("an-image", bytes)();
  assert(E.isLeft(result), "expected an error");
  assertEquals([result.left._tag, result.left.file], ["CorruptFile", "an-image"]);
  return result.left.reason;
};

const pixelsOf = async (bytes: Uint8Array): Promise<number[]> => [...(await decoded(bytes)).pixels];

Deno.test("PNGs of every kind become red, green, blue and alpha of 8 bits", async () => {
  const grey = png(2, 1, Uint8Array.of(0, 200));
  assertEquals(await pixelsOf(grey), [0, 0, 0, 255, 200, 200, 200, 255]);
  const greyAlpha = png(1, 1, Uint8Array.of(9, 100));
  assertEquals(await pixelsOf(greyAlpha), [9, 9, 9, 100]);
  const rgb = png(1, 2, Uint8Array.of(1, 2, 3, 4, 5, 6));
  assertEquals(await pixelsOf(rgb), [1, 2, 3, 255, 4, 5, 6, 255]);
  const rgba = png(1, 1, Uint8Array.of(1, 2, 3, 4));
  assertEquals(await pixelsOf(rgba), [1, 2, 3, 4]);
  // 257 times a byte is the same brightness in 16 bits; halfway and above is rounded up.
  const deep = png(1, 1, Uint16Array.of(257 * 7, 257 * 7 + 128, 257 * 7 + 129, 65535));
  assertEquals(await pixelsOf(deep), [7, 7, 8, 255]);
});

Deno.test("PNGs with palettes, packed samples and a transparent colour are read", async () => {
  const palette = chunk("PLTE", Uint8Array.of(255, 0, 0, 0, 0, 255));
  const indexed = await pngOf(
    { width: 3, height: 2, depth: 1, colourType: 3 },
    Uint8Array.of(0, 0b01000000, 0, 0b10100000),
    [palette, chunk("tRNS", Uint8Array.of(128))],
  );
  const [red, blue] = [[255, 0, 0, 128], [0, 0, 255, 255]];
  assertEquals(await pixelsOf(indexed), [red, blue, red, blue, red, blue].flat());

  const header = { width: 3, height: 1, depth: 2, colourType: 0 };
  const packed = await pngOf(header, Uint8Array.of(0, 0b00_10_11_00), [
    chunk("tRNS", Uint8Array.of(0, 2)),
  ]);
  assertEquals(await pixelsOf(packed), [0, 0, 0, 255, 170, 170, 170, 0, 255, 255, 255, 255]);

  const suggested = await pngOf(
    { width: 1, height: 1, depth: 8, colourType: 2 },
    Uint8Array.of(0, 9, 8, 7),
    [palette, chunk("tRNS", Uint8Array.of(0, 9, 0, 8, 0, 7))],
  );
  assertEquals(await pixelsOf(suggested), [9, 8, 7, 0]);
});

Deno.test("JPEGs of colour and of grey are read", async () => {
  const { width, height, pixels } = await decoded(
    jpegOf(20, 10, plain(20, 10, [200, 30, 60, 255])),
  );
  assertEquals([width, height], [20, 10]);
  [200, 30, 60, 255].forEach((byte, i) => assert(Math.abs(pixels[i] - byte) <= 3));
  assertEquals(await pixelsOf(greyJpeg()), [...plain(8, 8, [200, 200, 200, 255])]);
});

Deno.test("a JPEG is turned as its Exif orientation says, in either byte order", async () => {
  // Four blocks: black, dark grey / light grey, white.
  const [width, height] = [32, 16];
  const pixels = Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const [x, y] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width)];
    return i % 4 === 3 ? 255 : (x < width / 2 ? 0 : 80) + (y < height / 2 ? 0 : 160);
  });
  const file = jpegOf(width, height, pixels);
  // The upper left, upper right, lower left and lower right corner as they are to be seen.
  const corners = [
    [0, 80, 160, 240],
    [80, 0, 240, 160],
    [240, 160, 80, 0],
    [160, 240, 0, 80],
    [0, 160, 80, 240],
    [160, 0, 240, 80],
    [240, 80, 160, 0],
    [80, 240, 0, 160],
  ];
  for (const [i, expected] of corners.entries()) {
    for (const little of [false, true]) {
      const turned = await decoded(oriented(file, i + 1, little));
      assertEquals([turned.width, turned.height], i < 4 ? [32, 16] : [16, 32]);
      const at = (x: number, y: number) => turned.pixels[4 * (y * turned.width + x)];
      const [right, below] = [turned.width - 3, turned.height - 3];
      const seen = [at(2, 2), at(right, 2), at(2, below), at(right, below)];
      seen.forEach((byte, corner) => assert(Math.abs(byte - expected[corner]) < 8, `${i + 1}`));
    }
  }
  assertEquals((await decoded(oriented(file, 9))).width, 32);
});

Deno.test("what is no image says how it begins", async () => {
  assertEquals(
    await reasonFor(new Uint8Array()),
    "expected a PNG or a JPEG, current value is 0 bytes",
  );
  assertStringIncludes(await reasonFor(Uint8Array.of(0x47, 0x49, 0x46)), "begin with 47 49 46");
});

Deno.test("damaged images are named with what is wrong", async (t) => {
  const good = png(4, 4, plain(4, 4, [1, 2, 3, 4]));
  const photo = jpegOf(16, 16, plain(16, 16, [1, 2, 3, 255]));
  const header = { width: 4, height: 4, depth: 8, colourType: 0 };
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["PNG without its end", good.subarray(0, -5), "truncated: expected an IEND chunk within its"],
    ["PNG, only its signature", good.subarray(0, 8), "expected an IEND chunk within its 8 bytes"],
    ["PNG with a flipped bit", good.with(45, good[45] ^ 1), "it is not a good PNG: "],
    ["PNG with a wrong checksum", good.with(30, good[30] ^ 1), "CRC mismatch for chunk IHDR"],
    [
      "PNG of too few pixels",
      await pngOf(header, new Uint8Array(7)),
      "expected 20 bytes of pixels, current value is 7",
    ],
    [
      "PNG with a place outside its palette",
      await pngOf({ ...header, colourType: 3 }, new Uint8Array(20).fill(2), [
        chunk("PLTE", Uint8Array.of(1, 2, 3)),
      ]),
      "there is no colour",
    ],
    [
      "PNG with a colour type of its own",
      await pngOf({ ...header, colourType: 5 }, new Uint8Array(20)),
      "there is no colour type 5",
    ],
    [
      "interlaced PNG of 4 bits",
      await pngOf({ ...header, depth: 4, interlaced: true }, new Uint8Array(40)),
      "expected 8 or 16 bits per sample of an interlaced image, current value is 4; save it without",
    ],
    ["JPEG without its end", photo.subarray(0, -2), "expected an end-of-image marker"],
    ["JPEG without its scan", photo.subarray(0, 100), "whole segments up to the first scan"],
    ["JPEG, only its signature", photo.subarray(0, 3), "whole segments up to the first scan"],
  ];
  for (const [name, bytes, reason] of cases) {
    await t.step(name, async () => assertStringIncludes(await reasonFor(bytes), reason));
  }
});

Deno.test("images that declare more than they hold are refused before they are decoded", async (t) => {
  const header = { width: 100, height: 100, depth: 8, colourType: 0 };
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "a huge PNG",
      await pngOf({ ...header, width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, new Uint8Array(9)),
      "expected 1 to 64000000 pixels, current value is 2147483647 × 2147483647",
    ],
    [
      "a PNG without pixels",
      await pngOf({ ...header, width: 0 }, new Uint8Array(9)),
      "current value is 0 × 100",
    ],
    [
      "a PNG that inflates to 50 MB",
      await pngOf(header, new Uint8Array(50_000_000)),
      "expected at most 21816 bytes of uncompressed content, current value is larger",
    ],
    [
      "a large PNG of nothing",
      await pngOf({ ...header, width: 8000, height: 8000 }, new Uint8Array(9)),
      "expected 64008000 bytes of pixels, current value is 9",
    ],
    ["a huge JPEG", greyJpeg(65_000, 65_000), "current value is 65000 × 65000"],
    ["a JPEG without pixels", greyJpeg(8, 0), "current value is 8 × 0"],
    [
      "a large JPEG of nothing",
      greyJpeg(8000, 8000),
      "expected at least 125000 bytes for 8000 × 8000 pixels, current value is 142",
    ],
  ];
  for (const [name, bytes, reason] of cases) {
    await t.step(name, async () => {
      const [rss, begun] = [Deno.memoryUsage().rss, performance.now()];
      assertStringIncludes(await reasonFor(bytes), reason);
      assertLess(Deno.memoryUsage().rss - rss, 100e6);
      assertLess(performance.now() - begun, 2000);
    });
  }
  const scan = greyJpeg().subarray(-14, -2);
  const scans = Uint8Array.from([
    ...greyJpeg().subarray(0, -2),
    ...Array.from({ length: 100 }, () => [...scan]).flat(),
    ...[0xff, 0xd9],
  ]);
  assertStringIncludes(await reasonFor(scans), "expected at most 100 scans, current value is 101");
});

Deno.test("images with flipped bits or missing ends give pixels or a typed error, soon", async () => {
  const noise = Uint8Array.from({ length: 19 * 13 * 4 }, (_, i) => (i * i * 31) % 251);
  const files = [png(19, 13, noise), jpegOf(19, 13, noise), oriented(jpegOf(19, 13, noise), 6)];
  const damages = fc.tuple(
    fc.nat(files.length - 1),
    fc.array(fc.tuple(fc.nat(), fc.nat(7)), { maxLength: 4 }),
    fc.option(fc.nat(), { nil: undefined }),
  );
  await fc.assert(
    fc.asyncProperty(damages, async ([which, flips, cut]) => {
      const bytes = files[which].slice();
      for (const [at, bit] of flips) bytes[at % bytes.length] ^= 1 << bit;
      const begun = performance.now();
      const result = await decodeImage(
        "an-image",
        cut === undefined ? bytes : bytes.subarray(0, cut % bytes.length),
      )();
      assertLess(performance.now() - begun, 2000);
      if (E.isLeft(result)) return result.left._tag === "CorruptFile" && result.left.reason !== "";
      const { width, height, pixels } = result.right;
      return pixels.length === width * height * 4;
    }),
    { numRuns: 600 },
  );
});
