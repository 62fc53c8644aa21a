/**
 * Vectors that a database has: the rows of a query, read in blocks.
 *
 * @module
 */
import { invalidOption, orThrow, type SparrowError } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import {
  attempted,
  chosenOf,
  columnValue,
  corrupt,
  noColumn,
  refuse,
  rowsPerBlock,
  sourceOf,
  type SourceParts,
  type VectorSource,
} from "../data/vectors/source.ts";
import { attempt, type Database } from "./database.ts";

/** Options of {@linkcode queryVectors}. */
export interface QueryVectorsOptions {
  /** Values of the query's parameters, $1, $2, … @default {[]} */
  readonly parameters?: readonly unknown[];
  /** The column with the vectors. @default the only one that may be meant, or "embedding", "vector" or "values" */
  readonly column?: string;
}

/**
 * Makes a source of the rows of a query, which is run once: the database keeps its rows until the source is closed.
 *
 * A vector is pgvector's `vector` or `halfvec`, an array (`float4[]`, `float8[]`, `real[]`, …), or a `bytea` of float32 in
 * little-endian order. Rows have the order of the query, which is any where it does not say ORDER BY.
 *
 * @param database Database that is open.
 * @param query A SELECT, without a semicolon. It is the caller's own: never put another's text into it, but parameters.
 * @param options Options, as {@linkcode QueryVectorsOptions} describes them.
 * @returns The source, to be closed before the database is; `DatabaseUnavailable` for what the database refuses;
 * `InvalidOption` where no column has vectors, where it must be named, and for no rows. Rows are inspected when they are
 * read: nulls, other widths than the first row's, and numbers that are not finite are refused by row, as `CorruptFile`.
 *
 * @example
 * ```ts
 * import { closeDatabase, openDatabase } from "./database.ts";
 * import { queryVectors } from "./query_vectors.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const database = await orThrow(openDatabase());
 * await database.driver.query("CREATE TABLE texts (id int, embedding vector(2))");
 * await database.driver.query("INSERT INTO texts VALUES (7, '[1, 2]'), (8, '[3, 4]')");
 * const source = await orThrow(queryVectors(database, "SELECT * FROM texts ORDER BY id"));
 * assertEquals([source.count, source.width], [2, 2]);
 * assertEquals(await orThrow(source.read(1, 1)), Float32Array.of(3, 4));
 * assertEquals(await orThrow(source.column("id")), [7, 8]);
 * await source.close()();
 * await closeDatabase(database)();
 * ```
 */
export const queryVectors = (
  database: Database,
  query: string,
  { parameters = [], column }: QueryVectorsOptions = {},
): TE.TaskEither<SparrowError, VectorSource> => {
  const name = `the query of ${database.place}`;
  const cursor = `sparrow_${crypto.randomUUID().replaceAll("-", "")}`;
  const close: () => TE.TaskEither<never, void> = () =>
    pipe(
      attempt(database, ({ query }) => query(`CLOSE ${cursor}`)),
      TE.map((): void => {}),
      TE.orElse(() => TE.right<never, void>(undefined)),
    );
  const opened = attempt(database, ({ transaction }) =>
    transaction(async (run) => {
      // The count is that of the rows that the cursor gives: both see the tables as they are now.
      await run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      await run(`DECLARE ${cursor} SCROLL CURSOR WITH HOLD FOR ${query}`, parameters);
      const [{ count }] = await run(`SELECT count(*)::text AS count FROM (${query}) q`, parameters);
      return { count: Number(count), first: await run(`FETCH FIRST FROM ${cursor}`) };
    }));
  return pipe(
    opened,
    TE.chainW(({ count, first: [first] }) =>
      attempted(
        name,
        () => Promise.resolve(partsOf({ database, name, cursor, count }, first, column)),
      )
    ),
    TE.map((parts) => sourceOf({ ...parts, close })),
    TE.orElse((error) => pipe(close(), TE.chainW(() => TE.left(error)))),
  );
};

type Row = Readonly<Record<string, unknown>>;

/** The rows of a query, at a cursor. */
interface Rows {
  readonly database: Database;
  readonly name: string;
  readonly cursor: string;
  readonly count: number;
}

function partsOf(rows: Rows, first: Row | undefined, wanted: string | undefined): SourceParts {
  const { name, count } = rows;
  if (first === undefined || count === 0) {
    return refuse(invalidOption(name, "no rows", "at least one row"));
  }
  const columns = Object.entries(first).map(([name, value]) => ({
    name,
    lists: true,
    numbers: numbersOf(value) === null ? null : "floats" as const,
  }));
  const [{ name: column }] = chosenOf(name, columns, wanted);
  const width = numbersOf(first[column])!.length;
  const fetch = fetcher(rows);
  return {
    name,
    count,
    width,
    rows: async (from, wanted) => {
      const values = new Float32Array(wanted * width);
      (await fetch(from, wanted)).forEach((row, i) => {
        const numbers = numbersOf(row[column]);
        if (numbers?.length !== width) {
          const actual = numbers === null ? shown(row[column]) : numbers.length;
          const expected = `expected ${width} numbers in "${column}", as the first row has`;
          refuse(corrupt(name, `${expected}, current value is ${actual} in row ${from + i}`));
        }
        values.set(numbers!, i * width);
      });
      return values;
    },
    column: async (other) => {
      if (!Object.hasOwn(first, other)) return noColumn(name, other, Object.keys(first));
      const block = rowsPerBlock(width);
      const found = [];
      for (let from = 0; from < count; from += block) {
        const some = await fetch(from, Math.min(block, count - from));
        for (const row of some) found.push(columnValue(name, row[other], found.length, other));
      }
      return found;
    },
  };
}

/** Makes the function that fetches rows. The cursor has one place, so that one fetch waits for the other. */
function fetcher({ database, name, cursor }: Rows) {
  let last: Promise<unknown> = Promise.resolve();
  const fetched = async (from: number, count: number): Promise<readonly Row[]> => {
    const rows = await orThrow(attempt(database, async ({ query }) => {
      await query(`MOVE ABSOLUTE ${from} FROM ${cursor}`);
      return count === 0 ? [] : await query(`FETCH FORWARD ${count} FROM ${cursor}`);
    }));
    if (rows.length === count) return rows;
    const expected = `expected ${count} rows from row ${from} on`;
    return refuse(corrupt(name, `${expected}, current value is ${rows.length}`));
  };
  return (from: number, count: number): Promise<readonly Row[]> => {
    const fetching = last.then(() => fetched(from, count));
    last = fetching.catch(() => {});
    return fetching;
  };
}

/** The numbers of a value as a driver gives it; null where it is no vector. */
function numbersOf(value: unknown): ArrayLike<number> | null {
  if (value instanceof Uint8Array) {
    // A driver's bytes may be a part of others, and where they are a Buffer, slice would not copy them.
    const { buffer } = new Uint8Array(value);
    return value.length > 0 && value.length % 4 === 0 ? new Float32Array(buffer) : null;
  }
  if (Array.isArray(value)) {
    const numbers = value.map((x) => x === null || typeof x === "object" ? null : Number(x));
    return numbers.length > 0 && !numbers.includes(null) ? numbers as number[] : null;
  }
  // As PostgreSQL writes them: pgvector's in brackets, its own arrays in braces.
  if (typeof value !== "string" || !/^(\[[^\]]+\]|\{[^}]+\})$/.test(value)) return null;
  return value.slice(1, -1).split(",").map(Number);
}

const shown = (value: unknown): string => value == null ? "null" : String(value).slice(0, 60);
