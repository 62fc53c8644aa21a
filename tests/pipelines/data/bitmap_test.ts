import fc from "npm:fast-check@4.3.0";
import { type Bitmap, fit } from "../../../pipelines/data/bitmap.ts";
import { assert, assertEquals, assertLess } from "../../assert.ts";
import { plain } from "./image_files.ts";

const sides = fc.integer({ min: 1, max: 12 });
const bitmaps = fc.tuple(sides, sides).chain(([width, height]) =>
  fc.uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 })
    .map((pixels): Bitmap => ({
      width,
      height,
      pixels: pixels.map((byte, i) => i % 4 === 3 ? 255 : byte),
    }))
);
const colours = fc.constantFrom("rgb" as const, "grey" as const);

const without = (bitmap: Bitmap): number[] => [...bitmap.pixels].filter((_, i) => i % 4 !== 3);

Deno.test("fit leaves an image of the wanted size as it is", () => {
  fc.assert(fc.property(bitmaps, (bitmap) => {
    assertEquals([...fit(bitmap, [bitmap.height, bitmap.width], "rgb")], without(bitmap));
  }));
});

Deno.test("fit leaves one colour that colour, at any size", () => {
  fc.assert(
    fc.property(sides, sides, sides, sides, fc.nat(255), colours, (w, h, y, x, byte, kept) => {
      const bitmap = { width: w, height: h, pixels: plain(w, h, [byte, byte, byte, 255]) };
      const bytes = fit(bitmap, [y, x], kept);
      assertEquals([...bytes], Array(y * x * (kept === "rgb" ? 3 : 1)).fill(byte));
    }),
  );
});

Deno.test("fit crops around the centre, whole pixels where nothing is resized", () => {
  const grey = (width: number, height: number, bytes: readonly number[]): Bitmap => ({
    width,
    height,
    pixels: Uint8Array.from(bytes.flatMap((byte) => [byte, byte, byte, 255])),
  });
  assertEquals([...fit(grey(5, 1, [1, 2, 3, 4, 5]), [1, 1], "grey")], [3]);
  assertEquals([...fit(grey(4, 1, [1, 2, 3, 4]), [1, 1], "grey")], [2]);
  assertEquals([...fit(grey(1, 5, [1, 2, 3, 4, 5]), [3, 1], "grey")], [2, 3, 4]);
  assertEquals([...fit(grey(3, 2, [1, 2, 3, 4, 5, 6]), [2, 2], "grey")], [1, 2, 4, 5]);
});

Deno.test("fit reduces by a triangle over every pixel and enlarges linearly", () => {
  const row = (...bytes: number[]): Bitmap => ({
    width: bytes.length,
    height: bytes.length,
    pixels: Uint8Array.from(
      bytes.flatMap(() => bytes.flatMap((byte) => [byte, byte, byte, 255])),
    ),
  });
  // Weights 3, 3, 1 of 7: the distances 1/2, 1/2, 3/2 from the centre 1 with a support of 2.
  assertEquals([...fit(row(0, 70, 140, 210), [2, 2], "grey")].slice(0, 2), [50, 160]);
  assertEquals([...fit(row(0, 100), [4, 4], "grey")].slice(0, 4), [0, 25, 75, 100]);
  // Stripes of one pixel vanish instead of flickering.
  const stripes = fit(row(...Array.from({ length: 64 }, (_, i) => 255 * (i % 2))), [4, 4], "grey");
  for (const byte of stripes) assert(Math.abs(byte - 127.5) < 3);
});

Deno.test("fit of a mirror image is the mirror image, where its centre is whole", () => {
  const mirrored = (bytes: ArrayLike<number>, width: number, channels: number) =>
    Array.from(bytes, (_, i) => {
      const x = Math.floor(i / channels) % width;
      return bytes[i + (width - 1 - 2 * x) * channels];
    });
  fc.assert(fc.property(bitmaps, sides, sides, (bitmap, height, width) => {
    const pixels = Uint8Array.from(mirrored(bitmap.pixels, bitmap.width, 4));
    const scale = Math.min(bitmap.width / width, bitmap.height / height);
    fc.pre(scale !== 1 || (bitmap.width - width) % 2 === 0);
    const there = mirrored(fit(bitmap, [height, width], "rgb"), width, 3);
    const back = fit({ ...bitmap, pixels }, [height, width], "rgb");
    // Sums in another order may be rounded otherwise.
    there.forEach((byte, i) => assert(Math.abs(byte - back[i]) <= 1));
  }));
});

Deno.test("fit shows white through what is transparent, before it resizes", () => {
  const pixels = Uint8Array.of(0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255);
  assertEquals([...fit({ width: 2, height: 2, pixels }, [1, 1], "grey")], [128]);
  assertEquals(
    [...fit({ width: 1, height: 1, pixels: Uint8Array.of(100, 200, 0, 51) }, [1, 1], "rgb")],
    [224, 244, 204],
  );
});

Deno.test("fit takes the memory of its result and of a row, not of the rows that it reads", () => {
  const [width, height] = [1200, 1000];
  const bitmap = { width, height, pixels: new Uint8Array(width * height * 4) };
  const held = () => Deno.memoryUsage().external;
  const least = held();
  let most = least;
  for (let i = 0; i < 5; i++) {
    fit(bitmap, [32, 32], "rgb");
    most = Math.max(most, held());
  }
  // As floats, the rows that are read would take 29 MB each time.
  assertLess(most - least, 3e6);
});
