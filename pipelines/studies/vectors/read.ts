/**
 * Reads files of vectors and of their neighbours whole.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../../graph/error.ts";
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { unitVectors } from "../../../ops/codes/vectors.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import type { Neighbours } from "../../../ops/metrics/neighbours.ts";
import { openVectors } from "../../data/vectors/open.ts";
import { denoFiles } from "../../files/files.ts";
import { readNpy } from "../../files/npz.ts";

/**
 * Reads the vectors of a file, whatever its format, and scales them to length 1.
 *
 * @param option The option that names the file, for errors.
 * @returns The vectors; what `openVectors` refuses.
 */
export const readUnitVectors = (
  file: string,
  option: string,
): TE.TaskEither<SparrowError, DenseEmbeddings> =>
async () => {
  const source = await openVectors(file)();
  if (E.isLeft(source)) return source;
  const { count, width, read, close } = source.right;
  const values = await read(0, count)();
  await close()();
  if (E.isLeft(values)) return values;
  return E.mapLeft((error: InvalidOption): SparrowError => ({ ...error, option }))(
    unitVectors({ kind: "dense", count, width, values: values.right }),
  );
};

/** Form that the neighbours of a file must have. */
export interface NeighbourForm {
  /** Number of queries. */
  readonly queries: number;
  /** Number of vectors, whose indices they are. */
  readonly vectors: number;
  /** The fewest per query. */
  readonly least: number;
}

/** Reads a .npy file of integers: for each query the indices of its neighbours, the nearest first. */
export const readNeighbours = (
  file: string,
  { queries, vectors, least }: NeighbourForm,
): TE.TaskEither<SparrowError, Neighbours> =>
  pipe(
    denoFiles.read(file),
    TE.chainEitherKW((bytes): E.Either<SparrowError, Neighbours> => {
      const read = readNpy(new Uint8Array(bytes));
      if (E.isLeft(read)) return E.left({ _tag: "CorruptFile", file, reason: read.left });
      const { shape: [rows, k = 1], data } = read.right;
      const indices = Int32Array.from(data as ArrayLike<number>, Number);
      const wrong = rows !== queries
        ? `${rows} rows`
        : k < least
        ? `${k} neighbours per query`
        : indices.some((index) => index < 0 || index >= vectors)
        ? "an index of no vector"
        : null;
      return wrong === null
        ? E.right({ k, indices, distances: new Float64Array(indices.length) })
        : E.left(invalidOption(
          "--neighbours",
          wrong,
          `for each of ${queries} queries at least ${least} indices from 0 to ${vectors - 1}`,
        ));
    }),
  );
