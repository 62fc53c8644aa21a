import fc from "npm:fast-check@4.3.0";
import { classMoments, codeMoments } from "../../../ops/metrics/centroids.ts";
import type { BinaryEmbeddings } from "../../../ops/embeddings.ts";
import { assertEquals, assertThrows } from "../../assert.ts";
import { assertClose } from "../backends.ts";
import { codeSets, packed } from "./embeddings.ts";

Deno.test("the moments of codes are those of their bits as numbers", () => {
  fc.assert(
    fc.property(codeSets(1), ([x]) => {
      const labels = Array.from({ length: x.count }, (_, i) => (i * 2) % 3);
      const codes = packed(x) as BinaryEmbeddings;
      // Of the fourth class there is no sample.
      const [counted, expected] = [codeMoments(codes, labels, 4), classMoments(x, labels, 4)];
      counted.forEach((one, c) => {
        assertEquals(one.count, expected[c].count);
        assertEquals(one.mean, expected[c].mean);
        assertClose(one.squares, expected[c].squares, 1e-12, "squares");
      });
      assertEquals(counted.length, 4);
    }),
    { numRuns: 100, seed: 26 },
  );
});

Deno.test("codes without their labels are refused", () => {
  const codes = { kind: "binary", count: 2, width: 1, words: Uint32Array.of(1, 0) } as const;
  assertThrows(() => codeMoments(codes, [0], 1), RangeError, "expected length 2, current value");
});
