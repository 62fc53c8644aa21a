/**
 * Tables of codes in a database: bits of one width, by index, which the database searches for the nearest.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { checkWidth } from "../../ops/codes/codes.ts";
import type { SearchOptions } from "../../ops/codes/search.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";
import type { Neighbours } from "../../ops/metrics/neighbours.ts";
import { checkLength } from "../../ops/metrics/rows.ts";
import { attempt, type Database, type DatabaseQuery } from "./database.ts";

/** A table of codes. */
export interface CodeTable {
  /** Database that holds it. */
  readonly database: Database;
  /** Name of the table. */
  readonly name: string;
  /** Number of units of a code. */
  readonly width: number;
}

/** Options of {@linkcode openCodeTable}. */
export interface CodeTableOptions {
  /** Name of the table: at most 63 lower-case letters, digits and _, not a digit first. @default {"codes"} */
  readonly name?: string;
  /** Number of units of a code, from 1 to 2²⁴. */
  readonly width: number;
}

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Quotes a table's name, which has been checked, for a statement: it may be a word of SQL. */
const quoted = ({ name }: Pick<CodeTable, "name">): string => `"${name}"`;

/**
 * Opens a table of codes, made where there is none: `id integer PRIMARY KEY, code bit(width) NOT NULL`, where
 * id is the index, from 0 on, and unit u of a code is bit u from the left, `get_bit(code, u)`. Further
 * columns, labels say, are left alone, and must be allowed to be empty.
 *
 * @returns The table; `InvalidOption` for a name that does not do, a width out of range, and where a table
 * of that name has other columns or another width; `DatabaseUnavailable` for what the database refuses.
 */
export const openCodeTable = (
  database: Database,
  { name = "codes", width }: CodeTableOptions,
): TE.TaskEither<SparrowError, CodeTable> => {
  if (!NAME.test(name)) {
    const expected = "lower-case letters, digits and _, not a digit first, at most 63";
    return TE.left(invalidOption("name", name, expected));
  }
  const table = { database, name, width };
  return pipe(
    TE.fromEither<InvalidOption, number>(checkWidth(width)),
    TE.chainW(() =>
      attempt(database, async ({ query }) => {
        await query(
          `CREATE TABLE IF NOT EXISTS ${quoted(table)} ` +
            `(id integer PRIMARY KEY, code bit(${width}) NOT NULL)`,
        );
        return await columnsOf(table, query);
      })
    ),
    TE.chain((columns): TE.TaskEither<SparrowError, CodeTable> => {
      const wanted = `id integer, code bit(${width})`;
      const there = ["id", "code"].flatMap((column) => {
        const type = columns.get(column);
        return type === undefined ? [] : [`${column} ${type}`];
      }).join(", ");
      return there === wanted
        ? TE.right(table)
        : TE.left(invalidOption(`the table ${name}`, there || "no such columns", wanted));
    }),
  );
};

/** The types of a table's columns, as PostgreSQL writes them, by name. */
async function columnsOf(
  table: CodeTable,
  query: DatabaseQuery,
): Promise<ReadonlyMap<string, string>> {
  const rows = await query(
    "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute " +
      "WHERE attrelid = to_regclass($1::text) AND attnum > 0 AND NOT attisdropped",
    [quoted(table)],
  );
  return new Map(rows.map(({ name, type }) => [String(name), String(type)]));
}

/** Counts the codes of a table. */
export const countCodes = (table: CodeTable): TE.TaskEither<SparrowError, number> =>
  attempt(table.database, ({ query }) => countedBy(table, query));

/** Counts the codes of a table within a transaction. */
async function countedBy(table: CodeTable, query: DatabaseQuery): Promise<number> {
  const [{ count }] = await query(`SELECT count(*)::int4 AS count FROM ${quoted(table)}`);
  return Number(count);
}

/**
 * Adds codes after those that a table has: the first gets the index that follows the last one's. All
 * of them are added or, where something goes wrong, none; of two that add at once one waits.
 *
 * @param codes As wide as the table's.
 * @returns The index of the first of them; `DatabaseUnavailable` for what the database refuses.
 * @throws {RangeError} Where the widths differ.
 *
 * @example
 * ```ts
 * import { addCodes, countCodes, openCodeTable } from "./code_table.ts";
 * import { closeDatabase, openDatabase } from "./database.ts";
 * import { fromIndices } from "../../ops/codes/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1], [2]], 10));
 * const database = await orThrow(openDatabase());
 * const table = await orThrow(openCodeTable(database, { width: 10 }));
 * assertEquals(await orThrow(addCodes(table, codes)), 0);
 * assertEquals(await orThrow(addCodes(table, codes)), 2);
 * assertEquals(await orThrow(countCodes(table)), 4);
 * await orThrow(closeDatabase(database));
 * ```
 */
export const addCodes = (
  table: CodeTable,
  codes: BinaryEmbeddings,
): TE.TaskEither<SparrowError, number> => {
  const { database, width } = table;
  checkLength("add codes", codes.width, width);
  const most = codesPerStatement(width);
  return attempt(database, ({ transaction }) =>
    transaction(async (query) => {
      // Readers go on; who else would add waits, so that no index is given twice.
      await query(`LOCK TABLE ${quoted(table)} IN SHARE ROW EXCLUSIVE MODE`);
      const [{ next }] = await query(
        `SELECT coalesce(max(id) + 1, 0)::int4 AS next FROM ${quoted(table)}`,
      );
      const first = Number(next);
      for (let from = 0; from < codes.count; from += most) {
        const to = Math.min(from + most, codes.count);
        await query(
          `INSERT INTO ${quoted(table)} (id, code) SELECT $1::int4 + place::int4 - 1, ` +
            `text::varbit::bit(${width}) FROM unnest($2::text[]) WITH ORDINALITY AS one(text, place)`,
          [first + from, codeTexts(codes, from, to)],
        );
      }
      return first;
    }));
};

// ---- Search

/** The most queries of one statement, so that a search can be interrupted between two. */
const MOST_QUERIES = 256;

/**
 * Finds the k nearest codes of each query by Hamming distance, exactly: what `search` of a code index
 * finds. The database compares each query with every code, also where the table has an index of
 * pgvector's: those are approximate, and useful to statements of one's own.
 *
 * @param queries As wide as the table's codes.
 * @returns Per query the indices (ids) of the nearest and their distances, rising; of equal distances the
 * lower index is first. `InvalidOption` where k is not from 1 to the number of codes;
 * `DatabaseUnavailable` for what the database refuses.
 * @throws {RangeError} Where the widths differ.
 *
 * @example
 * ```ts
 * import { addCodes, openCodeTable, searchTable } from "./code_table.ts";
 * import { closeDatabase, openDatabase } from "./database.ts";
 * import { fromIndices } from "../../ops/codes/codes.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = orThrow(fromIndices([[0, 1, 2], [1, 2, 3], [2, 3, 4]], 64));
 * const query = orThrow(fromIndices([[2, 3]], 64));
 * const database = await orThrow(openDatabase());
 * const table = await orThrow(openCodeTable(database, { width: 64 }));
 * await orThrow(addCodes(table, codes));
 * const found = await orThrow(searchTable(table, query, { k: 2 }));
 * assertEquals([...found.indices], [1, 2]);
 * assertEquals([...found.distances], [1, 1]);
 * await orThrow(closeDatabase(database));
 * ```
 */
export const searchTable = (
  table: CodeTable,
  queries: BinaryEmbeddings,
  { k }: Pick<SearchOptions, "k">,
): TE.TaskEither<SparrowError, Neighbours> => {
  checkLength("search for codes", queries.width, table.width);
  return pipe(
    attempt(table.database, ({ transaction }) =>
      transaction(async (query) => {
        // One state of the table for all statements, whoever adds codes in the meantime.
        await query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        const count = await countedBy(table, query);
        return Number.isInteger(k) && k >= 1 && k <= count
          ? E.right(await nearest(table, queries, k, query))
          : E.left<InvalidOption>(
            invalidOption("k", k, `an integer from 1 to the number of codes, ${count}`),
          );
      })),
    TE.chainW((found) => TE.fromEither<SparrowError, Neighbours>(found)),
  );
};

async function nearest(
  table: CodeTable,
  queries: BinaryEmbeddings,
  k: number,
  query: DatabaseQuery,
): Promise<Neighbours> {
  const indices = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k);
  const most = Math.min(MOST_QUERIES, codesPerStatement(table.width));
  for (let from = 0; from < queries.count; from += most) {
    const texts = codeTexts(queries, from, Math.min(from + most, queries.count));
    const rows = await query(statementFor(table), [texts, k]);
    rows.forEach(({ id, distance }, at) => {
      indices[from * k + at] = Number(id);
      distances[from * k + at] = Number(distance);
    });
  }
  return { k, indices, distances };
}

/**
 * The cast of the distance keeps an approximate index of the table's from being used in its place; were
 * the queries not materialised, each would be read from its text anew for every code.
 */
const statementFor = (table: CodeTable): string =>
  `WITH asked AS MATERIALIZED (SELECT place, text::varbit::bit(${table.width}) AS code ` +
  "FROM unnest($1::text[]) WITH ORDINALITY AS one(text, place)) " +
  "SELECT near.id, near.distance FROM asked CROSS JOIN LATERAL " +
  `(SELECT id, (${quoted(table)}.code <~> asked.code)::int4 AS distance FROM ${quoted(table)} ` +
  "ORDER BY distance, id LIMIT $2::int4) AS near " +
  "ORDER BY asked.place, near.distance, near.id";

// ---- Codes as text

/** The two hexadecimal digits of each byte with its bits reversed: a byte's lowest bit is its first unit. */
const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed.toString(16).padStart(2, "0");
});

/**
 * Writes code i of a set as PostgreSQL reads bits: hexadecimal digits after an x, the first unit first, for
 * `$1::varbit::bit(width)`. Units up to the next multiple of 8 follow as zeros, and
 * the cast takes them away.
 *
 * @example
 * ```ts
 * import { codeText } from "./code_table.ts";
 * import { fromIndices } from "../../ops/codes/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 3, 9]], 10);
 * assertEquals(E.isRight(codes) && codeText(codes.right, 0), "x9040");
 * ```
 */
export function codeText({ width, words }: BinaryEmbeddings, i: number): string {
  const from = i * wordsPerCode(width);
  let text = "x";
  for (let byte = 0; byte < Math.ceil(width / 8); byte++) {
    text += digits[(words[from + (byte >>> 2)] >>> (8 * (byte & 3))) & 255];
  }
  return text;
}

/** Writes codes from one index up to another, without it. */
const codeTexts = (codes: BinaryEmbeddings, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, i) => codeText(codes, from + i));

/** Returns how many codes of a width, at least one, make a statement of about two million digits. */
const codesPerStatement = (width: number): number =>
  Math.max(1, Math.floor(2 ** 21 / Math.ceil(width / 4)));
