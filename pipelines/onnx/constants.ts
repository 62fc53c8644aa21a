/**
 * The constants and settings of an ONNX file that comes from elsewhere, checked.
 *
 * @module
 */
import { transposed } from "./lower.ts";
import { ElementType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./proto.ts";

/** A constant of float32 numbers, or of integers. */
export interface Constant {
  /** Its dimensions. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: Float32Array | readonly number[];
}

/** More elements than any file of 2 GB can hold. */
const MOST = 2 ** 31;

/** The constant of a tensor, or what is wrong about it, in words. */
export function constantOf(tensor: Partial<OnnxTensor>): Constant | string {
  const { dims = [], dataType, rawData, floatData = [], int64Data = [], dataLocation } = tensor;
  const name = `tensor ${tensor.name || "without a name"}`;
  if (dataLocation === 1) return `${name} to be in this file, current value is another file`;
  const shape = dims.map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || !(size <= MOST)) {
    return `${name} to have dimensions, current value is [${shape.slice(0, 8)}]`;
  }
  const raw = rawData !== undefined && rawData.length > 0;
  const wrong = (actual: number) => `${name} to have ${size} elements, current value is ${actual}`;
  switch (dataType) {
    case ElementType.float: {
      if (!raw) {
        return floatData.length === size
          ? { shape, data: Float32Array.from(floatData) }
          : wrong(floatData.length);
      }
      // A copy, for the bytes may stand at any place of the file.
      return rawData.length === 4 * size
        ? { shape, data: new Float32Array(new Uint8Array(rawData).buffer) }
        : wrong(rawData.length / 4);
    }
    case ElementType.int64: {
      if (!raw) {
        return int64Data.length === size
          ? { shape, data: int64Data.map(Number) }
          : wrong(int64Data.length);
      }
      return rawData.length === 8 * size
        ? { shape, data: Array.from(new BigInt64Array(new Uint8Array(rawData).buffer), Number) }
        : wrong(rawData.length / 8);
    }
    default:
      return `${name} to be of float32 or int64, current value is ONNX's type ${
        dataType ?? "none"
      }`;
  }
}

/** A constant matrix with its axes exchanged, as PyTorch writes some weights; or what was expected. */
export function turned(constant: Constant | string, perm: readonly number[]): Constant | string {
  if (typeof constant === "string") return constant;
  const { shape: [rows, columns, ...more], data } = constant;
  return more.length === 0 && columns !== undefined && perm[0] === 1 && perm[1] === 0 &&
      data instanceof Float32Array
    ? { shape: [columns, rows], data: transposed(data, 1, rows, columns) }
    : `a constant matrix to be transposed, current value is [${constant.shape}] by [${perm}]`;
}

/** The settings of a node by name. */
export interface Settings {
  /** An integer; the fallback where it is missing. */
  readonly int: (name: string, fallback: number) => number;
  /** A number; the fallback where it is missing. */
  readonly float: (name: string, fallback: number) => number;
  /** Integers; the fallback where they are missing. */
  readonly ints: (name: string, fallback: readonly number[]) => readonly number[];
  /** Text; "" where it is missing. */
  readonly text: (name: string) => string;
  /** A tensor, if there is one. */
  readonly tensor: (name: string) => OnnxTensor | undefined;
}

/** The settings of a node. */
export function settingsOf({ attribute = [] }: Partial<OnnxNode>): Settings {
  const find = (name: string): Partial<OnnxAttribute> | undefined =>
    attribute.find((one) => one.name === name);
  return {
    int: (name, fallback) => {
      const i = find(name)?.i;
      return i === undefined ? fallback : Number(i);
    },
    float: (name, fallback) => find(name)?.f ?? fallback,
    ints: (name, fallback) => {
      const found = find(name);
      return found === undefined ? fallback : (found.ints ?? []).map(Number);
    },
    text: (name) => new TextDecoder().decode(find(name)?.s ?? new Uint8Array()),
    tensor: (name) => find(name)?.t,
  };
}
