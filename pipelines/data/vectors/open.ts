/**
 * Files of vectors of any format, as sources that are read in blocks.
 *
 * @module
 */
import { orThrow, type SparrowError } from "../../../graph/error.ts";
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { bytesInMemory, type ByteSource, openBytes } from "../../files/byte_source.ts";
import { openArrow } from "./arrow.ts";
import { openJsonLines } from "./json_lines.ts";
import { npyValues, openNpy, openNpz } from "./npy.ts";
import { openParquet } from "./parquet.ts";
import {
  attempted,
  type ColumnValue,
  corrupt,
  noColumn,
  refuse,
  sourceOf,
  type SourceParts,
  type VectorSource,
} from "./source.ts";

/** Options of {@linkcode openVectors}. */
export interface OpenVectorsOptions {
  /**
   * The column with the vectors: of a table the name of a column of lists, or the names of several of single numbers; of
   * JSON lines the field; of .npz the array.
   *
   * @default the only one that may be meant, and among several "embedding", "vector" or "values"
   */
  readonly column?: string | readonly string[];
}

/**
 * Opens a file of vectors, which may be larger than memory. Its format is that of its content, whatever its name is:
 *
 * - NumPy's .npy, an array [rows, …] of float16, float32, float64 or integers of at most 32 bits, and .npz;
 * - Parquet, with any of its compressions but LZO: a column of lists, or several of single numbers;
 * - Arrow's files and streams, and Feather, plain or compressed: the same;
 * - JSON lines: arrays of numbers, or objects with one.
 *
 * Numbers become float32. In memory there is a block of .npy, of .npz that is not compressed, and of JSON lines; a page of
 * Parquet; a batch of records of Arrow; a whole array of .npz that is compressed.
 *
 * @param file Path of the file, or its bytes in memory with a name for errors.
 * @param options Options, as {@linkcode OpenVectorsOptions} describes them.
 * @returns The source, to be closed by the caller; `FileUnavailable`; `CorruptFile` for what is none of these, is
 * damaged, ends too early or declares more than it has; `InvalidOption` for a column that is not there, and where it must
 * be named. Rows are inspected when they are read: lists of other lengths than the first, nulls, and numbers that are not
 * finite are then refused by row.
 *
 * @example
 * ```ts
 * import { openVectors } from "./open.ts";
 * import { orThrow } from "../../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"id": "a", "embedding": [1, 2]}\n{"id": "b", "embedding": [3, 4]}\n');
 * const source = await orThrow(openVectors(path));
 * assertEquals([source.count, source.width], [2, 2]);
 * assertEquals(await orThrow(source.read(1, 1)), Float32Array.of(3, 4));
 * assertEquals(await orThrow(source.column("id")), ["a", "b"]);
 * await source.close()();
 * ```
 */
export const openVectors = (
  file: string | { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> },
  { column }: OpenVectorsOptions = {},
): TE.TaskEither<SparrowError, VectorSource> =>
  withBytes(file, (bytes) => partsOf(bytes, column), (bytes, parts) => ({
    ...sourceOf({ ...parts, close: bytes.close }),
  }));

/**
 * Reads the values of a .npy file of one axis, labels or ids: one per vector of another file.
 *
 * @returns The values; errors as `openVectors` has them.
 */
export const readValues = (path: string): TE.TaskEither<SparrowError, readonly ColumnValue[]> =>
  pipe(
    withBytes(path, npyValues, (bytes, values) => ({ bytes, values })),
    TE.chainFirstW(({ bytes }) => bytes.close()),
    TE.map(({ values }) => values),
  );

/** Opens bytes for a function, and closes them where it fails. */
const withBytes = <A, B>(
  file: string | { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> },
  read: (bytes: ByteSource) => Promise<A>,
  make: (bytes: ByteSource, read: A) => B,
): TE.TaskEither<SparrowError, B> =>
  pipe(
    typeof file === "string"
      ? openBytes(file)
      : TE.right<SparrowError, ByteSource>(bytesInMemory(file.name, file.bytes)),
    TE.chainW((bytes) =>
      pipe(
        attempted(bytes.name, () => read(bytes)),
        TE.map((found) => make(bytes, found)),
        TE.orElse((error): TE.TaskEither<SparrowError, B> => async () => {
          await bytes.close()();
          return E.left(error);
        }),
      )
    ),
  );

/** Bytes at the start of a file by which its format is known; longer than any of them. */
const HEAD = 64;

async function partsOf(
  bytes: ByteSource,
  column: string | readonly string[] | undefined,
): Promise<SourceParts> {
  const head = await orThrow(bytes.read(0, Math.min(HEAD, bytes.size)));
  const text = String.fromCharCode(...head);
  const bad = (actual: string, advice = ""): never =>
    refuse(corrupt(
      bytes.name,
      `expected vectors as .npy, .npz, Parquet, Arrow or JSON lines, current value is ${actual}${advice}`,
    ));
  const single = (): string | undefined =>
    typeof column === "object" ? noColumn(bytes.name, column.join(", "), []) : column;
  if (bytes.size === 0) bad("an empty file");
  if (text.startsWith("\x93NUMPY")) {
    return column === undefined ? openNpy(bytes) : noColumn(bytes.name, [column].flat().join(), []);
  }
  if (["PK\x03\x04", "PK\x05\x06"].includes(text.slice(0, 4))) return openNpz(bytes, single());
  if (text.startsWith("PAR1")) return openParquet(bytes, column);
  if (text.startsWith("ARROW1") || text.startsWith("\xff\xff\xff\xff")) {
    return openArrow(bytes, column);
  }
  if (/^(\xef\xbb\xbf)?\s*[[{]/.test(text)) return openJsonLines(bytes, single());
  if (text.startsWith("PARE")) bad("an encrypted Parquet file");
  if (text.startsWith("FEA1")) bad("Feather's version 1", ": write it again as version 2");
  if (text.startsWith("\x1f\x8b")) bad("a gzip file", ": unpack it");
  return bad("something else");
}
