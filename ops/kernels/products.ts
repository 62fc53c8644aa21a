/**
 * Products of many rows with the same directions, in float32, on a memory of its own: by SIMD where the engine has
 * it, else by plain loops. It loads no tfjs.
 *
 * @module
 */
import { wordsPerCode } from "../embeddings.ts";
import { edgeFinder, midway } from "./select_edges.ts";
import { type Simd, simdOn } from "./simd/module.ts";

/** Directions that rows are multiplied with. */
export interface Directions {
  /** Numbers of a row. */
  readonly width: number;
  /** Number of directions. */
  readonly count: number;
  /**
   * Multiplies rows with all directions, a block at a time.
   *
   * @param rows Whole rows, one after the other.
   * @param visit Takes the products of a block, [many, count] and good until it returns, and the block's first row.
   */
  readonly times: (
    rows: Float32Array,
    visit: (products: Float32Array, first: number, many: number) => void,
  ) => void;
  /**
   * Multiplies rows with all directions, and packs which products are large: those above 0, or where `winners` is
   * a number those above the threshold of kWTA.
   *
   * @param rows Whole rows, one after the other.
   * @param winners Number of winners, from 1 to count − 1; null for the sign.
   * @returns Packed codes, `wordsPerCode` words per row.
   */
  readonly pack: (rows: Float32Array, winners: number | null) => Uint32Array;
}

/** Floats of products at a time: they fit the second cache. */
const BLOCK = 2 ** 16;

/** Unused bytes at the beginning, so that no address is 0. */
const BEGINNING = 64;

const PAGE = 65_536;

/** The highest page that a module of SIMD kernels may have. */
const MOST_PAGES = 65_536;

/**
 * Prepares directions.
 *
 * @param directions count × width numbers, a direction after the other.
 * @param offsets Numbers that are added to the products, one per direction. @default zeros
 * @param on "cpu" is plain TypeScript and the reference. @default "wasm"
 *
 * @example
 * ```ts
 * import { directionsOf } from "./products.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const axes = directionsOf(Float32Array.of(1, 0, 0, 1, 1, 1), 2);
 * axes.times(Float32Array.of(3, -4), (products) => assertEquals([...products], [3, -4, -1]));
 * assertEquals([...axes.pack(Float32Array.of(3, -4), null)], [0b001]);
 * ```
 */
export function directionsOf(
  directions: Float32Array,
  width: number,
  offsets?: Float32Array,
  on: "wasm" | "cpu" = "wasm",
): Directions {
  const count = directions.length / width;
  const shifts = offsets ?? new Float32Array(count);
  return (on === "wasm" ? bySimd(directions, width, shifts) : null) ??
    plainly(directions, width, shifts);
}

/** Rows of a block. */
const rowsPerBlock = (count: number): number => Math.max(6, Math.min(1024, (BLOCK / count) | 0));

function bySimd(directions: Float32Array, width: number, offsets: Float32Array): Directions | null {
  const count = offsets.length;
  const most = rowsPerBlock(count);
  const perCode = wordsPerCode(count);
  let end = BEGINNING;
  const reserve = (bytes: number): number => {
    const at = end;
    end += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const weights = reserve(4 * directions.length);
  const bias = reserve(4 * count);
  const rowsAt = reserve(4 * most * width);
  const products = reserve(4 * most * count);
  const edges = reserve(8 * most);
  const words = reserve(4 * most * perCode);
  // What `gemm` and `hardKwta` say that they work in.
  const work = reserve(Math.max(32 * (width + 1) + 32, 8 * count + 64) + 64);
  const pages = Math.ceil(end / PAGE);
  if (pages > MOST_PAGES) return null;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const simd: Simd | null = simdOn(memory);
  if (simd === null) return null;
  const { buffer } = memory;
  new Float32Array(buffer, weights, directions.length).set(directions);
  new Float32Array(buffer, bias, count).set(offsets);
  const given = new Float32Array(buffer, rowsAt, most * width);
  const made = new Float32Array(buffer, products, most * count);
  const packed = new Uint32Array(buffer, words, most * perCode);

  const blocks = (rows: Float32Array, visit: (first: number, many: number) => void): void => {
    const all = rows.length / width;
    for (let first = 0; first < all; first += most) {
      const many = Math.min(most, all - first);
      given.set(rows.subarray(first * width, (first + many) * width));
      simd.gemm(
        ...[many, count, width, rowsAt, width, 1, weights, 1, width, bias] as const,
        ...[products, work] as const,
      );
      visit(first, many);
    }
  };
  return {
    width,
    count,
    times: (rows, visit) =>
      blocks(rows, (first, many) => visit(made.subarray(0, many * count), first, many)),
    pack: (rows, winners) => {
      const codes = new Uint32Array(rows.length / width * perCode);
      blocks(rows, (first, many) => {
        if (winners !== null) {
          simd.hardKwta(products, many, count, winners, edges, products, work);
        }
        simd.packBits(products, many, count, words);
        codes.set(packed.subarray(0, many * perCode), first * perCode);
      });
      return codes;
    },
  };
}

function plainly(directions: Float32Array, width: number, offsets: Float32Array): Directions {
  const count = offsets.length;
  const perCode = wordsPerCode(count);
  const times: Directions["times"] = (rows, visit) => {
    const all = rows.length / width;
    const most = rowsPerBlock(count);
    for (let first = 0; first < all; first += most) {
      const many = Math.min(most, all - first);
      const products = new Float32Array(many * count);
      for (let i = 0; i < many; i++) {
        for (let j = 0; j < count; j++) {
          let sum = offsets[j];
          const [row, direction] = [(first + i) * width, j * width];
          for (let u = 0; u < width; u++) sum += rows[row + u] * directions[direction + u];
          products[i * count + j] = sum;
        }
      }
      visit(products, first, many);
    }
  };
  return {
    width,
    count,
    times,
    pack: (rows, winners) => {
      const codes = new Uint32Array(rows.length / width * perCode);
      const finder = winners === null ? null : edgeFinder(count, winners);
      const edges = new Int32Array(2);
      times(rows, (products, first, many) => {
        for (let i = 0; i < many; i++) {
          const at = i * count;
          finder?.find(products, at, edges, 0);
          const threshold = finder === null
            ? 0
            : midway(products[at + edges[0]], products[at + edges[1]]);
          const to = (first + i) * perCode;
          for (let j = 0; j < count; j++) {
            if (products[at + j] > threshold) codes[to + (j >>> 5)] |= 1 << (j & 31);
          }
        }
      });
      return codes;
    },
  };
}
