/**
 * Constants and settings of an ONNX file, and operators on constants alone: weights that are transposed, shapes that
 * are put together.
 *
 * @module
 */
import { transposed } from "./lower.ts";
import { ElementType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./proto.ts";

// ---- Constants and settings

/** A constant of float32 numbers, or of integers. */
export interface Constant {
  /** Dimensions. */
  readonly shape: readonly number[];
  /** Elements, row-major; NaN among integers is the size of the batch, which no file knows. */
  readonly data: Float32Array | readonly number[];
}

/** Number of elements that no file of 2 GB can hold. */
const MOST = 2 ** 31;

/** Reads the constant of a tensor; returns the fault in words where it is not one. */
export function constantOf(tensor: Partial<OnnxTensor>): Constant | string {
  const { dims = [], dataType, rawData, floatData = [], int64Data = [], dataLocation } = tensor;
  const name = `tensor ${tensor.name || "without a name"}`;
  if (dataLocation === 1) return `${name} to be in this file, current value is another file`;
  const shape = dims.map(Number);
  const size = shape.reduce((product, n) => product * n, 1);
  // An axis of 0 beside others says nothing of how large those may be.
  const least = shape.length === 1 ? 0 : 1;
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= least) || !(size <= MOST)) {
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

/** Exchanges the axes of a constant matrix, as PyTorch writes some weights; or returns the expectation in words. */
function turned(constant: Constant, perm: readonly number[]): Constant | string {
  const { shape: [rows, columns, ...more], data } = constant;
  return more.length === 0 && columns !== undefined && perm[0] === 1 && perm[1] === 0 &&
      data instanceof Float32Array
    ? { shape: [columns, rows], data: transposed(data, 1, rows, columns) }
    : `a constant matrix to be transposed, current value is [${constant.shape}] by [${perm}]`;
}

/** The settings of an ONNX node by name. */
export interface Settings {
  /** Returns an integer; the fallback where it is missing. */
  readonly int: (name: string, fallback: number) => number;
  /** Returns a number; the fallback where it is missing. */
  readonly float: (name: string, fallback: number) => number;
  /** Returns integers; the fallback where they are missing. */
  readonly ints: (name: string, fallback: readonly number[]) => readonly number[];
  /** Returns numbers; the fallback where they are missing. */
  readonly floats: (name: string, fallback: readonly number[]) => readonly number[];
  /** Whether there is one of a name. */
  readonly has: (name: string) => boolean;
  /** Returns text; "" where it is missing. */
  readonly text: (name: string) => string;
  /** Returns a tensor, if there is one. */
  readonly tensor: (name: string) => OnnxTensor | undefined;
}

/** Reads the settings of an ONNX node. */
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
    floats: (name, fallback) => find(name)?.floats ?? fallback,
    has: (name) => find(name) !== undefined,
    text: (name) => new TextDecoder().decode(find(name)?.s ?? new Uint8Array()),
    tensor: (name) => find(name)?.t,
  };
}

// ---- What is computed of constants

/** Numbers of a shape that a file computes: nothing has more axes. */
const MOST_INTEGERS = 8;

const integers = (...constants: readonly Constant[]): readonly (readonly number[])[] | null =>
  constants.some(({ data }) => data instanceof Float32Array || data.length > MOST_INTEGERS)
    ? null
    : constants.map(({ data }) => data as readonly number[]);

const vector = (data: readonly number[]): Constant => ({ shape: [data.length], data });

/** Operator on constants: the resulting constant, or the expectation in words. */
type Computation = (constants: readonly Constant[], settings: Settings) => Constant | string;

/** Changes of shape of a number or a list of integers. */
const reshapedTo = (axes: number): Computation => ([constant]) => {
  const data = constant && integers(constant)?.[0];
  return data && (axes === 1 || data.length === 1)
    ? { shape: axes === 1 ? [data.length] : [], data }
    : "integers";
};

/** The operators that are computed where all that they take is constant: weights and shapes. */
export const computations: Readonly<Record<string, Computation>> = {
  Identity: ([constant]) => constant ?? "a constant",
  Constant: (_, settings) => {
    const tensor = settings.tensor("value");
    if (tensor !== undefined) return constantOf(tensor);
    const [number, whole] = ["value_float", "value_int"];
    return settings.has(number)
      ? { shape: [], data: Float32Array.of(settings.float(number, 0)) }
      : settings.has(whole)
      ? { shape: [], data: [settings.int(whole, 0)] }
      : settings.has("value_ints")
      ? vector(settings.ints("value_ints", []))
      : settings.has("value_floats")
      ? {
        ...vector([...settings.floats("value_floats", [])]),
        data: Float32Array.from(settings.floats("value_floats", [])),
      }
      : "a tensor, numbers or integers";
  },
  Transpose: ([constant], settings) =>
    constant === undefined ? "a constant" : turned(constant, settings.ints("perm", [1, 0])),
  Cast: ([constant], settings) => {
    if (constant === undefined) return "a constant";
    const { shape, data } = constant;
    switch (settings.int("to", 0)) {
      case ElementType.float:
        return { shape, data: Float32Array.from(data) };
      case ElementType.int32:
      case ElementType.int64:
        return { shape, data: Array.from(data, Math.trunc) };
    }
    return "float32, int32 or int64 to cast to";
  },
  Unsqueeze: reshapedTo(1),
  Squeeze: reshapedTo(0),
  Gather: (constants, settings) => {
    const [data, places] = integers(...constants) ?? [];
    if (data === undefined || places === undefined || settings.int("axis", 0) !== 0) {
      return "integers and places among them";
    }
    const taken = places.map((place) => data.at(place) ?? Infinity);
    return taken.every((n) => n !== Infinity)
      ? { shape: constants[1].shape, data: taken }
      : `places among ${data.length} integers`;
  },
  Slice: (constants, settings) => {
    const [data, ...given] = integers(...constants) ?? [];
    const names = ["starts", "ends", "axes", "steps"];
    const [starts, ends, axes, steps] = names.map((name, i) =>
      given[i] ?? settings.ints(name, i < 2 ? [] : [i - 2])
    );
    return data === undefined || starts.length !== 1 || ends.length !== 1 || axes[0] !== 0 ||
        steps[0] !== 1
      ? "integers and one part of them"
      : vector(data.slice(starts[0], ends[0]));
  },
  Concat: (constants) => {
    const data = integers(...constants)?.flat() ?? [];
    return data.length > 0 && data.length <= MOST_INTEGERS
      ? vector(data)
      : `1 to ${MOST_INTEGERS} integers`;
  },
};
