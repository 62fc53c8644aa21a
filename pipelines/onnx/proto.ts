/**
 * The part of the ONNX format that is read and written here, as protobuf messages.
 *
 * Source: onnx.proto of https://github.com/onnx/onnx: the numbers and types of its fields. What is not listed
 * is skipped where a file is read.
 *
 * @module
 */
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  toBinary,
} from "npm:@bufbuild/protobuf@2.17.0";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from "npm:@bufbuild/protobuf@2.17.0/wkt";

/** A tensor that the file holds. */
export interface OnnxTensor {
  /** Name by which nodes refer to the tensor. */
  readonly name: string;
  /** Dimensions of the tensor. */
  readonly dims: readonly bigint[];
  /** An {@linkcode ElementType}. */
  readonly dataType: number;
  /** Elements as little-endian bytes. Empty where they are in `floatData` or `int64Data`. */
  readonly rawData: Uint8Array;
  /** Elements as floats, where they are not in `rawData`. */
  readonly floatData: readonly number[];
  /** Elements as 64-bit integers, where they are not in `rawData`. */
  readonly int64Data: readonly bigint[];
  /** Location of the data; 0 for this file. */
  readonly dataLocation: number;
}

/** A named setting of a node. */
export interface OnnxAttribute {
  /** Name of the attribute. */
  readonly name: string;
  /** Type of the attribute: 1 for f, 2 for i, 3 for s, 4 for t, 6 for floats, 7 for ints. */
  readonly type: number;
  /** A number. */
  readonly f: number;
  /** An integer. */
  readonly i: bigint;
  /** Text in UTF-8. */
  readonly s: Uint8Array;
  /** Value that is a tensor. */
  readonly t?: OnnxTensor;
  /** Numbers. */
  readonly floats: readonly number[];
  /** Integers. */
  readonly ints: readonly bigint[];
}

/** One operation. */
export interface OnnxNode {
  /** Names of the inputs; "" where an optional one is left out. */
  readonly input: readonly string[];
  /** Names of the outputs. */
  readonly output: readonly string[];
  /** Name of the node; may be "". */
  readonly name: string;
  /** Operator: "Conv". */
  readonly opType: string;
  /** Domain of the operator; "" for ONNX's own. */
  readonly domain: string;
  /** Attributes of the node. */
  readonly attribute: readonly Partial<OnnxAttribute>[];
}

/** An input or an output of the model. */
export interface OnnxValue {
  /** Name of the value. */
  readonly name: string;
  /** Type of the value; missing for anything but a tensor. */
  readonly type?: {
    /** Type of a tensor. */
    readonly tensorType?: {
      /** An {@linkcode ElementType}. */
      readonly elemType: number;
      /** Dimensions: numbers, or names of dimensions that are known later. */
      readonly shape?: {
        readonly dim: readonly { readonly dimValue?: bigint; readonly dimParam?: string }[];
      };
    };
  };
}

/** A model. */
export interface OnnxModel {
  /** The version of the format. */
  readonly irVersion: bigint;
  /** Program that wrote the model. */
  readonly producerName: string;
  /** Version of that program. */
  readonly producerVersion: string;
  /** The versions of the operators by domain. */
  readonly opsetImport: readonly { readonly domain: string; readonly version: bigint }[];
  /** Texts by name. */
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
  /** Graph of the model. */
  readonly graph?: {
    readonly name: string;
    readonly node: readonly Partial<OnnxNode>[];
    readonly initializer: readonly Partial<OnnxTensor>[];
    readonly input: readonly OnnxValue[];
    readonly output: readonly OnnxValue[];
  };
}

/** The types of elements that are used here, by ONNX's numbers. */
export const ElementType = { float: 1, uint8: 2, int32: 6, int64: 7 } as const;

type Field = readonly [name: string, number: number, type: Type | string, many?: "many"];

const { INT64, INT32, STRING, BYTES, FLOAT } = Type;

const messages: Readonly<Record<string, readonly Field[]>> = {
  Model: [
    ["ir_version", 1, INT64],
    ["producer_name", 2, STRING],
    ["producer_version", 3, STRING],
    ["graph", 7, "Graph"],
    ["opset_import", 8, "OperatorSet", "many"],
    ["metadata_props", 14, "Entry", "many"],
  ],
  OperatorSet: [["domain", 1, STRING], ["version", 2, INT64]],
  Entry: [["key", 1, STRING], ["value", 2, STRING]],
  Graph: [
    ["node", 1, "Node", "many"],
    ["name", 2, STRING],
    ["initializer", 5, "Tensor", "many"],
    ["input", 11, "ValueInfo", "many"],
    ["output", 12, "ValueInfo", "many"],
  ],
  Node: [
    ["input", 1, STRING, "many"],
    ["output", 2, STRING, "many"],
    ["name", 3, STRING],
    ["op_type", 4, STRING],
    ["attribute", 5, "Attribute", "many"],
    ["domain", 7, STRING],
  ],
  Attribute: [
    ["name", 1, STRING],
    ["f", 2, FLOAT],
    ["i", 3, INT64],
    ["s", 4, BYTES],
    ["t", 5, "Tensor"],
    ["floats", 7, FLOAT, "many"],
    ["ints", 8, INT64, "many"],
    ["type", 20, INT32],
  ],
  Tensor: [
    ["dims", 1, INT64, "many"],
    ["data_type", 2, INT32],
    ["float_data", 4, FLOAT, "many"],
    ["int64_data", 7, INT64, "many"],
    ["name", 8, STRING],
    ["raw_data", 9, BYTES],
    ["data_location", 14, INT32],
  ],
  ValueInfo: [["name", 1, STRING], ["type", 2, "Type"]],
  Type: [["tensor_type", 1, "TensorType"]],
  TensorType: [["elem_type", 1, INT32], ["shape", 2, "Shape"]],
  Shape: [["dim", 1, "Dimension", "many"]],
  Dimension: [["dim_value", 1, INT64], ["dim_param", 2, STRING]],
};

const registry = createFileRegistry(
  create(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: fields.map(([name, number, type, many]) => ({
        name,
        number,
        label: many === undefined ? Label.OPTIONAL : Label.REPEATED,
        ...typeof type === "string" ? { type: Type.MESSAGE, typeName: `.onnx.${type}` } : { type },
      })),
    })),
  }),
  () => undefined,
);

const model = registry.getMessage("onnx.Model") as DescMessage;

/** A model as bytes; the same model gives the same bytes. */
export const encodeModel = (value: Partial<OnnxModel>): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(toBinary(model, create(model, value as never)));

// What a file takes once it is decoded, told before it is: two bytes may declare a message.

/** Bytes that a message takes, and a text or a number of a list, measured. */
const [MESSAGE, ELEMENT] = [200, 60];

/** Bytes that any model may take when it is decoded, besides four times those of its file. */
const SPARE = 64e6;

/** Types of the fields by number, for each message. */
const typesOf: ReadonlyMap<string, ReadonlyMap<number, Type | string>> = new Map(
  Object.entries(messages).map(([name, fields]) => [
    name,
    new Map(fields.map(([, number, type]) => [number, type])),
  ]),
);

/** The varint that begins at a place, and the place after it; the number is Infinity where it has no end. */
function varintAt(bytes: Uint8Array, from: number): readonly [value: number, next: number] {
  let value = 0;
  for (let i = 0; i < 10 && from + i < bytes.length; i++) {
    value += (bytes[from + i] & 0x7f) * 2 ** (7 * i);
    if (bytes[from + i] < 0x80) return [value, from + i + 1];
  }
  return [Infinity, bytes.length];
}

/** Computes the memory that the bytes of a message take once they are decoded; Infinity for malformed bytes. */
function costOf(message: string, bytes: Uint8Array): number {
  const types = typesOf.get(message);
  let [cost, at] = [MESSAGE, 0];
  while (at < bytes.length) {
    const [tag, from] = varintAt(bytes, at);
    const [type, wire] = [types?.get(Math.floor(tag / 8)), tag % 8];
    // ONNX has no groups.
    if (![0, 1, 2, 5].includes(wire)) return Infinity;
    const [length, next] = wire === 0 || wire === 2 ? varintAt(bytes, from) : [0, from];
    at = wire === 2 ? next + length : wire === 0 ? next : next + (wire === 1 ? 8 : 4);
    if (length === Infinity || at > bytes.length) return Infinity;
    if (type === undefined) continue;
    cost += wire === 2 ? partCost(type, bytes.subarray(next, at)) : ELEMENT;
  }
  return cost;
}

/** Computes the memory of a field that is a message, a text, bytes or a list of numbers. */
function partCost(type: Type | string, part: Uint8Array): number {
  if (typeof type === "string") return costOf(type, part);
  if (type === FLOAT) return 4 * part.length;
  if (type !== INT64 && type !== INT32) return ELEMENT;
  // Each number of a list has one byte without the sign that more follow.
  return ELEMENT * part.reduce((count, byte) => byte < 0x80 ? count + 1 : count, 0);
}

/**
 * The model of some bytes.
 *
 * @throws {Error} What the protobuf library throws where they are not one, and a `RangeError` where it would
 * take more than four times the bytes and 64 MB besides.
 */
export function decodeModel(bytes: Uint8Array): OnnxModel {
  const cost = costOf("Model", bytes);
  if (cost !== Infinity && cost > 4 * bytes.length + SPARE) {
    throw new RangeError("it has more parts than its bytes may hold");
  }
  return fromBinary(model, bytes, { readUnknownFields: false }) as unknown as OnnxModel;
}
