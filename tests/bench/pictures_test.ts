/** The measures and descriptors of `deno task bench:pictures`. */
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { descriptors, dHash, greyMeans, pHash } from "./pictures/descriptors.ts";
import { confused, estimate, foundFirst, halves, paired } from "./pictures/measures.ts";
import { precision, studentQuantile } from "./pictures/measures.ts";

Deno.test("precision counts the classes of the nearest, and those of the nearest five", () => {
  const classes = ["a", "b", "a", "b", "a"];
  const found = [[0, 2, 4, 1, 3], [0, 1, 3, 2, 4]];
  assertEquals(precision(found, ["a", "b"], classes), { at1: 0.5, at5: 0.5 });
  assertEquals(foundFirst([[0, 1], [0, 1], [2, 0]]), 2 / 3);
});

Deno.test("queries are confused where different pictures have the same five at distance 0", () => {
  const same = { found: [3, 1, 2, 0, 4], distances: [0, 0, 0, 0, 0] };
  const other = { found: [1, 2, 3, 4, 0], distances: [0, 0, 0, 0, 0] };
  const apart = { found: [3, 1, 2, 0, 4], distances: [0, 0, 0, 0, 1] };
  const answers = [
    { ...same, picture: "x" },
    { ...same, picture: "x" },
    { ...other, picture: "y" },
    { ...apart, picture: "z" },
  ];
  assertEquals(confused(answers), 2);
  assertEquals(confused(answers.slice(0, 2)), 0);
});

Deno.test("each half of the classes is trained on once, and searched in once", () => {
  const parts = halves(["d", "a", "c", "b", "a"]);
  assertEquals(parts, [
    { seen: ["a", "c"], unseen: ["b", "d"] },
    { seen: ["b", "d"], unseen: ["a", "c"] },
  ]);
});

Deno.test("intervals are Student's: the quantiles of published tables", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, column 0.975.
  for (const [freedom, quantile] of [[1, 12.706], [2, 4.303], [9, 2.262], [30, 2.042]]) {
    assertAlmostEquals(studentQuantile(freedom), quantile, 6e-4);
  }
  const { mean, half } = estimate([1, 2, 3]);
  assertEquals(mean, 2);
  assertAlmostEquals(half!, 4.303 / Math.sqrt(3), 1e-3);
  assertAlmostEquals(paired([2, 4, 6], [1, 3, 5]).half!, 0, 1e-12);
  assertEquals(estimate([1]).half, null);
});

/** A picture whose grey is a function of its place. */
const picture = (width: number, height: number, grey: (x: number, y: number) => number) => ({
  width,
  height,
  pixels: Uint8Array.from({ length: 4 * width * height }, (_, i) => {
    const place = i >> 2;
    return (i & 3) === 3 ? 255 : grey(place % width, Math.floor(place / width));
  }),
});

Deno.test("means over rows and columns that do not divide a picture add up to its mean", () => {
  const ramp = picture(30, 20, (x) => 8 * x);
  const grey = greyMeans(ramp, 8, 9);
  assertEquals(grey.length, 72);
  assertAlmostEquals(grey.reduce((sum, value) => sum + value, 0) / 72, 8 * 14.5, 1e-9);
  assertEquals(dHash(ramp), new Float64Array(64).fill(1));
  assertEquals(dHash(picture(30, 20, (x) => 255 - 8 * x)), new Float64Array(64));
});

Deno.test("descriptors say that a picture is itself, and that its negative is not", () => {
  const grey = (x: number, y: number) => 70 + 60 * Math.sin(x / 5) * Math.cos(y / 7);
  const [one, negative] = [picture(40, 40, grey), picture(40, 40, (x, y) => 255 - grey(x, y))];
  for (const { name, of, distance } of descriptors) {
    assertAlmostEquals(distance(of(one), of(one)), 0, 1e-12, name);
    assert(distance(of(one), of(negative)) > 0.2, name);
  }
  // No frequency is above the mean of all in both.
  const [a, b] = [pHash(one), pHash(negative)];
  assert(a.every((bit, i) => bit === 0 || b[i] === 0));
});
