import fc from "npm:fast-check@4.3.0";
import { backgroundOf, gatherLabels, normaliser } from "../../../pipelines/data/normalise.ts";
import { assert, assertEquals } from "../../assert.ts";

const [mean, std] = [0.1307, 0.3081];
const mnist = { mean: [mean], std: [std] };

Deno.test("a normaliser maps each byte to (byte / 255 − mean) / std in float32, exactly", () => {
  const pixels = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const split = { count: 1, values: pixels, labels: new Uint8Array(1) };
  assertEquals(
    [...normaliser(mnist)(split, 256, Uint32Array.of(0))],
    [...pixels].map((byte) => Math.fround((byte / 255 - mean) / std)),
  );
});

Deno.test("a normaliser gathers rows by index, in any order and repeated", () => {
  const gather = normaliser(mnist);
  const splits = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    .chain(([count, size]) =>
      fc.record({
        size: fc.constant(size),
        split: fc.record({
          count: fc.constant(count),
          values: fc.uint8Array({ minLength: count * size, maxLength: count * size }),
          labels: fc.uint8Array({ minLength: count, maxLength: count, max: 9 }),
        }),
        picks: fc.array(fc.nat(count - 1), { maxLength: 12 }).map((picks) =>
          Uint32Array.from(picks)
        ),
      })
    );
  fc.assert(fc.property(splits, ({ split, size, picks }) => {
    const rows = [...picks].flatMap((pick) => [
      ...split.values.slice(pick * size, (pick + 1) * size),
    ]);
    const expected = rows.map((byte) => Math.fround((byte / 255 - mean) / std));
    assertEquals([...gather(split, size, picks)], expected);
    assertEquals([...gatherLabels(split, picks)], [...picks].map((pick) => split.labels[pick]));

    const into = new Float32Array(picks.length * size).fill(NaN);
    assert(gather(split, size, picks, into) === into);
    assertEquals([...into], expected);
  }));
});

Deno.test("a normaliser of channels is as many normalisers, each of every so manieth byte", () => {
  const channels = fc.array(
    fc.record({
      mean: fc.double({ min: 0, max: 1, noNaN: true }),
      std: fc.constantFrom(0.2, 0.5, 1),
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(fc.property(channels, fc.integer({ min: 1, max: 7 }), (each, area) => {
    const [count, size] = [3, area * each.length];
    const pixels = Uint8Array.from({ length: count * size }, (_, i) => (i * 97) % 256);
    const split = { count, values: pixels, labels: new Uint8Array(count) };
    const picks = Uint32Array.of(2, 0, 2);
    const normalisation = { mean: each.map((one) => one.mean), std: each.map((one) => one.std) };
    const batch = normaliser(normalisation)(split, size, picks);
    each.forEach((one, channel) => {
      const alone = normaliser({ mean: [one.mean], std: [one.std] })(split, size, picks);
      const ours = (_: number, i: number) => i % each.length === channel;
      assertEquals(batch.filter(ours), alone.filter(ours));
    });
    const black = normaliser(normalisation)(
      { values: new Uint8Array(size) },
      size,
      Uint32Array.of(0),
    );
    assertEquals([...black.subarray(0, each.length)], [...backgroundOf(normalisation)]);
  }));
});

Deno.test("two normalisers do not share their tables", () => {
  const split = { count: 1, values: Uint8Array.of(255), labels: Uint8Array.of(3) };
  const plain = normaliser({ mean: [0], std: [1] });
  const centred = normaliser({ mean: [1], std: [2] });
  assertEquals([...plain(split, 1, Uint32Array.of(0))], [1]);
  assertEquals([...centred(split, 1, Uint32Array.of(0))], [0]);
});

Deno.test("a normaliser maps each float to (x − mean) · (1 / std) in float32, exactly", () => {
  const float = fc.float({ noNaN: true, min: -1e6, max: 1e6 });
  const each = fc.array(
    fc.record({ mean: float, std: fc.float({ noNaN: true, min: Math.fround(1e-3), max: 1e3 }) }),
    { minLength: 1, maxLength: 4 },
  );
  const cases = each.chain((each) =>
    fc.tuple(
      fc.constant(each),
      fc.array(float, { minLength: 6 * each.length, maxLength: 6 * each.length }),
    )
  );
  const { fround } = Math;
  fc.assert(fc.property(cases, ([each, numbers]) => {
    const normalisation = { mean: each.map(({ mean }) => mean), std: each.map(({ std }) => std) };
    const values = Float32Array.from(numbers);
    const size = 2 * each.length;
    const made = normaliser(normalisation)({ values }, size, Uint32Array.of(2, 0, 2));
    const expected = [2, 0, 2].flatMap((row) =>
      Array.from(values.subarray(row * size, (row + 1) * size), (x, i) => {
        const { mean, std } = each[i % each.length];
        return fround(fround(x - fround(mean)) * fround(1 / std));
      })
    );
    assertEquals([...made], expected);
  }));
});

Deno.test("a mean of 0 and a deviation of 1 leave floats as they are, to the bit", () => {
  const values = Float32Array.of(-0, 1e-45, 3.4e38, -7);
  const made = normaliser({ mean: [0, 0], std: [1, 1] })({ values }, 4, Uint32Array.of(0));
  assertEquals(new Uint32Array(made.buffer), new Uint32Array(values.buffer));
});

Deno.test("labels of samples that have none are zeros", () => {
  assertEquals(gatherLabels({ labels: null }, Uint32Array.of(5, 2)), Int32Array.of(0, 0));
  const large = { labels: Uint32Array.of(3, 70_000) };
  assertEquals(gatherLabels(large, Uint32Array.of(1, 0)), Int32Array.of(70_000, 3));
});
