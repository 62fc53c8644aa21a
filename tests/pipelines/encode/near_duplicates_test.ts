import fc from "npm:fast-check@4.3.0";
import {
  THUMBNAIL_BYTES,
  thumbnailIndex,
  thumbnailsOf,
} from "../../../pipelines/encode/near_duplicates.ts";
import { fit } from "../../../pipelines/data/bitmap.ts";
import { bitmapOf } from "../../../pipelines/encode/pictures.ts";
import { assert, assertAlmostEquals, assertEquals, assertLessOrEqual } from "../../assert.ts";

/** A number from 64 to 191 by three others. */
const noise = (seed: number, x: number, y: number): number => {
  const mixed = Math.imul(seed, 0x9e3779b1) ^ Math.imul(x + 1, 0x85ebca6b) ^
    Math.imul(y + 1, 0xc2b2ae35);
  const again = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return (Math.imul(again ^ (again >>> 13), 0x297a2d39) >>> 25) + 64;
};

/** Pictures of 32 × 32 pixels: random greys at 6 × 6 places, and straight lines between them. */
const picture = (seed: number, { zoom = 1, left = 0, top = 0 } = {}): Uint8Array =>
  Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => {
    const [x, y] = [
      (left + (Math.floor(i / 3) % 32) * zoom) / 6.4,
      (top + Math.floor(i / 96) * zoom) / 6.4,
    ];
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const row = (y: number) =>
      (1 - x + x0) * noise(seed, x0, y) + (x - x0) * noise(seed, x0 + 1, y);
    return (1 - y + y0) * row(y0) + (y - y0) * row(y0 + 1);
  });
const layout = { size: [32, 32], colour: "rgb" } as const;
const joinedOf = (pictures: readonly Uint8Array[]) =>
  Uint8Array.from(pictures.flatMap((one) => [...one]));
const thumbnailOf = (one: Uint8Array) => thumbnailsOf(one, 1, layout);

const pictures = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 40 });

Deno.test("thumbnails are the pictures that `fit` makes in grey", () => {
  const sizes = fc.record({
    height: fc.integer({ min: 1, max: 40 }),
    isGrey: fc.boolean(),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(sizes, ({ height, isGrey, seed }) => {
      const channels = isGrey ? 1 : 3;
      const pixels = Uint8Array.from(
        { length: height ** 2 * channels },
        (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 24,
      );
      const size = [height, height] as const;
      const made = thumbnailsOf(pixels, 1, { size, colour: isGrey ? "grey" : "rgb" });
      const expected = fit(bitmapOf(pixels, size), [16, 16], "grey");
      made.forEach((grey, i) => assertLessOrEqual(Math.abs(grey - expected[i]), 1));
      const twice = thumbnailsOf(joinedOf([pixels, pixels]), 2, {
        size,
        colour: isGrey ? "grey" : "rgb",
      });
      assertEquals(twice, joinedOf([made, made]));
    }),
    { numRuns: 50 },
  );
});

Deno.test("a picture is its own nearest; differences rise, are symmetric and at most 8", () => {
  fc.assert(
    fc.property(pictures, (seeds) => {
      const all = thumbnailsOf(joinedOf(seeds.map((seed) => picture(seed))), seeds.length, layout);
      const at = (i: number) => all.subarray(i * THUMBNAIL_BYTES, (i + 1) * THUMBNAIL_BYTES);
      const near = seeds.map((_, i) => thumbnailIndex(all).nearTo(at(i)));
      near.forEach((found, i) => {
        assertEquals(found.find(({ index }) => index === i)?.difference, 0);
        found.forEach(({ index, difference }, rank) => {
          assert(difference <= 8 && (rank === 0 || difference >= found[rank - 1].difference));
          const back = near[index].find((other) => other.index === i);
          // Of more than 32 that are near, parts are compared of the nearest only.
          if (seeds.length <= 32) assertAlmostEquals(back!.difference, difference, 0.011);
        });
      });
    }),
    { numRuns: 25 },
  );
});

Deno.test("crops and paler copies are found among other pictures, and nothing else", () => {
  const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
  const index = thumbnailIndex(
    thumbnailsOf(joinedOf(seeds.map((seed) => picture(seed))), 60, layout),
  );
  let others = 0;
  for (const [i, seed] of seeds.entries()) {
    for (
      const copy of [
        picture(seed, { zoom: 0.94, left: 0.5, top: 0.5 }),
        picture(seed, { zoom: 0.85, left: 32 * 0.15, top: 0 }),
        picture(seed).map((grey) => Math.max(0, grey - 4)),
      ]
    ) {
      const [first, ...more] = index.nearTo(thumbnailOf(copy));
      assertEquals(first?.index, i, `picture ${seed}`);
      others += more.length;
    }
  }
  assertEquals(others, 0);
});

Deno.test("pictures without contrast are near only to their equals, and an empty set has none", () => {
  const grey = (level: number) => new Uint8Array(THUMBNAIL_BYTES).fill(level);
  const flat = thumbnailIndex(joinedOf([grey(10), grey(12), grey(10)]));
  assertEquals(flat.nearTo(grey(10)).map(({ index }) => index), [0, 2]);
  assertEquals(thumbnailIndex(new Uint8Array()).nearTo(grey(10)), []);
});

Deno.test("hundreds of copies are all found", () => {
  const one = thumbnailOf(picture(7));
  const many = thumbnailIndex(joinedOf(Array.from({ length: 300 }, () => one)));
  assertEquals(
    many.nearTo(one).map(({ index }) => index),
    Array.from({ length: 300 }, (_, i) => i),
  );
});
