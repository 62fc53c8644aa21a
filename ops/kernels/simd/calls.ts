/**
 * Calls of the SIMD kernels in parts for all threads: what the kernels that tfjs runs and the plan of a training
 * step have in common, so that both give the same bits.
 *
 * Matrices are addresses in the backend's memory, row-major.
 *
 * @module
 */
import type { SimdBackend } from "./module.ts";

/** Memory that is good until the next call of a kernel. */
interface Workspace {
  /** The address of the first thread's. */
  readonly work: number;
  /** Bytes from one thread's to the next's. */
  readonly bytes: number;
  /** The address of what all threads share. */
  readonly rest: number;
}

/**
 * @param bytes What each thread needs.
 * @param shared What all need together.
 */
function workspaceOf(kernels: SimdBackend, bytes: number, shared = 0): Workspace {
  // Cache lines apart: threads that write to one line wait for each other.
  const each = 64 * Math.ceil(bytes / 64);
  const all = kernels.threads * each;
  const work = kernels.workspace(all + shared);
  return { work, bytes: each, rest: work + all };
}

// ---- Products

/** Fewer columns than this are not worth a look at how many of them are equal. */
const MOST_DENSE = 256;

/** Whether rows of so many columns may have enough equal columns for a look at them to pay. */
const isWorthLists = (columns: number): boolean => columns >= MOST_DENSE;

/** The bytes that the product works in, for an inner dimension of k: a panel of at most 512 steps along it. */
export const gemmWork = (k: number): number => 32 * Math.min(k, 512) + 128;

/** The bytes that the product of plain rows works in, for k by n: lists of places, column sums, and what `gemm` needs. */
const plainWork = (k: number, n: number): number => gemmWork(k) + 8 * k + 4 * n + 128;

/** Sizes of a linear map. */
export interface LinearSizes {
  /** Samples. */
  readonly rows: number;
  /** Numbers per sample. */
  readonly inputs: number;
  /** Units. */
  readonly outputs: number;
}

/**
 * y [rows, outputs] = x·w + bias.
 *
 * @param bias 0 for none.
 */
export function affine(
  kernels: SimdBackend,
  { rows, inputs: k, outputs: n }: LinearSizes,
  x: number,
  w: number,
  bias: number,
  y: number,
): void {
  if (isWorthLists(k)) {
    const { work, bytes } = workspaceOf(kernels, plainWork(k, n));
    const parting = { rowsAt: 0, growth: { 3: 4 * k, 6: 4 * n }, work: { at: 7, bytes } };
    kernels.inParts("plainTimes", [rows, n, k, x, w, bias, y, work], parting, rows * n * k / 5);
  } else product(kernels, { m: rows, n, k }, [x, k, 1], [w, n, 1], bias, y);
}

/** dx [rows, inputs] = dy·wᵀ. */
export const inputSlope = (
  kernels: SimdBackend,
  { rows, inputs, outputs }: LinearSizes,
  dy: number,
  w: number,
  dx: number,
): void =>
  product(
    kernels,
    { m: rows, n: inputs, k: outputs },
    [dy, outputs, 1],
    [w, 1, outputs],
    0,
    dx,
  );

/** Whether most rows of x [rows, inputs] are mostly one number, so that {@linkcode weightSlope} goes by lists. */
export const isPlain = (
  { simd }: SimdBackend,
  { rows, inputs }: LinearSizes,
  x: number,
): boolean => isWorthLists(inputs) && 2 * simd.plainRows(rows, inputs, x) > rows;

/**
 * dw [inputs, outputs] = xᵀ·dy.
 *
 * @param plain What {@linkcode isPlain} says of x, of all rows of the batch.
 */
export function weightSlope(
  kernels: SimdBackend,
  { rows, inputs: k, outputs: n }: LinearSizes,
  x: number,
  dy: number,
  dw: number,
  plain: boolean,
): void {
  if (plain) {
    const { work, bytes } = workspaceOf(kernels, plainWork(k, n));
    const parting = { rowsAt: 6, growth: { 5: 1, 7: 4 * n }, work: { at: 8, bytes } };
    const args = [rows, n, k, x, dy, 0, k, dw, work] as const;
    kernels.inParts("plainTransposedTimes", [...args], parting, rows * n * k / 5);
  } else product(kernels, { m: k, n, k: rows }, [x, 1, k], [dy, n, 1], 0, dw);
}

/** A matrix: its address, and the floats from a row and from a column to the next. */
export type Strided = readonly [at: number, row: number, column: number];

/** c [m, n] = a [m, k] · b [k, n] + bias. */
export function product(
  kernels: SimdBackend,
  { m, n, k }: { readonly m: number; readonly n: number; readonly k: number },
  a: Strided,
  b: Strided,
  bias: number,
  c: number,
): void {
  const { work, bytes } = workspaceOf(kernels, gemmWork(k));
  const parting = { rowsAt: 0, growth: { 3: 4 * a[1], 10: 4 * n }, work: { at: 11, bytes } };
  kernels.inParts("gemm", [m, n, k, ...a, ...b, bias, c, work], parting, m * n * k);
}

// ---- kWTA

/** Costs of an element, in multiplications: the search for the edges, and the gate. */
const [HARD_COST, SOFT_COST, GRADIENT_COST] = [5, 15, 5];

/** The bytes in which the edges of rows of n units are found, and the constants of the gate. */
const edgeWork = (n: number): number => 8 * n + 16 + 64;

/** Sizes of a competition. */
export interface KwtaSizes {
  /** Competitions. */
  readonly rows: number;
  /** Units of each. */
  readonly n: number;
  /** Winners of each. */
  readonly k: number;
}

/** y = 1 where x is above its row's threshold, else 0. */
export function hardKwta(
  kernels: SimdBackend,
  { rows, n, k }: KwtaSizes,
  x: number,
  y: number,
): void {
  // Behind what the threads work in are the edges, which nobody wants.
  const { work, bytes, rest: edges } = workspaceOf(kernels, edgeWork(n), 8 * rows);
  const growth = { 0: 4 * n, 4: 8, 5: 4 * n };
  const parting = { rowsAt: 1, growth, work: { at: 6, bytes } };
  kernels.inParts("hardKwta", [x, rows, n, k, edges, y, work], parting, HARD_COST * rows * n);
}

/** y = 1 / (1 + exp(−hardness · (x − threshold))), and the edges. */
export function softKwta(
  kernels: SimdBackend,
  { rows, n, k }: KwtaSizes,
  hardness: number,
  x: number,
  edges: number,
  y: number,
): void {
  const { work, bytes } = workspaceOf(kernels, edgeWork(n));
  const growth = { 0: 4 * n, 5: 8, 6: 4 * n };
  const parting = { rowsAt: 1, growth, work: { at: 7, bytes } };
  const args = [x, rows, n, k, hardness, edges, y, work] as const;
  kernels.inParts("softKwta", [...args], parting, SOFT_COST * rows * n);
}

/** The gradient of {@linkcode softKwta}; dx may be dy. */
export function softKwtaSlope(
  kernels: SimdBackend,
  { rows, n }: Pick<KwtaSizes, "rows" | "n">,
  hardness: number,
  dy: number,
  y: number,
  edges: number,
  dx: number,
): void {
  const parting = { rowsAt: 2, growth: { 0: 4 * n, 1: 4 * n, 5: 8, 6: 4 * n } };
  const args = [dy, y, rows, n, hardness, edges, dx] as const;
  kernels.inParts("softGradient", [...args], parting, GRADIENT_COST * rows * n);
}

// ---- Losses

/** Norms are clamped from below at this, as in torch.nn.functional.cosine_similarity. */
export const LEAST_NORM = 1e-8;

/** Codes and triplets of their rows. */
export interface TripletSizes {
  /** Codes. */
  readonly rows: number;
  /** Units of a code. */
  readonly n: number;
  /** Triplets. */
  readonly count: number;
  /** Margin by which a positive has to be more alike than a negative. */
  readonly margin: number;
}

/**
 * The triplet cosine loss, and its gradient [rows, n].
 *
 * @returns The address of one integer per row, good until the next call: 0 where the gradient is 0.
 */
export function tripletCosine(
  kernels: SimdBackend,
  { rows, n, count, margin }: TripletSizes,
  codes: number,
  triplets: number,
  loss: number,
  gradient: number,
): number {
  const { work } = workspaceOf(kernels, 8 * rows);
  kernels.simd.tripletCosine(
    ...[codes, rows, n, triplets, count, margin, LEAST_NORM] as const,
    ...[loss, gradient, work] as const,
  );
  return work + 4 * rows;
}
