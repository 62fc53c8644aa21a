import fc from "npm:fast-check@4.3.0";
import { draw, seed } from "../../../graph/rng.ts";
import { augment } from "../../../pipelines/data/augment.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";

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
  assertEquals(options, { shift: 4, flip: false });
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
