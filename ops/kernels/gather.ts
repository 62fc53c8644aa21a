/**
 * Batches gathered where they are computed: rows of bytes or of float32, picked by their numbers, become
 * normalised float32 on the backend. On webgpu a split's values are uploaded once. On wasm the rows are copied
 * to its memory as they are, bytes as a quarter of what floats would be, and are normalised there.
 *
 * @module
 */
import { type BackendWasm, tf, type WebGPUBackend } from "../tfjs.ts";
import { checkBindable, int, runRaw } from "./gpu.ts";
import { simdOf } from "./simd/module.ts";

// ---- webgpu

const LANES = 64;

const bytesProgram = {
  key: "gather_bytes",
  inputs: [
    { name: "bytes", type: "i32" },
    { name: "picks", type: "i32" },
    { name: "values", type: "f32" },
  ],
  outputs: [{ name: "batch", type: "f32" }],
  uniforms: "rows : i32, size : i32, channels : i32",
  lanes: LANES,
  main: `
    let index = group * ${LANES} + lane;
    if (index < uniforms.rows * uniforms.size) {
      let i = index % uniforms.size;
      let at = picks[index / uniforms.size] * uniforms.size + i;
      let byte = extractBits(bitcast<u32>(bytes[at / 4]), u32(at % 4) * 8u, 8u);
      batch[index] = values[i % uniforms.channels * 256 + i32(byte)];
    }`,
} as const;

const floatsProgram = {
  key: "gather_floats",
  inputs: [
    { name: "floats", type: "f32" },
    { name: "picks", type: "i32" },
    { name: "scales", type: "f32" },
  ],
  outputs: [{ name: "batch", type: "f32" }],
  uniforms: "rows : i32, size : i32, channels : i32",
  lanes: LANES,
  main: `
    let index = group * ${LANES} + lane;
    if (index < uniforms.rows * uniforms.size) {
      let i = index % uniforms.size;
      let x = floats[picks[index / uniforms.size] * uniforms.size + i];
      let channel = i % uniforms.channels;
      batch[index] = (x - scales[channel]) * scales[uniforms.channels + channel];
    }`,
} as const;

/** Values on the device, by the array that they were uploaded from. */
const resident = new WeakMap<WebGPUBackend, WeakMap<Uint8Array | Float32Array, tf.TensorInfo>>();

const unused = new FinalizationRegistry<() => void>((free) => free());

/**
 * Returns values on the device, bytes as four to an integer, the first in its lowest bits; uploads them at first use.
 * They are no tensor that tfjs counts: their memory is freed when the values themselves are garbage.
 */
function residentValues(
  backend: WebGPUBackend,
  values: Uint8Array | Float32Array,
): tf.TensorInfo {
  const known = resident.get(backend) ?? new WeakMap<Uint8Array | Float32Array, tf.TensorInfo>();
  resident.set(backend, known);
  let info = known.get(values);
  if (info === undefined) {
    info = values instanceof Float32Array ? uploaded(backend, values) : packed(backend, values);
    known.set(values, info);
    const { dataId } = info;
    unused.register(values, () => void backend.disposeData(dataId));
  }
  return info;
}

function uploaded(backend: WebGPUBackend, floats: Float32Array): tf.TensorInfo {
  checkBindable(backend.device, [{ shape: [floats.length] }]);
  // tfjs lets go of them when they are on the device, so that they can become garbage.
  return backend.makeTensorInfo([floats.length], "float32", floats);
}

function packed(backend: WebGPUBackend, bytes: Uint8Array): tf.TensorInfo {
  const words = Math.ceil(bytes.length / 4);
  checkBindable(backend.device, [{ shape: [words] }]);
  const padded = new Uint8Array(4 * words);
  padded.set(bytes);
  return backend.makeTensorInfo([words], "int32", new Int32Array(padded.buffer));
}

/**
 * Rows of bytes, each byte replaced by a value of its channel's table; only on webgpu. With the tables
 * of a normalisation it is the host's gathering, to the bit.
 *
 * @param bytes Less than 2^31 of them, and no more than the device can bind, else it throws
 * `TensorTooLarge`. They are uploaded once; changes of them after that are not seen.
 * @param size The bytes of one row.
 * @param picks The numbers of the rows.
 * @param values [channels, 256]; byte i of a row is of channel i mod channels.
 * @returns [picks.length, size].
 */
export function gatherBytes(
  bytes: Uint8Array,
  size: number,
  picks: Uint32Array,
  values: tf.Tensor2D,
): tf.Tensor2D {
  return gathered(bytesProgram, bytes, size, picks, values, values.shape[0]);
}

/**
 * Rows of float32 numbers, normalised; only on webgpu. With the scales of a normalisation it is the host's
 * gathering, to the bit.
 *
 * @param floats Less than 2^31 of them, and no more than the device can bind, else it throws
 * `TensorTooLarge`. They are uploaded once; changes of them after that are not seen.
 * @param size The floats of one row.
 * @param picks The numbers of the rows.
 * @param scales [2, channels], means, then factors: float x of channel c becomes (x − means[c]) · factors[c].
 * Float i of a row is of channel i mod channels.
 * @returns [picks.length, size].
 */
export function gatherFloats(
  floats: Float32Array,
  size: number,
  picks: Uint32Array,
  scales: tf.Tensor2D,
): tf.Tensor2D {
  return gathered(floatsProgram, floats, size, picks, scales, scales.shape[1]);
}

function gathered(
  program: typeof bytesProgram | typeof floatsProgram,
  values: Uint8Array | Float32Array,
  size: number,
  picks: Uint32Array,
  table: tf.Tensor2D,
  channels: number,
): tf.Tensor2D {
  if (picks.length * size === 0) return tf.zeros([picks.length, size]);
  const backend = tf.backend() as WebGPUBackend;
  const source = residentValues(backend, values);
  const rows = tf.tensor1d(Int32Array.from(picks), "int32");
  try {
    const output = { shape: [picks.length, size], dtype: "float32" } as const;
    const groups = Math.ceil(picks.length * size / LANES);
    const uniforms = [picks.length, size, channels].map(int);
    const [made] = runRaw(backend, program, groups, [source, rows, table], [output], uniforms);
    return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor2D;
  } finally {
    rows.dispose();
  }
}

// ---- wasm

/** Cost of a byte, in multiplications. */
const COST = 2;

/** Table of the wasm backend that gives the address of a tensor. */
interface TensorPlaces {
  readonly dataIdMap: { readonly get: (id: object) => { readonly memoryOffset: number } };
}

/**
 * Rows of bytes, each byte replaced by a value of its channel's table; only on wasm.
 *
 * @param size The bytes of one row, a multiple of the channels.
 * @param picks The numbers of the rows.
 * @param tables [channels, 256], row-major; byte i of a row is of channel i mod channels.
 * @returns [picks.length, size]; null where the engine has no SIMD.
 */
export function gatherBytesOnWasm(
  bytes: Uint8Array,
  size: number,
  picks: Uint32Array,
  tables: Float32Array,
): tf.Tensor2D | null {
  const backend = tf.backend();
  const kernels = simdOf(backend);
  if (kernels === null) return null;
  const wasm = backend as unknown as BackendWasm & TensorPlaces;
  const made = wasm.makeOutput([picks.length, size], "float32");
  if (picks.length * size > 0) {
    const work = kernels.workspace(tables.byteLength + picks.length * size);
    // After the last allocation, which may have moved the memory away from under a view.
    const { buffer } = wasm.typedArrayFromHeap(made);
    new Float32Array(buffer, work, tables.length).set(tables);
    const rows = new Uint8Array(buffer, work + tables.byteLength, picks.length * size);
    for (let i = 0; i < picks.length; i++) {
      rows.set(bytes.subarray(picks[i] * size, (picks[i] + 1) * size), i * size);
    }
    const { memoryOffset } = wasm.dataIdMap.get(made.dataId);
    kernels.inParts(
      "expandBytes",
      [work + tables.byteLength, picks.length, size, tables.length / 256, work, memoryOffset],
      { rowsAt: 1, growth: { 0: size, 5: 4 * size } },
      COST * picks.length * size,
    );
  }
  return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor2D;
}

/**
 * Rows of float32 numbers, normalised; only on wasm.
 *
 * @param size The floats of one row.
 * @param picks The numbers of the rows.
 * @param scales [2, size], row-major, means, then factors: float x at place i of a row becomes
 * (x − means[i]) · factors[i]. null leaves the floats as they are.
 * @returns [picks.length, size]; null where the engine has no SIMD.
 */
export function gatherFloatsOnWasm(
  floats: Float32Array,
  size: number,
  picks: Uint32Array,
  scales: Float32Array | null,
): tf.Tensor2D | null {
  const backend = tf.backend();
  const kernels = simdOf(backend);
  if (kernels === null) return null;
  const wasm = backend as unknown as BackendWasm & TensorPlaces;
  const made = wasm.makeOutput([picks.length, size], "float32");
  if (picks.length * size > 0) {
    const work = scales === null ? 0 : kernels.workspace(scales.byteLength);
    // After the last allocation, which may have moved the memory away from under a view.
    const rows = wasm.typedArrayFromHeap(made) as Float32Array;
    for (let i = 0; i < picks.length; i++) {
      rows.set(floats.subarray(picks[i] * size, (picks[i] + 1) * size), i * size);
    }
    if (scales !== null) {
      new Float32Array(rows.buffer, work, scales.length).set(scales);
      const { memoryOffset } = wasm.dataIdMap.get(made.dataId);
      kernels.inParts(
        "normaliseRows",
        [memoryOffset, picks.length, size, work, work + 4 * size],
        { rowsAt: 1, growth: { 0: 4 * size } },
        picks.length * size,
      );
    }
  }
  return tf.engine().makeTensorFromTensorInfo(made) as tf.Tensor2D;
}
