import { tf } from "../../../ops/tfjs.ts";
import { assertEquals } from "../../assert.ts";
import { onGpu } from "../gpu.ts";

onGpu("what is uploaded comes back: floats, integers, booleans, and nothing at all", async () => {
  const floats = Float32Array.from({ length: 100_003 }, (_, i) => (i - 50_000) * 0.1);
  const integers = Int32Array.from(
    { length: 1001 },
    (_, i) => (i % 2 === 0 ? 1 : -1) * i * 2 ** 20,
  );
  const made = [
    tf.tensor1d(floats),
    tf.tensor1d(integers, "int32"),
    tf.tensor1d([true, false, true], "bool"),
    tf.tensor2d([], [0, 4]),
  ];
  // A computation makes tfjs upload them; each is repeated once.
  const computed = made.map((tensor) =>
    tf.tidy(() => tf.reshape(tf.tile(tensor, tensor.shape.map((_, i) => i === 0 ? 2 : 1)), [-1]))
  );
  const read = await Promise.all(computed.map((tensor) => tensor.data()));
  tf.dispose([...made, ...computed]);
  assertEquals(read[0], Float32Array.from([...floats, ...floats]));
  assertEquals(read[1], Int32Array.from([...integers, ...integers]));
  assertEquals([...read[2]].map(Boolean), [true, false, true, true, false, true]);
  assertEquals(read[3].length, 0);
});

onGpu(
  "a buffer that is used again has the new values, and what was computed keeps the old ones",
  async () => {
    const size = 4096;
    const sums: Promise<Float32Array>[] = [];
    // Each round disposes of its input before its result is read: tfjs gives the buffer to the next.
    for (let round = 0; round < 20; round++) {
      const x = tf.tensor1d(new Float32Array(size).fill(round));
      const total = tf.tidy(() => tf.sum(x));
      x.dispose();
      sums.push(total.data<"float32">().finally(() => total.dispose()));
    }
    const read = await Promise.all(sums);
    assertEquals(
      read.map(([value]) => value),
      Array.from({ length: 20 }, (_, round) => round * size),
    );
  },
);
