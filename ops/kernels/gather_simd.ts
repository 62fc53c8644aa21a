/**
 * Batches on wasm: rows of bytes are copied to its memory, a quarter of what floats would be, and
 * become numbers there.
 *
 * @module
 */
import { type BackendWasm, tf } from "../tfjs.ts";
import { simdOf } from "./simd/module.ts";

/** What a byte costs, in multiplications. */
const COST = 2;

/** How the wasm backend knows where a tensor is. */
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
