import { packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { packBits } from "../../../ops/kernels/pack_bits.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assertEquals } from "../../assert.ts";
import { onEachBackend } from "../backends.ts";
import fc from "npm:fast-check@4.3.0";

onEachBackend("packed where they are made, codes are those packed by plain code", async () => {
  const rowsOf = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100 })).chain(
    ([rows, width]) =>
      fc.tuple(
        fc.constant(width),
        fc.array(fc.constantFrom(0, 1, -0, -1, 1e-30, NaN, Infinity), {
          minLength: rows * width,
          maxLength: rows * width,
        }),
      ),
  );
  await fc.assert(
    fc.asyncProperty(rowsOf, async ([width, values]) => {
      const rows = values.length / width;
      const expected = new Uint32Array(rows * wordsPerCode(width));
      packRows(Float32Array.from(values), width, expected, 0);
      const x = tf.tensor2d(values, [rows, width]);
      const packed = packBits(x);
      assertEquals(packed.shape, [rows, wordsPerCode(width)]);
      assertEquals(Uint32Array.from(await packed.data<"int32">()), expected);
      tf.dispose([x, packed]);
    }),
    { numRuns: 40 },
  );
});

onEachBackend("no codes at all are packed to none", async () => {
  const x = tf.zeros<tf.Rank.R2>([0, 40]);
  const packed = packBits(x);
  assertEquals(packed.shape, [0, 2]);
  assertEquals((await packed.data<"int32">()).length, 0);
  tf.dispose([x, packed]);
});
