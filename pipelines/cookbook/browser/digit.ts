/**
 * A drawing as MNIST has its digits: the ink fits 20 × 20 pixels, its centre of mass is the centre of 28 × 28.
 *
 * @module
 */
/// <reference lib="dom" />
const SIDE = 28;
const INK = 20;

/** The bytes of the red channel, 0 to 255, row-major. */
const redOf = (canvas: HTMLCanvasElement): Uint8Array => {
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
};

/** Returns the 784 bytes of a drawing in white on black; null for an empty canvas. */
export function digitOf(canvas: HTMLCanvasElement): Uint8Array<ArrayBuffer> | null {
  const bytes = redOf(canvas);
  const { width } = canvas;
  const inked = bytes.reduce<number[]>((found, byte, i) => byte > 0 ? [...found, i] : found, []);
  if (inked.length === 0) return null;
  const columns = inked.map((i) => i % width);
  const rows = inked.map((i) => Math.floor(i / width));
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));
  const [left, top] = [least(columns), least(rows)];
  const [wide, high] = [most(columns) - left + 1, most(rows) - top + 1];
  const scale = INK / Math.max(wide, high);
  const small = document.createElement("canvas");
  small.width = small.height = SIDE;
  const context = small.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "high";
  const place = (x: number, y: number) => {
    context.fillRect(0, 0, SIDE, SIDE);
    context.drawImage(canvas, left, top, wide, high, x, y, wide * scale, high * scale);
    return redOf(small);
  };
  const [x, y] = [(SIDE - wide * scale) / 2, (SIDE - high * scale) / 2];
  const seen = place(x, y);
  const total = seen.reduce((sum, byte) => sum + byte, 0);
  const centre = (axis: (i: number) => number) =>
    seen.reduce((sum, byte, i) => sum + byte * axis(i), 0) / total;
  const middle = (SIDE - 1) / 2;
  const dx = Math.round(middle - centre((i) => i % SIDE));
  const dy = Math.round(middle - centre((i) => Math.floor(i / SIDE)));
  return Uint8Array.from(place(x + dx, y + dy));
}
