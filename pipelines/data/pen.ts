/**
 * A round pen on a square canvas: smooth curves and anti-aliased marks.
 *
 * Only +, −, ×, / and the square root are used, which IEEE 754 rounds the same way everywhere, so
 * that a drawing is the same to the bit on every machine.
 *
 * @module
 */
import type { Point } from "./glyphs.ts";

const pieces = 5;

/**
 * A smooth curve through points, as short straight pieces (a uniform Catmull–Rom spline: Catmull &
 * Rom, "A class of local interpolating splines", 1974).
 *
 * @param through At least 2 points; two stay a straight line.
 * @returns Its first point, then 5 points for each further one.
 */
export function curve(through: readonly Point[]): readonly Point[] {
  if (through.length < 3) return through;
  const last = through.length - 1;
  const at = (i: number) => through[Math.min(Math.max(i, 0), last)];
  const line: Point[] = [through[0]];
  for (let i = 0; i < last; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      line.push([spline(a[0], b[0], c[0], d[0], t), spline(a[1], b[1], c[1], d[1], t)]);
    }
  }
  return line;
}

const spline = (a: number, b: number, c: number, d: number, t: number): number =>
  b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));

/**
 * Marks a line with a round pen: each pixel keeps the larger of its value and its coverage, which
 * falls from 1 to 0 within one pixel around the edge, by the distance to the line.
 *
 * @param canvas side × side numbers from 0 to 1, row-major, which are changed.
 * @param line In pixels, (0, 0) being the upper left corner; what lies outside is cut off.
 * @param start The pen's radius where the line begins, in pixels.
 * @param end The pen's radius where the line ends; it changes evenly in between.
 */
export function mark(
  canvas: Float32Array,
  side: number,
  line: readonly Point[],
  start: number,
  end: number,
): void {
  const steps = line.length - 1;
  for (let step = 0; step < steps; step++) {
    const [x, y] = line[step];
    const [dx, dy] = [line[step + 1][0] - x, line[step + 1][1] - y];
    const reach = 0.5 + start + (end - start) * (step + 0.5) / steps;
    const left = Math.max(0, Math.floor(Math.min(x, x + dx) - reach));
    const right = Math.min(side - 1, Math.floor(Math.max(x, x + dx) + reach));
    const top = Math.max(0, Math.floor(Math.min(y, y + dy) - reach));
    const bottom = Math.min(side - 1, Math.floor(Math.max(y, y + dy) + reach));
    const squared = dx * dx + dy * dy;
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const [px, py] = [column + 0.5 - x, row + 0.5 - y];
        const along = squared === 0 ? 0 : (px * dx + py * dy) / squared;
        const nearest = along < 0 ? 0 : along > 1 ? 1 : along;
        const [ex, ey] = [px - nearest * dx, py - nearest * dy];
        const coverage = Math.min(1, reach - Math.sqrt(ex * ex + ey * ey));
        const at = row * side + column;
        if (coverage > canvas[at]) canvas[at] = coverage;
      }
    }
  }
}
