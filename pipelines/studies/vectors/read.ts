/**
 * Reads a file of vectors whole.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { denoFiles } from "../../files/files.ts";

/** Reads the vectors of a file; `FileUnavailable`, `CorruptFile`. */
export const readVectors = (file: string): TE.TaskEither<SparrowError, DenseEmbeddings> =>
  pipe(
    denoFiles.read(file),
    TE.chainEitherKW((bytes): E.Either<SparrowError, DenseEmbeddings> => {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
      const text = new TextDecoder().decode(bytes.subarray(10, 10 + length));
      const sizes = /\((\d+), (\d+)\)/.exec(text)?.slice(1).map(Number);
      if (sizes === undefined) {
        return E.left({ _tag: "CorruptFile", file, reason: "expected .npy of two axes" });
      }
      const [count, width] = sizes;
      const data = bytes.slice(10 + length).buffer;
      const numbers = text.includes("<f2")
        ? new Float16Array(data)
        : text.includes("<i4")
        ? new Int32Array(data)
        : new Float32Array(data);
      return E.right({ kind: "dense", count, width, values: Float32Array.from(numbers) });
    }),
  );
