/**
 * The search for nearest codes on webgpu: a workgroup compares a query with a chunk of the codes and
 * leaves the k nearest of the chunk.
 *
 * @module
 */
import type { tf, WebGPUBackend } from "../tfjs.ts";
import { int } from "./gpu.ts";
import { type RawProgram, runRaw } from "./gpu_raw.ts";

/** Codes per workgroup; their keys take half of the memory that every device has. */
export const CHUNK = 2048;

const LANES = 64;

/** Bits of a key that hold a code's place in its chunk; those above hold the distance. */
const PLACE_BITS = 11;

/** A key without a code. */
export const NO_KEY = 0xffff_ffff;

/** Codes that an invocation compares at a time: what is loaded of the query is for all of them. */
const TOGETHER = 8;

const each = (line: (i: number) => string): string =>
  Array.from({ length: TOGETHER }, (_, i) => line(i)).join("\n");

const program: RawProgram = {
  key: "sparrow_code_search",
  inputs: [{ name: "codes", type: "i32" }, { name: "queries", type: "i32" }],
  outputs: [{ name: "nearest", type: "i32" }],
  uniforms:
    "groups : i32, chunks : i32, count : i32, words : i32, k : i32, most : i32, overlap : i32",
  before: `
    const NO_KEY = ${NO_KEY}u;
    var<workgroup> keys : array<u32, ${CHUNK}>;
    var<workgroup> least : array<u32, ${LANES}>;
    fn keep(first : i32, place : i32, units : i32) {
      let distance = select(units, uniforms.most - units, uniforms.overlap == 1);
      let key = (u32(distance) << ${PLACE_BITS}u) | u32(place);
      keys[place] = select(NO_KEY, key, first + place < uniforms.count);
    }
    fn leastOf(lane : i32) -> u32 {
      var found = NO_KEY;
      for (var place = lane; place < ${CHUNK}; place = place + ${LANES}) {
        found = min(found, keys[place]);
      }
      return found;
    }`,
  lanes: LANES,
  main: `
    if (group >= uniforms.groups) { return; }
    let query = group / uniforms.chunks;
    let first = (group % uniforms.chunks) * ${CHUNK};
    for (var place = lane; place < ${CHUNK}; place = place + ${LANES * TOGETHER}) {
      ${each((i) => `let code${i} = (first + place + ${i * LANES}) * uniforms.words;`)}
      ${each((i) => `var distance${i} = 0;`)}
      for (var w = 0; w < uniforms.words; w = w + 1) {
        let a = queries[query * uniforms.words + w];
        if (uniforms.overlap == 1) {
          ${each((i) => `distance${i} += countOneBits(a & codes[code${i} + w]);`)}
        } else {
          ${each((i) => `distance${i} += countOneBits(a ^ codes[code${i} + w]);`)}
        }
      }
      ${each((i) => `keep(first, place + ${i * LANES}, distance${i});`)}
    }
    var mine = leastOf(lane);
    for (var n = 0; n < uniforms.k; n = n + 1) {
      least[lane] = mine;
      workgroupBarrier();
      for (var half = ${LANES / 2}; half > 0; half = half / 2) {
        if (lane < half) { least[lane] = min(least[lane], least[lane + half]); }
        workgroupBarrier();
      }
      let best = least[0];
      workgroupBarrier();
      if (lane == 0) { nearest[group * uniforms.k + n] = bitcast<i32>(best); }
      // Keys differ, but for those without a code: one lane has it.
      if (best == mine && best != NO_KEY) {
        keys[best & ${CHUNK - 1}u] = NO_KEY;
        mine = leastOf(lane);
      }
    }`,
};

/**
 * Keys of the nearest codes of each query and chunk.
 *
 * @param codes [count, words], int32.
 * @param queries [many, words], int32.
 * @param width Units of a code, below 2²⁰.
 * @param k At most the size of a chunk.
 * @param common Whether distances are width minus the units that both have, not the units that differ.
 * @returns [many, chunks, k], int32: distance · CHUNK + place, or {@linkcode NO_KEY}.
 */
export function nearestKeys(
  backend: WebGPUBackend,
  codes: tf.TensorInfo,
  queries: tf.TensorInfo,
  width: number,
  k: number,
  common: boolean,
): tf.TensorInfo {
  const [count, words] = codes.shape;
  const chunks = Math.ceil(count / CHUNK);
  const groups = queries.shape[0] * chunks;
  const uniforms = [groups, chunks, count, words, k, width, Number(common)].map(int);
  const output = { shape: [queries.shape[0], chunks, k], dtype: "int32" } as const;
  return runRaw(backend, program, groups, [codes, queries], [output], uniforms)[0];
}
