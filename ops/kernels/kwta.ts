/**
 * kWTA and its gradients as kernels: what all backends have in common, and the kernels on wasm and cpu.
 * Those on webgpu are in `kwta_gpu.ts`. Rows are samples: tensors have the shape [rows, units].
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import type { Gate } from "../../graph/node.ts";
import { registerHostKernel } from "./host.ts";
import { edgeFinder, midway, type View } from "./select_edges.ts";
import { registerSimdKernel } from "./simd/register.ts";

/** x → 1 where x is above its row's threshold, else 0. The gradient is straight through. */
export const HARD_KWTA = "SparrowHardKwta";

/** x → [gate(hardness · (x − threshold)), edges], the edges as int32 [rows, 2]. */
export const SOFT_KWTA = "SparrowSoftKwta";

/** The gradient of {@linkcode SOFT_KWTA}: (dy, x, y, edges) → dx. */
export const SOFT_KWTA_GRADIENT = "SparrowSoftKwtaGradient";

/**
 * x → 1 for the k largest of its row, else 0: with `ties` all that equal the k-th, without only those
 * that come first. It has no gradient.
 */
export const WINNERS = "SparrowWinners";

/** Attributes of {@linkcode WINNERS}. */
export interface WinnersAttributes {
  /** Winners per row, from 1 to units − 1. */
  readonly k: number;
  /** Whether all that equal the k-th win. */
  readonly ties: boolean;
}

/** Attributes of the kWTA kernels. */
export interface KwtaAttributes {
  /** Winners per row, from 1 to units − 1. */
  readonly k: number;
}

/** Attributes of the soft kWTA kernels. */
export interface SoftKwtaAttributes extends KwtaAttributes {
  /** The slope of the gate, above 0. */
  readonly hardness: number;
  /** The form of the gate. */
  readonly gate: Gate;
}

tf.registerGradient({
  kernelName: HARD_KWTA,
  gradFunc: (dy) => ({ x: () => (dy as tf.Tensor).clone() }),
});

tf.registerGradient({
  kernelName: SOFT_KWTA,
  inputsToSave: ["x"],
  outputsToSave: [true, true],
  gradFunc: (dy, saved, attributes) => {
    const [x, y, edges] = saved;
    return {
      x: () =>
        tf.engine().runKernel(
          SOFT_KWTA_GRADIENT,
          { dy: (dy as tf.Tensor[])[0], x, y, edges },
          attributes,
        ),
    };
  },
});

// ---- wasm and cpu

registerHostKernel<KwtaAttributes>({
  name: HARD_KWTA,
  inputs: ["x"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: ([x], [y], [[rows, n]], { k }) => {
    const { find } = edgeFinder(n, k);
    const edges = new Int32Array(2);
    for (let row = 0, at = 0; row < rows; row++, at += n) {
      find(x, at, edges, 0);
      const threshold = midway(x[at + edges[0]], x[at + edges[1]]);
      for (let i = at; i < at + n; i++) y[i] = x[i] > threshold ? 1 : 0;
    }
  },
});

registerHostKernel<WinnersAttributes>({
  name: WINNERS,
  inputs: ["x"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: ([x], [y], [[rows, n]], { k, ties }) => {
    const { find } = edgeFinder(n, k);
    const edges = new Int32Array(2);
    for (let row = 0, at = 0; row < rows; row++, at += n) {
      find(x, at, edges, 0);
      const [last] = edges;
      const least = x[at + last];
      for (let i = 0; i < n; i++) {
        const value = x[at + i];
        y[at + i] = value > least || (value === least && (ties || i <= last)) ? 1 : 0;
      }
    }
  },
});

/** x → [hardness · (x − threshold), edges]: the soft kWTA before its gate. */
const BEFORE_GATE = "SparrowSoftKwtaBeforeGate";

registerHostKernel<SoftKwtaAttributes>({
  name: BEFORE_GATE,
  inputs: ["x"],
  outputs: ([shape]) => [
    { shape, dtype: "float32" },
    { shape: [shape[0], 2], dtype: "int32" },
  ],
  run: ([x], [z, edges], [[rows, n]], { k, hardness, gate }) => {
    const { find } = edgeFinder(n, k);
    for (let row = 0, at = 0; row < rows; row++, at += n) {
      find(x, at, edges, 2 * row);
      const threshold = midway(x[at + edges[2 * row]], x[at + edges[2 * row + 1]]);
      for (let i = at; i < at + n; i++) z[i] = hardness * (x[i] - threshold);
      if (gate === "hard_sigmoid") hardSigmoid(z, at, n);
    }
  },
});

function hardSigmoid(z: View, at: number, n: number): void {
  for (let i = at; i < at + n; i++) z[i] = z[i] <= -3 ? 0 : z[i] >= 3 ? 1 : (z[i] + 3) / 6;
}

// The logistic function is tfjs's own: on wasm it is vectorised, Math.exp is not.
for (const backendName of ["wasm", "cpu"]) {
  tf.registerKernel({
    kernelName: SOFT_KWTA,
    backendName,
    kernelFunc: (call) => {
      const beforeGate = tf.getKernel(BEFORE_GATE, backendName);
      const outputs = beforeGate.kernelFunc(call) as tf.TensorInfo[];
      if ((call.attrs as unknown as SoftKwtaAttributes).gate === "hard_sigmoid") return outputs;
      const [z, edges] = outputs;
      const { backend } = call;
      const logistic = tf.getKernel("Sigmoid", backendName);
      const y = logistic.kernelFunc({ inputs: { x: z }, backend, attrs: {} }) as tf.TensorInfo;
      (backend as tf.KernelBackend).disposeData(z.dataId);
      return [y, edges];
    },
  });
}

registerHostKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA_GRADIENT,
  inputs: ["dy", "x", "y", "edges"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: ([dy, x, y, edges], [dx], [[rows, n]], { hardness, gate }) => {
    for (let row = 0, at = 0; row < rows; row++, at += n) {
      const last = at + edges[2 * row];
      const next = at + edges[2 * row + 1];
      const sum = gate === "sigmoid"
        ? sigmoidGradient(dy, y, dx, at, n, hardness)
        : hardSigmoidGradient(dy, x, dx, at, n, midway(x[last], x[next]), hardness);
      // The threshold moves with both: half of minus the sum is theirs.
      dx[last] -= sum / 2;
      dx[next] -= sum / 2;
    }
  },
});

/**
 * Writes a_i = h · y_i (1 − y_i) · dy_i; returns their sum, of two halves side by side: a single one
 * would wait for itself at every addition. `| 0` keeps the indices 32-bit integers in V8.
 */
function sigmoidGradient(dy: View, y: View, dx: View, at: number, n: number, h: number): number {
  const end = (at + n) | 0;
  let even = 0;
  let odd = 0;
  let i = at | 0;
  for (; ((i + 1) | 0) < end; i = (i + 2) | 0) {
    const j = (i + 1) | 0;
    const a = h * y[i] * (1 - y[i]) * dy[i];
    const b = h * y[j] * (1 - y[j]) * dy[j];
    dx[i] = a;
    dx[j] = b;
    even += a;
    odd += b;
  }
  if (i < end) even += dx[i] = h * y[i] * (1 - y[i]) * dy[i];
  return even + odd;
}

/** Writes a_i = h / 6 · dy_i where −3 < z_i < 3, else 0; returns their sum. */
function hardSigmoidGradient(
  dy: View,
  x: View,
  dx: View,
  at: number,
  n: number,
  threshold: number,
  h: number,
): number {
  let sum = 0;
  for (let i = at; i < at + n; i++) {
    const z = h * (x[i] - threshold);
    const a = z > -3 && z < 3 ? h / 6 * dy[i] : 0;
    dx[i] = a;
    sum += a;
  }
  return sum;
}

// ---- wasm, with SIMD

/** The bytes in which the edges of rows of n units are found. */
const workOf = (n: number): number => 8 * n + 16;

/** Costs of an element, in multiplications: the search for the edges, and the gate. */
const [HARD_COST, SOFT_COST, GRADIENT_COST] = [5, 15, 5];

registerSimdKernel<KwtaAttributes>({
  name: HARD_KWTA,
  inputs: ["x"],
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  work: ([[, n]]) => workOf(n),
  // The edges, which nobody wants.
  scratch: ([[rows]]) => 8 * rows,
  run: (
    { inParts },
    { inputs: [x], outputs: [y], work, workBytes: bytes, scratch },
    [[rows, n]],
    { k },
  ) => {
    const growth = { 0: 4 * n, 4: 8, 5: 4 * n };
    const parting = { rowsAt: 1, growth, work: { at: 6, bytes } };
    inParts("hardKwta", [x, rows, n, k, scratch, y, work], parting, HARD_COST * rows * n);
  },
});

registerSimdKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA,
  inputs: ["x"],
  fits: ({ gate }) => gate === "sigmoid",
  outputs: ([shape]) => [
    { shape, dtype: "float32" },
    { shape: [shape[0], 2], dtype: "int32" },
  ],
  work: ([[, n]]) => workOf(n),
  run: (
    { inParts },
    { inputs: [x], outputs: [y, edges], work, workBytes: bytes },
    [[rows, n]],
    { k, hardness },
  ) => {
    const growth = { 0: 4 * n, 5: 8, 6: 4 * n };
    const parting = { rowsAt: 1, growth, work: { at: 7, bytes } };
    const cost = SOFT_COST * rows * n;
    inParts("softKwta", [x, rows, n, k, hardness, edges, y, work], parting, cost);
  },
});

registerSimdKernel<SoftKwtaAttributes>({
  name: SOFT_KWTA_GRADIENT,
  inputs: ["dy", "x", "y", "edges"],
  integers: ["edges"],
  fits: ({ gate }) => gate === "sigmoid",
  outputs: ([shape]) => [{ shape, dtype: "float32" }],
  run: (
    { inParts },
    { inputs: [dy, , y, edges], outputs: [dx] },
    [[rows, n]],
    { hardness },
  ) => {
    const parting = { rowsAt: 2, growth: { 0: 4 * n, 1: 4 * n, 5: 8, 6: 4 * n } };
    const cost = GRADIENT_COST * rows * n;
    inParts("softGradient", [dy, y, rows, n, hardness, edges, dx], parting, cost);
  },
});
