/**
 * Sources of vectors: rows of float32 that are read in blocks, so that there may be more of them than memory holds.
 *
 * @module
 */
import {
  type CorruptFile,
  invalidOption,
  orThrow,
  type SparrowError,
} from "../../../graph/error.ts";
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { firstNonFinite } from "../dataset.ts";

/** A value of a further column: a label, an id. Integers beyond 2⁵³ are text, in decimal digits. */
export type ColumnValue = string | number;

/** Vectors that are read in blocks: of a file, of a database's query, or in memory. */
export interface VectorSource {
  /** Name in results and errors: the path of the file. */
  readonly name: string;
  /** Number of vectors. */
  readonly count: number;
  /** Numbers of a vector. */
  readonly width: number;
  /** Rows that are best read together, from a multiple of it on: those of a Parquet file's row group, say. */
  readonly block: number;
  /**
   * Reads the rows `from` to `from + count − 1`.
   *
   * @returns count × width finite numbers, row-major, in memory of their own; `CorruptFile` naming the row, and where
   * it applies the column, that cannot be used; `FileUnavailable` or `DatabaseUnavailable`; `InvalidOption` for rows
   * that there are not, and for more than 2³¹ bytes at once.
   */
  readonly read: (
    from: number,
    count: number,
  ) => TE.TaskEither<SparrowError, Float32Array<ArrayBuffer>>;
  /**
   * Reads a further column whole: labels or ids, one per vector.
   *
   * @returns The values; `InvalidOption` where there is no such column of single values; else as `read` does.
   */
  readonly column: (name: string) => TE.TaskEither<SparrowError, readonly ColumnValue[]>;
  /** Ends the reading: a file is closed. */
  readonly close: () => TE.TaskEither<never, void>;
}

/** A block of rows. */
export interface VectorBlock {
  /** Index of its first row. */
  readonly from: number;
  /** Number of rows. */
  readonly count: number;
  /** count × width numbers, row-major. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Bytes of float32 that are read at once by default. */
const BLOCK_BYTES = 2 ** 20;

/** The most bytes of float32 that are read at once. */
const MOST_BYTES = 2 ** 31;

/** Rows of a width that make about a MiB, at least 1. */
export const rowsPerBlock = (width: number): number =>
  Math.max(1, Math.floor(BLOCK_BYTES / (4 * width)));

/**
 * Reads all vectors of a source in order, block by block, with the memory of one block.
 *
 * @param source Source of the vectors.
 * @param rows Rows of a block; the last may have fewer. @default about a MiB
 * @returns One block after the other; or once, at the end, an error.
 *
 * @example
 * ```ts
 * import { blocksOf, vectorsInMemory } from "./source.ts";
 * import { orThrow } from "../../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const source = orThrow(vectorsInMemory("three", Float32Array.of(1, 2, 3, 4, 5, 6), 2));
 * const firsts: number[] = [];
 * for await (const block of blocksOf(source, 2)) firsts.push(orThrow(block).values[0]);
 * assertEquals(firsts, [1, 5]);
 * ```
 */
export async function* blocksOf(
  source: VectorSource,
  rows: number = rowsPerBlock(source.width),
): AsyncGenerator<E.Either<SparrowError, VectorBlock>, void, void> {
  for (let from = 0; from < source.count; from += rows) {
    const count = Math.min(rows, source.count - from);
    const values = await source.read(from, count)();
    if (E.isLeft(values)) return void (yield values);
    yield E.right({ from, count, values: values.right });
  }
}

/**
 * Makes a source of vectors in memory.
 *
 * @param name Name of the source in results and errors.
 * @param values Rows of `width` numbers one after the other, or one array per row; numbers are rounded to float32.
 * @param width Numbers of a row. @default the length of the first array; of rows one after the other it must be given
 * @param columns Further columns by name, of one value per row. @default none
 * @returns The source; `InvalidOption` for a width that is none, rows of different widths, a number that is not
 * finite, or a column of another length, each by its place.
 *
 * @example
 * ```ts
 * import { vectorsInMemory } from "./source.ts";
 * import { orThrow } from "../../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const source = orThrow(vectorsInMemory("two", [[1, 2, 3], [4, 5, 6]]));
 * assertEquals([source.count, source.width], [2, 3]);
 * assertEquals(await orThrow(source.read(1, 1)), Float32Array.of(4, 5, 6));
 * ```
 */
export function vectorsInMemory(
  name: string,
  values: ArrayLike<number> | readonly ArrayLike<number>[],
  width?: number,
  columns: Readonly<Record<string, readonly ColumnValue[]>> = {},
): E.Either<SparrowError, VectorSource> {
  const rows = isRows(values) ? values : null;
  const size = width ?? rows?.[0].length ?? 0;
  const bad = (actual: unknown, expected: string) => E.left(invalidOption(name, actual, expected));
  if (!Number.isInteger(size) || size < 1) {
    return bad(`a width of ${size}`, "a width of at least 1");
  }
  const uneven = rows?.findIndex(({ length }) => length !== size) ?? -1;
  if (rows !== null && uneven >= 0) {
    return bad(`${rows[uneven].length} numbers in row ${uneven}`, `${size}, as the others have`);
  }
  const count = rows?.length ?? values.length / size;
  if (!Number.isInteger(count)) {
    return bad(`${values.length} numbers`, `a multiple of the width ${size}`);
  }
  const data = new Float32Array(count * size);
  if (rows === null) data.set(values as ArrayLike<number>);
  else rows.forEach((row, i) => data.set(row, i * size));
  const at = firstNonFinite(data);
  if (at >= 0) return bad(placeOf(data, at, size), "finite numbers");
  const short = Object.entries(columns).find(([, { length }]) => length !== count);
  if (short !== undefined) {
    return bad(`${short[1].length} values of "${short[0]}"`, `one per row, ${count}`);
  }
  return E.right(sourceOf({
    name,
    count,
    width: size,
    rows: (from, count) => Promise.resolve(data.slice(from * size, (from + count) * size)),
    column: (wanted) =>
      Object.hasOwn(columns, wanted)
        ? Promise.resolve(columns[wanted])
        : noColumn(name, wanted, Object.keys(columns)),
  }));
}

const isRows = (
  values: ArrayLike<number> | readonly ArrayLike<number>[],
): values is readonly ArrayLike<number>[] => typeof values[0] === "object";

// ---- What the readers of formats have in common. They throw, as their libraries do; `sourceOf` returns it.

/** A source as the reader of a format makes it; its functions throw what {@linkcode attempted} understands. */
export interface SourceParts {
  readonly name: string;
  readonly count: number;
  readonly width: number;
  /** @default about a MiB of rows */
  readonly block?: number;
  /** Reads rows, which have been compared with `count`. They need not be finite. */
  readonly rows: (from: number, count: number) => Promise<Float32Array<ArrayBuffer>>;
  readonly column: (name: string) => Promise<readonly ColumnValue[]>;
  /** @default nothing is to be closed */
  readonly close?: () => TE.TaskEither<never, void>;
}

/** Makes a source of its parts. */
export function sourceOf(
  { rows, column, close = () => TE.right(undefined), ...parts }: SourceParts,
): VectorSource {
  const { name, count, width, block = rowsPerBlock(width) } = parts;
  const read = (from: number, wanted: number) =>
    pipe(
      attempted(name, () => rows(from, wanted)),
      TE.chainW((values) => {
        const at = firstNonFinite(values);
        return at < 0 ? TE.right(values) : TE.left(
          corrupt(name, `expected finite numbers, ${is(placeOf(values, at, width, from))}`),
        );
      }),
    );
  return {
    name,
    count,
    width,
    block: Math.max(1, Math.min(block, count)),
    read: (from, wanted) => {
      const whole = Number.isInteger(from) && Number.isInteger(wanted) && from >= 0 && wanted >= 0;
      if (!whole || from + wanted > count) {
        const actual = `${wanted} rows from row ${from} on`;
        return TE.left(invalidOption(`rows of ${name}`, actual, `some of its ${count} rows`));
      }
      return 4 * wanted * width > MOST_BYTES
        ? TE.left(invalidOption(`rows of ${name}`, `${wanted} rows`, "at most 2 GiB at once"))
        : read(from, wanted);
    },
    column: (wanted) => attempted(name, () => column(wanted)),
    close,
  };
}

/**
 * Runs a function that may throw. An error that `orThrow` has thrown is returned as it was; an error of a library is
 * returned as `CorruptFile`, because it was about the content of the file.
 */
export const attempted = <A>(
  file: string,
  work: () => Promise<A>,
): TE.TaskEither<SparrowError, A> =>
  TE.tryCatch(
    async () => await work(),
    (thrown) =>
      thrown instanceof Error && isSparrowError(thrown.cause) ? thrown.cause : corrupt(
        file,
        `expected a whole file, current value is a damaged one: ${wordsOf(thrown)}`,
      ),
  );

const isSparrowError = (cause: unknown): cause is SparrowError =>
  typeof cause === "object" && cause !== null && "_tag" in cause;

const wordsOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message || thrown.name : String(thrown);

/** The error of a file's content. */
export const corrupt = (file: string, reason: string): CorruptFile => ({
  _tag: "CorruptFile",
  file,
  reason,
});

/** Throws an error for {@linkcode attempted} to return. */
export const refuse = (error: SparrowError): never => orThrow(E.left(error)) as never;

/** Throws the error of a column that is not there. */
export const noColumn = (file: string, wanted: string, there: readonly string[]): never =>
  refuse(invalidOption(
    `the column of ${file}`,
    wanted,
    there.length === 0 ? "none: it has no further columns" : `one of ${listed(there)}`,
  ));

/** A column of a table, as far as the choice among them needs to know it. */
export interface TableColumn {
  readonly name: string;
  /** Whether a row of it is a list. */
  readonly lists: boolean;
  /** The numbers that it has; null for anything else. */
  readonly numbers: "floats" | "integers" | null;
}

/** Usual names of a column of vectors. */
const USUAL = ["embedding", "vector", "values"];

/**
 * Chooses the columns of a table that are the vectors: one of lists, or several of single numbers.
 *
 * @param wanted Names of the columns. @default the only column of lists of floats, or the one of them that has a usual
 * name, or, where none has lists, all columns of floats
 */
export function chosenOf<A extends TableColumn>(
  file: string,
  columns: readonly A[],
  wanted: string | readonly string[] | undefined,
): readonly A[] {
  const names = columns.map(({ name }) => name);
  const bad = (actual: string, expected: string): never =>
    refuse(invalidOption(`the column of ${file}`, actual, expected));
  if (wanted !== undefined) {
    const chosen = [wanted].flat().map((name) =>
      columns.find((column) => column.name === name) ?? noColumn(file, name, names)
    );
    const fits = chosen.length > 0 && chosen.every(({ numbers }) => numbers !== null) &&
      (chosen.length === 1 || chosen.every(({ lists }) => !lists));
    const expected = "one of lists of numbers, or several of single numbers";
    return fits ? chosen : bad([wanted].flat().join(", "), expected);
  }
  const floats = columns.filter(({ numbers }) => numbers === "floats");
  const lists = floats.filter((column) => column.lists);
  const usual = lists.find(({ name }) => USUAL.includes(name));
  if (usual !== undefined || lists.length === 1) return [usual ?? lists[0]];
  const actual = `${lists.length} columns of lists of floats among ${listed(names)}`;
  return lists.length === 0 && floats.length > 0 ? floats : bad(actual, "the name of one of them");
}

/** Names as a person reads them, shortened. */
export const listed = (names: readonly string[]): string =>
  names.slice(0, 20).map((name) => `"${name.slice(0, 60)}"`).join(", ") +
  (names.length > 20 ? ", …" : "");

const is = (value: string): string => `current value is ${value}`;

/** Says which number stands where: "NaN in row 3, column 17", both counted from 0. */
const placeOf = (values: Float32Array, at: number, width: number, from = 0): string =>
  `${values[at]} in row ${from + Math.floor(at / width)}, column ${at % width}`;

/** Value of a further column as a caller gets it; throws for one that is no text and no number. */
export function columnValue(
  file: string,
  value: unknown,
  row: number,
  column: string,
): ColumnValue {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "boolean") return Number(value);
  const shown = value === undefined ? "null" : String(value).slice(0, 60);
  return refuse(corrupt(
    file,
    `expected a text or a number in "${column}", current value is ${shown} in row ${row}`,
  ));
}

// ---- Numbers of 16 bits

let halves: Float32Array<ArrayBuffer> | null = null;

/** The number that each pattern of 16 bits stands for (IEEE 754, binary16). */
export function halfTable(): Float32Array<ArrayBuffer> {
  return halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
    const size = exponent === 31
      ? (fraction === 0 ? Infinity : NaN)
      : exponent === 0
      ? fraction * 2 ** -24
      : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return sign === 1 ? -size : size;
  });
}
