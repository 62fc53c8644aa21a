/**
 * Writing an ONNX graph: nodes and constants in order, under names that are made here.
 *
 * @module
 */
import type { Shape } from "../../graph/types.ts";
import { ElementType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./proto.ts";

/** The value of an attribute. */
export type AttributeValue = Omit<Partial<OnnxAttribute>, "name">;

/** An integer as an attribute. */
export const int = (value: number): AttributeValue => ({ type: 2, i: BigInt(value) });

/** A number as an attribute. */
export const float = (value: number): AttributeValue => ({ type: 1, f: value });

/** Integers as an attribute. */
export const ints = (values: readonly number[]): AttributeValue => ({
  type: 7,
  ints: values.map(BigInt),
});

/** What a graph is written into. */
export interface Emitter {
  /** Adds an operation; returns the names of its outputs, as many as asked for. */
  readonly node: (
    opType: string,
    input: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    outputs?: number,
  ) => readonly string[];
  /** Adds an operation of one input whose output has a name of its own. */
  readonly named: (
    name: string,
    opType: string,
    input: string,
    attributes: Readonly<Record<string, AttributeValue>>,
  ) => void;
  /** Adds float32 numbers; returns their name. */
  readonly floats: (shape: Shape, data: Float32Array) => string;
  /** Adds integers, of 64 bits unless said otherwise; returns their name. */
  readonly integers: (shape: Shape, data: readonly number[], bits?: 32 | 64) => string;
  /** All operations so far. */
  readonly nodes: () => readonly Partial<OnnxNode>[];
  /** All constants so far. */
  readonly constants: () => readonly Partial<OnnxTensor>[];
}

/** An empty graph to write into. */
export function emitter(): Emitter {
  const nodes: Partial<OnnxNode>[] = [];
  const constants: Partial<OnnxTensor>[] = [];
  const constant = (shape: Shape, dataType: number, data: ArrayBufferView): string => {
    const name = `constant_${constants.length}`;
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    constants.push({ name, dims: shape.map(BigInt), dataType, rawData });
    return name;
  };
  const add = (
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>>,
    name: string,
    output: readonly string[],
  ): readonly string[] => {
    const attribute = Object.entries(attributes).map(([key, value]) => ({ name: key, ...value }));
    nodes.push({ opType, name, input, output, attribute });
    return output;
  };
  return {
    node: (opType, input, attributes = {}, outputs = 1) => {
      const stem = `${opType.toLowerCase()}_${nodes.length}`;
      const names = Array.from({ length: outputs }, (_, i) => i === 0 ? stem : `${stem}_${i}`);
      return add(opType, input, attributes, stem, names);
    },
    named: (name, opType, input, attributes) => {
      add(opType, [input], attributes, name, [name]);
    },
    floats: (shape, data) => constant(shape, ElementType.float, data),
    integers: (shape, data, bits = 64) =>
      bits === 32
        ? constant(shape, ElementType.int32, Int32Array.from(data))
        : constant(shape, ElementType.int64, BigInt64Array.from(data, BigInt)),
    nodes: () => nodes,
    constants: () => constants,
  };
}
