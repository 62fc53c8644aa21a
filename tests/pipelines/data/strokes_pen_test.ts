import { curve, mark, type Point } from "../../../pipelines/data/strokes.ts";
import { assertAlmostEquals, assertEquals } from "../../assert.ts";

Deno.test("a curve passes its points, five steps apart", () => {
  const through: Point[] = [[0, 0], [3, 1], [4, 5], [2, 7]];
  const line = curve(through);
  assertEquals(line.length, 16);
  through.forEach((point, i) => {
    assertAlmostEquals(line[5 * i][0], point[0], 1e-12);
    assertAlmostEquals(line[5 * i][1], point[1], 1e-12);
  });
});

Deno.test("a curve through evenly spaced points of a line stays on it", () => {
  const line = curve([[0, 0], [1, 2], [2, 4], [3, 6]]);
  for (const [x, y] of line) assertAlmostEquals(y, 2 * x, 1e-12);
  assertEquals(curve([[1, 1], [9, 9]]), [[1, 1], [9, 9]]);
});

Deno.test("a mark covers a pixel by its centre's distance to the line", () => {
  const canvas = new Float32Array(49);
  mark(canvas, 7, [[1.5, 3.5], [5.5, 3.5]], 1.25, 1.25);
  const row = (y: number) => [...canvas.subarray(7 * y, 7 * y + 7)];
  assertEquals(row(3), [0.75, 1, 1, 1, 1, 1, 0.75]);
  assertEquals(row(2).slice(1, 6), [0.75, 0.75, 0.75, 0.75, 0.75]);
  assertEquals(row(4), row(2));
  assertEquals(row(1), [0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("a mark keeps what is darker, and what lies outside is cut off", () => {
  const canvas = new Float32Array(16).fill(0.5);
  mark(canvas, 4, [[-3, 0.5], [9, 0.5]], 0.75, 0.75);
  assertEquals([...canvas.subarray(0, 4)], [1, 1, 1, 1]);
  assertEquals([...canvas.subarray(4)], new Array(12).fill(0.5));
  mark(canvas, 4, [[-9, -9], [-5, -5]], 1, 1);
  mark(canvas, 4, [[2.5, 2.5], [2.5, 2.5]], 0.5, 0.5);
  assertEquals(canvas[10], 1);
});
