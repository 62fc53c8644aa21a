import { describe } from "../../../graph/error.ts";
import { graph, parse } from "../../../graph/parse.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { toValues } from "../../../ops/codes/valued.ts";
import { createRun, dispose } from "../../../pipelines/core/run.ts";
import { encode, encodeValues } from "../../../pipelines/encode/encode.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { left, right } from "../tiny.ts";

/** Number of images: more than one batch. */
const count = 1100;

const vectors = {
  count,
  values: draw(
    seed(26),
    ({ unit }) => Float32Array.from({ length: 4 * count }, () => unit() - 0.5),
  )[0],
  normalisation: { mean: [0], std: [1] },
};

onEachBackend("winners with their values are the dense outputs, whatever the node", async () => {
  const tail = "fanout(identity, linear(64, 4))";
  for (const code of ["top_k(5)", "batch_top_k(5)", "k_winners(0.1)", "kwta(0.1)"]) {
    const nodes = graph`linear(4, 64) ▷ ${right(parse(`${code} ▷ ${tail}`))}`;
    const run = right(createRun({ graph: nodes, seed: 26 }));
    const valued = right(await encodeValues(run, vectors)());
    const dense = right(await encode(run, vectors)());
    if (dense.kind === "dense") assertEquals(toValues(valued), dense.values);
    else {
      assertEquals(valued.codes.words, dense.words);
      assert(valued.values.every((value) => value === 1));
    }
    dispose(run);
  }
});

Deno.test("an output that is not finite is refused, and no sample is no code", async () => {
  const weight = { shape: [4, 2], data: new Float32Array(8).fill(3e38) };
  const bias = { shape: [2], data: new Float32Array(2) };
  const params = { "0.weight": weight, "0.bias": bias };
  const run = right(createRun({ graph: graph`linear(4, 2) ▷ relu`, params }));
  const large = { ...vectors, count: 1, values: new Float32Array(4).fill(10) };
  assertStringIncludes(describe(left(await encodeValues(run, large)())), "values[0]");
  const none = { ...vectors, count: 0, values: new Float32Array() };
  assertEquals(right(await encodeValues(run, none)()).codes.count, 0);
  dispose(run);
});
