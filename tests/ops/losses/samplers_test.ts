import fc from "npm:fast-check@4.3.0";
import { seed } from "../../../graph/rng.ts";
import { drawPairs, drawsOf, pairedOrder, relationsOf } from "../../../ops/losses/samplers.ts";
import { selectRows } from "../../../ops/select_rows.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { numbers, onEachBackend } from "../backends.ts";

const labelled = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });

Deno.test("no pair is of a row with itself, and none is there twice, in either order", () => {
  fc.assert(
    fc.property(labelled, fc.nat(), fc.integer({ min: 0, max: 200 }), (labels, start, draws) => {
      const [pairs, next] = drawPairs(labels, draws, seed(start));
      const seen = new Set<string>();
      for (let i = 0; i < pairs.length; i += 2) {
        const [a, b] = [pairs[i], pairs[i + 1]];
        assert(a !== b && a >= 0 && b >= 0 && a < labels.length && b < labels.length);
        seen.add([a, b].sort((x, y) => x - y).join());
      }
      assertEquals(seen.size, pairs.length / 2);
      assert(pairs.length / 2 <= draws);
      assertEquals(drawPairs(labels, draws, seed(start)), [pairs, next]);
    }),
    { numRuns: 60, seed: 26 },
  );
});

Deno.test("pairs are as many as chance allows, and any of them", () => {
  const labels = Array.from({ length: 100 }, (_, i) => i % 10);
  assertEquals(drawsOf(labels, 1), 1000);
  assertEquals(drawsOf([5, 5, 5], 4), 12);
  const [pairs] = drawPairs(labels, 1000, seed(26));
  // 990 differ; of 4,950 pairs 4,950 (1 − e^(−990/4950)) ≈ 897 are drawn at least once, ± 10.
  assert(Math.abs(pairs.length / 2 - 897) < 50, `${pairs.length / 2}`);
  const alike = Array.from({ length: pairs.length / 2 }, (_, i) => i)
    .filter((i) => labels[pairs[2 * i]] === labels[pairs[2 * i + 1]]).length;
  // 450 of the 4,950 pairs are of one class: 82 ± 8.
  assert(Math.abs(alike - 82) < 40, `${alike}`);
});

Deno.test("relations name every valid triplet", () => {
  fc.assert(
    fc.property(labelled, (labels) => {
      const { positive, negative, anchors, anchorOf, positiveOf, triplets } = relationsOf(labels);
      const n = labels.length;
      const found: string[] = [];
      const expected: string[] = [];
      anchorOf.forEach((a, i) => {
        assertEquals(positive[a * n + positiveOf[i]], 1);
        for (let q = 0; q < n; q++) {
          if (negative[a * n + q] === 1) found.push([a, positiveOf[i], q].join());
        }
      });
      for (let a = 0; a < n; a++) {
        for (let p = 0; p < n; p++) {
          for (let q = 0; q < n; q++) {
            if (a !== p && labels[a] === labels[p] && labels[a] !== labels[q]) {
              expected.push([a, p, q].join());
            }
          }
        }
      }
      assertEquals(found, expected);
      assertEquals(triplets, expected.length);
      assertEquals(anchors, [...new Set(anchorOf)]);
    }),
    { numRuns: 60, seed: 26 },
  );
});

onEachBackend("rows are selected, and gradients of a row selected twice are added", async () => {
  const [rows, gradient] = await numbers(() => {
    const x = tf.tensor2d([[1, 2], [3, 4], [5, 6]]);
    const dy = tf.tensor2d([[1, 10], [2, 20], [4, 40]]);
    const picked = selectRows(x, [2, 0, 2]);
    return [picked, tf.grad((y: tf.Tensor) => selectRows(y as tf.Tensor2D, [2, 0, 2]))(x, dy)];
  });
  assertEquals(rows, Float32Array.of(5, 6, 1, 2, 5, 6));
  assertEquals(gradient, Float32Array.of(2, 20, 0, 0, 5, 50));
});

Deno.test("an epoch in pairs has different anchors, each before a neighbour that is not itself", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (count, k, start) => {
        // The neighbours of i are itself and those after it.
        const list = (i: number) => Array.from({ length: k + 1 }, (_, j) => (i + j) % count);
        const indices = Array.from({ length: count }, (_, i) => list(i)).flat();
        const order = pairedOrder({ k: k + 1, indices });
        const [drawn, next] = order(count, seed(start));
        assertEquals(drawn.length, count);
        assertEquals(order(count, seed(start)), [drawn, next]);
        const pairs = Math.floor(count / 2);
        const anchors = drawn.filter((_, at) => at % 2 === 0);
        assertEquals(new Set(anchors).size, anchors.length);
        for (let pair = 0; pair < pairs; pair++) {
          const [anchor, partner] = drawn.subarray(2 * pair);
          assert(list(anchor).includes(partner), `${partner} is no neighbour of ${anchor}`);
          assert(count <= k || anchor !== partner, "its own partner");
        }
      },
    ),
    { numRuns: 100, seed: 26 },
  );
  assertThrows(
    () => pairedOrder({ k: 2, indices: [0, 1, 2, 3] })(4, seed(26)),
    RangeError,
    "expected 4 lists of 2, current value is 4 indices",
  );
});
