import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import type { Bitmap } from "../../../pipelines/data/bitmap.ts";
import { fit } from "../../../pipelines/data/bitmap.ts";
import {
  decodeImage,
  decodeThumbnail,
  imageDecoder,
} from "../../../pipelines/data/decode_image.ts";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../../assert.ts";
import { shared, sharedTest } from "../../shared.ts";
import { deno, root } from "../process.ts";
import { chunk, greyJpeg, jpegOf, oriented, plain, png, pngOf, tiny } from "./image_files.ts";
import { arithmeticJpeg, displayP3Png, heic, quarters } from "./quarter_files.ts";

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

const NAMES = "a JPEG, PNG, WebP, AVIF, GIF, HEIC, TIFF or BMP";

Deno.test("what is no image says how it begins, and drawings what to do", async () => {
  const none = `expected ${NAMES}, current value is`;
  assertEquals(await reasonFor(new Uint8Array()), `${none} 0 bytes`);
  assertEquals(
    await reasonFor(Uint8Array.of(0x47, 0x49, 0x46)),
    `${none} 3 bytes that begin with 47 49 46`,
  );
  const svgs = [
    "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "\n<?xml version='1.0'?>\n<!-- a -->\n<!DOCTYPE svg>\n<svg/>",
  ];
  for (const svg of svgs) {
    assertEquals(
      await reasonFor(new TextEncoder().encode(svg)),
      `${none} an SVG, which has no pixels; save it as a PNG`,
    );
  }
  assertStringIncludes(await reasonFor(new TextEncoder().encode("<html><svg/>")), "3c 68 74 6d");
});

/** The largest difference of two images, and the mean one. */
function difference(a: Uint8Array, b: Uint8Array): readonly [most: number, mean: number] {
  assertEquals(a.length, b.length);
  const differences = a.map((byte, i) => Math.abs(byte - b[i]));
  return [
    differences.reduce((most, d) => Math.max(most, d), 0),
    differences.reduce((sum, d) => sum + d, 0) / a.length,
  ];
}

/** Width and height of each case, as their README gives them. */
const cases: Readonly<Record<string, readonly [width: number, height: number]>> = {
  "motion_photo_small.jpg": [96, 128],
  "no_eoi_trailer.jpg": [96, 128],
  "exif6.jpg": [128, 96],
  "exif6.png": [128, 96],
  "palette4_interlaced.png": [96, 128],
  "png16.png": [96, 128],
  "a.webp": [96, 128],
  "a.avif": [96, 128],
  "a.gif": [96, 128],
  "mpo_two_jpegs.jpg": [96, 128],
  "cmyk.jpg": [96, 128],
  "restart.jpg": [96, 128],
  "s440.jpg": [96, 128],
};

const fileOf = (name: string) => Deno.readFile(shared(`cases/images/${name}`));

sharedTest("pictures as people have them are read", "cases", async (t) => {
  const original = (await decoded(await fileOf("png16.png"))).pixels;
  for (const [name, size] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { width, height, pixels } = await decoded(await fileOf(name));
      assertEquals([width, height], size);
      // Turned by a quarter: the column is the row, from the other end.
      const upright = size[0] === 96 ? pixels : Uint8Array.from(original, (_, i) => {
        const [x, y] = [Math.floor(i / 4) % 96, Math.floor(i / 4 / 96)];
        return pixels[4 * (x * 128 + 127 - y) + i % 4];
      });
      // They are of one photograph, at several qualities.
      assertLess(difference(upright, original)[1], name.startsWith("motion") ? 12 : 5, name);
    });
  }
  await t.step("gray_trns.png", async () => {
    const { width, height, pixels } = await decoded(await fileOf("gray_trns.png"));
    assertEquals([width, height], [8, 8]);
    const alphas = pixels.filter((_, i) => i % 4 === 3);
    assertEquals([...new Set(alphas)].sort(), [0, 255]);
  });
  await t.step("trunc.jpg", async () => {
    assertStringIncludes(
      await reasonFor(await fileOf("trunc.jpg")),
      "it is not a good JPEG: it is truncated: expected an end-of-image marker behind its last scan",
    );
  });
});

Deno.test("arithmetic codes, HEIC and colour profiles are read", async (t) => {
  const files = { arithmeticJpeg, heic, displayP3Png };
  for (const [name, bytes] of Object.entries(files)) {
    await t.step(name, async () => {
      const { width, height, pixels } = await decoded(bytes);
      assertEquals([width, height], [64, 64]);
      quarters.forEach((colour, i) => {
        const at = 4 * (64 * (i < 2 ? 10 : 50) + (i % 2 === 0 ? 10 : 50));
        assertLess(difference(pixels.slice(at, at + 4), Uint8Array.of(...colour, 255))[0], 3);
      });
    });
  }
});

Deno.test("of an animation the first image is read, on the animation's canvas", async () => {
  const { width, height, pixels } = await decoded(tiny.gif(3, 2, { left: 1, top: 1, frames: 3 }));
  assertEquals([width, height], [3, 2]);
  const alphas = [...pixels].filter((_, i) => i % 4 === 3);
  assertEquals(alphas, [0, 0, 0, 0, 255, 0]);
  assertEquals([...pixels.subarray(16, 20)], [255, 0, 0, 255]);
  const whole = await decoded(tiny.gif(1, 1, { left: 0, top: 0, frames: 1 }));
  assertEquals([...whole.pixels], [255, 0, 0, 255]);
});

Deno.test("a BMP and a TIFF are read", async () => {
  assertEquals(await pixelsOf(tiny.bmp(1, 1, [1, 2, 3])), [1, 2, 3, 255]);
  assertEquals(await pixelsOf(tiny.tiff(1, 1, [1, 2, 3])), [1, 2, 3, 255]);
});

/** A photograph, more or less: waves of several lengths with noise. */
function waves(width: number, height: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: width * height * 4 }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 4) % width, Math.floor(i / 4 / width), i % 4];
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const wave = Math.sin(x / (9 + 20 * c)) + Math.cos((x + 2 * y) / (70 - 10 * c));
    return c === 3 ? 255 : 128 + 50 * wave + state / 2 ** 28 - 8;
  });
}

Deno.test("a JPEG that is decoded at a part of its size makes nearly the same thumbnail", async () => {
  // No side is a multiple of 8, so that the last blocks are covered in part.
  const file = jpegOf(427, 301, waves(427, 301));
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const turned = oriented(file, orientation);
    const whole = await decoded(turned);
    for (
      const [size, reduction] of [[[18, 18], 8], [[30, 37], 4], [[70, 60], 2], [
        [80, 80],
        1,
      ]] as const
    ) {
      const result = await decodeImage("an-image", turned, size)();
      assert(E.isRight(result));
      const [long, short] = [whole, result.right].map(({ width, height }) => [width, height]);
      assertEquals(short, long.map((side) => Math.ceil(side / reduction)));
      const thumbnail = await decodeThumbnail("an-image", turned, size, "rgb")();
      assert(E.isRight(thumbnail));
      const [most, mean] = difference(thumbnail.right, fit(whole, size, "rgb"));
      if (reduction === 1) assertEquals(most, 0);
      assertLess(mean, 1);
      assertLess(most, 10);
    }
  }
});

Deno.test("damaged images are named with what is wrong", async (t) => {
  const good = png(4, 4, plain(4, 4, [1, 2, 3, 4]));
  const photo = jpegOf(16, 16, plain(16, 16, [1, 2, 3, 255]));
  const header = { width: 4, height: 4, depth: 8, colourType: 0 };
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["PNG without its end", good.subarray(0, -5), "it is not a good PNG: it is truncated"],
    ["PNG, only its signature", good.subarray(0, 8), "it is not a good PNG: it is truncated"],
    ["PNG with a flipped bit", good.with(45, good[45] ^ 1), "it is not a good PNG: "],
    ["PNG with a wrong checksum", good.with(30, good[30] ^ 1), "IHDR: CRC error"],
    ["PNG of too few pixels", await pngOf(header, new Uint8Array(7)), "Not enough image data"],
    [
      "PNG with a place outside its palette",
      await pngOf({ ...header, colourType: 3 }, new Uint8Array(20).fill(2), [
        chunk("PLTE", Uint8Array.of(1, 2, 3)),
      ]),
      "invalid colormap index",
    ],
    [
      "PNG with a colour type of its own",
      await pngOf({ ...header, colourType: 5 }, new Uint8Array(20)),
      "Invalid IHDR data",
    ],
    ["JPEG without its end", photo.subarray(0, -2), "expected an end-of-image marker"],
    ["JPEG without its scan", photo.subarray(0, 100), "it is not a good JPEG: it is truncated"],
    ["JPEG, only its signature", photo.subarray(0, 3), "it is not a good JPEG: it is truncated"],
    ["WebP of nothing", tiny.webp(4, 4).subarray(0, 12), "it is not a good WebP: "],
  ];
  for (const [name, bytes, reason] of cases) {
    await t.step(name, async () => assertStringIncludes(await reasonFor(bytes), reason));
  }
});

sharedTest("a file that ends too early is an error, wherever it ends", "cases", async (t) => {
  const whole = [...Object.keys(cases)].filter((name) => !/motion|mpo|no_eoi/.test(name));
  for (const name of whole) {
    await t.step(name, async () => {
      const bytes = await fileOf(name);
      for (let i = 0; i < 12; i++) {
        const reason = await reasonFor(bytes.subarray(0, Math.floor(bytes.length * i / 12)));
        assert(!/\/|`|[a-z][A-Z]/.test(reason.replace("WebP", "")), reason);
      }
    });
  }
});

/** A HEIC or an AVIF whose property of an image's size (`ispe`) is another. */
function declaring(file: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = file.slice();
  const at = new TextDecoder("latin1").decode(bytes).indexOf("ispe");
  const view = new DataView(bytes.buffer);
  view.setUint32(at + 8, width);
  view.setUint32(at + 12, height);
  return bytes;
}

Deno.test("images that declare more than they hold are refused before they are decoded", async (t) => {
  const header = { width: 100, height: 100, depth: 8, colourType: 0 };
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    [
      "a huge PNG",
      await pngOf({ ...header, width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, new Uint8Array(9)),
      "it is not a good PNG: Invalid IHDR data",
    ],
    [
      "a PNG of 100 million pixels",
      await pngOf({ ...header, width: 10_000, height: 10_000 }, new Uint8Array(9)),
      "expected 1 to 64000000 pixels, current value is 10000 × 10000",
    ],
    ["a GIF of 100 million pixels", tiny.gif(10_000, 10_000), "current value is 10000 × 10000"],
    ["a WebP of 100 million pixels", tiny.webp(10_000, 10_000), "current value is 10000 × 10000"],
    ["a BMP of 100 million pixels", tiny.bmp(10_000, 10_000, []), "current value is 10000 × 10000"],
    [
      "a TIFF of 100 million pixels",
      tiny.tiff(10_000, 10_000, []),
      "current value is 10000 × 10000",
    ],
    ["a HEIC of 100 million pixels", declaring(heic, 10_000, 10_000), "10000 × 10000"],
    ["a large GIF of nothing", tiny.gif(8000, 8000), "expected at least 15625 bytes"],
    [
      "a PNG without pixels",
      await pngOf({ ...header, width: 0 }, new Uint8Array(9)),
      "Invalid IHDR data",
    ],
    [
      "a large PNG of nothing",
      await pngOf({ ...header, width: 8000, height: 8000 }, new Uint8Array(9)),
      "expected at least 7752 bytes for 8000 × 8000 pixels, current value is 75",
    ],
    ["a huge JPEG", greyJpeg(65_000, 65_000), "current value is 65000 × 65000"],
    ["a JPEG without pixels", greyJpeg(8, 0), "Empty JPEG image"],
    [
      "a large JPEG of nothing",
      greyJpeg(8000, 8000),
      "expected at least 125000 bytes for 8000 × 8000 pixels, current value is 142",
    ],
  ];
  // The decoder has started.
  await decoded(greyJpeg());
  for (const [name, bytes, reason] of cases) {
    await t.step(name, async () => {
      const [rss, begun] = [Deno.memoryUsage().rss, performance.now()];
      assertStringIncludes(await reasonFor(bytes), reason);
      assertLess(Deno.memoryUsage().rss - rss, 100e6);
      assertLess(performance.now() - begun, 2000);
    });
  }
  await t.step(
    "a PNG that inflates to 20 MB, of which its pixels are the first 10 kB",
    async () => {
      const rss = Deno.memoryUsage().rss;
      const bomb = await pngOf(header, new Uint8Array(20_000_000));
      assertEquals((await decoded(bomb)).pixels.length, 40_000);
      assertLess(Deno.memoryUsage().rss - rss, 150e6);
    },
  );
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

Deno.test("a decoder that has failed is replaced by another", async () => {
  const { MagickImage } = await import("npm:@imagemagick/magick-wasm@0.0.43");
  const { read } = MagickImage.prototype;
  MagickImage.prototype.read = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
  try {
    assertEquals(
      await reasonFor(greyJpeg()),
      "it is not a good JPEG: the decoder has failed: unreachable",
    );
  } finally {
    MagickImage.prototype.read = read;
  }
  assertEquals(await pixelsOf(greyJpeg()), [...plain(8, 8, [200, 200, 200, 255])]);
});

Deno.test("the decoder is named, and needs no permission", async () => {
  assertEquals(imageDecoder().name, "magick-wasm");
  const code = `
    import { thumbnails } from "${root}pipelines/data/thumbnails.ts";
    const bytes = Uint8Array.from([${greyJpeg()}]);
    const files = { read: () => () => Promise.resolve({ _tag: "Right", right: bytes }) };
    const size = [1, 2];
    for await (const read of thumbnails(Array(5).fill("a"), { size, colour: "grey" }, { files })) {
      console.log(read._tag, ...read.right);
    }`;
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, code);
    const options = ["--no-prompt", "--no-check", "--frozen"];
    const { code: status, out, err } = await deno("run", ...options, script);
    assertEquals([status, out, err], [0, "Right 200 200\n".repeat(5), ""]);
  } finally {
    await Deno.remove(script);
  }
});
