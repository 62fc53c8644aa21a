/**
 * Batches on webgpu: a split's bytes are uploaded once, and gathered and normalised where they are.
 *
 * @module
 */
import { tf } from "../tfjs.ts";
import { int, registerGpuKernel } from "./gpu.ts";
import { runRaw } from "./gpu_raw.ts";

/** (bytes int32 [words], picks int32 [rows], values [channels, 256]) → [rows, size]. */
const GATHER_BYTES = "SparrowGatherBytes";

interface GatherAttributes {
  readonly size: number;
}

registerGpuKernel<GatherAttributes>(
  GATHER_BYTES,
  ["bytes", "picks", "values"],
  (backend, [bytes, picks, values], { size }) => {
    const [rows] = picks.shape;
    const [channels] = values.shape;
    const output = { shape: [rows, size], dtype: "float32" } as const;
    if (rows * size === 0) return backend.makeTensorInfo([rows, size], "float32", []);
    const lanes = 64;
    const program = {
      key: "gather_bytes",
      inputs: [
        { name: "bytes", type: "i32" },
        { name: "picks", type: "i32" },
        { name: "values", type: "f32" },
      ],
      outputs: [{ name: "batch", type: "f32" }],
      uniforms: "rows : i32, size : i32, channels : i32",
      lanes,
      main: `
        let index = group * ${lanes} + lane;
        if (index < uniforms.rows * uniforms.size) {
          let i = index % uniforms.size;
          let at = picks[index / uniforms.size] * uniforms.size + i;
          let byte = extractBits(bitcast<u32>(bytes[at / 4]), u32(at % 4) * 8u, 8u);
          batch[index] = values[i % uniforms.channels * 256 + i32(byte)];
        }`,
    } as const;
    const groups = Math.ceil(rows * size / lanes);
    const uniforms = [rows, size, channels].map(int);
    return runRaw(backend, program, groups, [bytes, picks, values], [output], uniforms)[0];
  },
);

/**
 * Bytes as a tensor of a quarter of their number: four to an integer, the first in its lowest bits. On
 * webgpu it is uploaded when it is first used. The caller disposes of it.
 */
export function packBytes(bytes: Uint8Array): tf.Tensor1D {
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4));
  padded.set(bytes);
  return tf.tensor1d(new Int32Array(padded.buffer), "int32");
}

/**
 * Rows of bytes, each byte replaced by a value of its channel's table; only on webgpu. With the tables
 * of a normalisation it is the host's gathering, to the bit.
 *
 * @param bytes Of {@linkcode packBytes}, of less than 2^31 bytes and no more than the device can bind,
 * else it throws `TensorTooLarge`.
 * @param size The bytes of one row.
 * @param picks The numbers of the rows.
 * @param values [channels, 256]; byte i of a row is of channel i mod channels.
 * @returns [picks.length, size].
 */
export const gatherBytes = (
  bytes: tf.Tensor1D,
  size: number,
  picks: Uint32Array,
  values: tf.Tensor2D,
): tf.Tensor2D =>
  tf.tidy(() =>
    tf.engine().runKernel(
      GATHER_BYTES,
      { bytes, picks: tf.tensor1d(Int32Array.from(picks), "int32"), values },
      { size },
    )
  );
