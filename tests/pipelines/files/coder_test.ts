import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import type { VectorCoder } from "../../../ops/codes/coders.ts";
import { productCoder } from "../../../ops/codes/product_quantiser.ts";
import { projectionCoder } from "../../../ops/codes/projections.ts";
import { readCoder, writeCoder } from "../../../pipelines/files/coder.ts";
import { readSafetensors, writeSafetensors } from "../../../pipelines/files/safetensors.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { units } from "../../ops/codes/float_vectors.ts";
import { right } from "../tiny.ts";

const vectors = units(30, 5, 1);

const coders: readonly VectorCoder[] = [
  right(projectionCoder(vectors, { bits: 12, centred: true }, seed(1)))[0],
  right(projectionCoder(vectors, { bits: 12, winners: 3 }, seed(1)))[0],
  right(productCoder(vectors, { bits: 12 }, seed(1)))[0],
  right(productCoder(vectors, { bits: 16, partBits: 8 }, seed(1)))[0],
];

Deno.test("a coder that is written and read is the same", () => {
  for (const coder of coders) assertEquals(readCoder("c", writeCoder(coder)), E.right(coder));
});

Deno.test("what does not fit is refused in words", () => {
  const change = (at: number, metadata: Readonly<Record<string, string>>): string => {
    const file = right(readSafetensors("c", writeCoder(coders[at])));
    const bytes = writeSafetensors({ ...file, metadata: { ...file.metadata, ...metadata } });
    const read = readCoder("c", bytes);
    return E.isLeft(read) ? describe(read.left) : "read";
  };
  assertEquals(change(0, {}), "read");
  assertStringIncludes(
    change(0, { format: "other" }),
    "to be sparrow-coder-1, current value is other",
  );
  assertStringIncludes(change(0, { width: "1e9" }), '"inputs" and "width" to be from 1');
  assertStringIncludes(change(0, { width: "13" }), "directions of 65 numbers and offsets of 13");
  assertStringIncludes(change(1, { winners: "12" }), '"winners" to be from 1 to 11');
  assertStringIncludes(change(2, { part_bits: "5" }), '"part_bits" 4 or 8');
  assertStringIncludes(change(2, { inputs: "6" }), "rise from 0 to 6");
  assertStringIncludes(change(2, { kind: "tree" }), "linear, or product");
});
