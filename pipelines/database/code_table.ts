/**
 * Tables of codes in a database: bits or sparse vectors of one width, by index, which the database searches for the
 * nearest.
 *
 * @module
 */
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { codeSizes } from "../../ops/codes/algebra.ts";
import { checkWidth } from "../../ops/codes/codes.ts";
import type { CodeDistance, SearchOptions } from "../../ops/codes/search.ts";
import { type BinaryEmbeddings, wordsPerCode } from "../../ops/embeddings.ts";
import type { Neighbours } from "../../ops/metrics/neighbours.ts";
import { checkLength, eachBit } from "../../ops/metrics/rows.ts";
import { attempt, type Database, type DatabaseQuery } from "./database.ts";

/**
 * Type of a table's codes. "bit" takes width / 8 bytes per code; "sparsevec", pgvector's sparse vector with a 1 for each
 * unit that is set, 8 bytes per unit that is set and 16 more.
 */
export type CodeType = "bit" | "sparsevec";

/** A table of codes. */
export interface CodeTable {
  /** Database that holds it. */
  readonly database: Database;
  /** Name of the table. */
  readonly name: string;
  /** Number of units of a code. */
  readonly width: number;
  /** Type of the codes. */
  readonly type: CodeType;
}

/** Options of {@linkcode openCodeTable}. */
export interface CodeTableOptions {
  /** Name of the table: at most 63 lower-case letters, digits and _, not a digit first. @default {"codes"} */
  readonly name?: string;
  /** Number of units of a code, from 1 to 2²⁴. */
  readonly width: number;
  /**
   * Type of the codes: "sparsevec" is the smaller where less than a unit of 64 is set. pgvector's HNSW indexes bits of at
   * most 64,000 units, and sparse vectors of any width with at most 1,000 units set. @default {"bit"}
   */
  readonly type?: CodeType;
}

/** The most units of a code that a sparse vector can have. */
const MOST_SET = 16_000;

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Quotes a table's name, which has been checked, for a statement: it may be a word of SQL. */
const quoted = ({ name }: Pick<CodeTable, "name">): string => `"${name}"`;

/**
 * Opens a table of codes, made where there is none: `id integer PRIMARY KEY, code bit(width) NOT NULL`, where
 * id is the index, from 0 on, and unit u of a code is bit u from the left, `get_bit(code, u)`; or `code
 * sparsevec(width)`, where it is element u + 1. Further columns, labels or float vectors say, are left alone, and
 * must be allowed to be empty.
 *
 * @param database Database that is open.
 * @param options Options, as {@linkcode CodeTableOptions} describes them.
 * @returns The table; `InvalidOption` for a name that does not do, a width out of range, and where a table
 * of that name has other columns, another type or width; `DatabaseUnavailable` for what the database refuses.
 */
export const openCodeTable = (
  database: Database,
  { name = "codes", width, type = "bit" }: CodeTableOptions,
): TE.TaskEither<SparrowError, CodeTable> => {
  if (!NAME.test(name)) {
    const expected = "lower-case letters, digits and _, not a digit first, at most 63";
    return TE.left(invalidOption("name", name, expected));
  }
  const table = { database, name, width, type };
  return pipe(
    TE.fromEither<InvalidOption, number>(checkWidth(width)),
    TE.chainW(() =>
      attempt(database, async ({ query }) => {
        if (type === "sparsevec") {
          const [found] = await query("SELECT to_regtype('sparsevec') IS NOT NULL AS sparse");
          if (found.sparse !== true) return null;
        }
        await query(
          `CREATE TABLE IF NOT EXISTS ${quoted(table)} ` +
            `(id integer PRIMARY KEY, code ${type}(${width}) NOT NULL)`,
        );
        return await columnsOf(table, query);
      })
    ),
    TE.chain((columns): TE.TaskEither<SparrowError, CodeTable> => {
      if (columns === null) {
        return TE.left({
          _tag: "DatabaseUnavailable",
          database: database.place,
          reason: "its pgvector has no type sparsevec, or is in a schema out of sight",
          advice: "pgvector must be 0.7 or later (ALTER EXTENSION vector UPDATE), and on the " +
            'search_path; codes as bits need none: type "bit"',
        });
      }
      const wanted = `id integer, code ${type}(${width})`;
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

/**
 * Counts the codes of a table.
 *
 * @param table Table of codes.
 */
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
 * @param table Table to add to.
 * @param codes Codes as wide as the table's.
 * @returns The index of the first of them; `InvalidOption` where a sparse vector would have more than 16,000 units
 * set; `DatabaseUnavailable` for what the database refuses.
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
  return pipe(
    TE.fromEither<SparrowError, Texts>(textsOf(table, codes)),
    TE.chainW(({ texts, most }) =>
      attempt(database, ({ transaction }) =>
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
                `${read(table)} FROM unnest($2::text[]) WITH ORDINALITY AS one(text, place)`,
              [first + from, texts(from, to)],
            );
          }
          return first;
        }))
    ),
  );
};

// ---- Search

/** The most queries of one statement, so that a search can be interrupted between two. */
const MOST_QUERIES = 256;

/**
 * Finds the k nearest codes of each query, exactly, like `search` of a code index. The database compares each
 * query with every code, also where the table has an index of pgvector's: those are approximate, and useful to your own
 * statements. Bits are compared by `<~>` and `bit_count`, which needs PostgreSQL 14, sparse vectors by `<+>` and `<#>`.
 *
 * @param table Table to search.
 * @param queries Codes as wide as the table's.
 * @param options Number of neighbours and the distance, as {@linkcode SearchOptions} describes them.
 * @returns The indices (ids) of the nearest codes of each query and their distances, rising; of equal distances the
 * lower index is first. `InvalidOption` where k is not from 1 to the number of codes, or a sparse vector would have
 * more than 16,000 units set; `DatabaseUnavailable` for what the database refuses.
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
  { k, distance = "hamming" }: Pick<SearchOptions, "k" | "distance">,
): TE.TaskEither<SparrowError, Neighbours> => {
  checkLength("search for codes", queries.width, table.width);
  return pipe(
    TE.fromEither<SparrowError, Texts>(textsOf(table, queries)),
    TE.chainW((texts) =>
      attempt(table.database, ({ transaction }) =>
        transaction(async (query) => {
          // One state of the table for all statements, whoever adds codes in the meantime.
          await query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
          const count = await countedBy(table, query);
          return Number.isInteger(k) && k >= 1 && k <= count
            ? E.right(await nearest(statementFor(table, distance), texts, queries.count, k, query))
            : E.left<InvalidOption>(
              invalidOption("k", k, `an integer from 1 to the number of codes, ${count}`),
            );
        }))
    ),
    TE.chainW((found) => TE.fromEither<SparrowError, Neighbours>(found)),
  );
};

async function nearest(
  statement: string,
  { texts, most }: Texts,
  count: number,
  k: number,
  query: DatabaseQuery,
): Promise<Neighbours> {
  const indices = new Int32Array(count * k);
  const distances = new Float64Array(count * k);
  const step = Math.min(MOST_QUERIES, most);
  for (let from = 0; from < count; from += step) {
    const rows = await query(statement, [texts(from, Math.min(from + step, count)), k]);
    rows.forEach(({ id, distance }, at) => {
      indices[from * k + at] = Number(id);
      distances[from * k + at] = Number(distance);
    });
  }
  return { k, indices, distances };
}

/**
 * Writes the statement of a search. The cast of the distance keeps PostgreSQL from using an approximate index of the
 * table. Materialised queries keep it from parsing each query's text again for every code.
 */
const statementFor = (table: CodeTable, distance: CodeDistance): string =>
  `WITH asked AS MATERIALIZED (SELECT place, ${read(table)} AS code ` +
  "FROM unnest($1::text[]) WITH ORDINALITY AS one(text, place)) " +
  "SELECT near.id, near.distance FROM asked CROSS JOIN LATERAL " +
  `(SELECT id, (${apart[table.type][distance]})::int4 AS distance FROM ${quoted(table)} AS kept ` +
  "ORDER BY distance, id LIMIT $2::int4) AS near " +
  "ORDER BY asked.place, near.distance, near.id";

/** SQL expressions of the distances: sparse vectors of ones differ by 1 in each unit that one of them has alone. */
const apart: Readonly<Record<CodeType, Readonly<Record<CodeDistance, string>>>> = {
  bit: {
    hamming: "kept.code <~> asked.code",
    overlap: "-bit_count(kept.code & asked.code)",
  },
  sparsevec: { hamming: "kept.code <+> asked.code", overlap: "kept.code <#> asked.code" },
};

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

/** Writes code i of a set as pgvector reads a sparse vector: its units, from 1 on, each with a 1. */
function sparseText({ width, words }: BinaryEmbeddings, i: number): string {
  const perCode = wordsPerCode(width);
  const elements: string[] = [];
  eachBit(words, i * perCode, perCode, (unit) => elements.push(`${unit + 1}:1`));
  return `{${elements.join(",")}}/${width}`;
}

/** Reads a code from its text. */
const read = ({ type, width }: CodeTable): string =>
  type === "bit" ? `text::varbit::bit(${width})` : `text::sparsevec(${width})`;

/** Codes as a table's statements take them. */
interface Texts {
  /** Writes codes from one index up to another, without it. */
  readonly texts: (from: number, to: number) => readonly string[];
  /** Counts the codes, at least one, that make a statement of about two million characters. */
  readonly most: number;
}

/** Codes as texts; `InvalidOption` where they do not fit the table's type. */
function textsOf(
  { type, width }: CodeTable,
  codes: BinaryEmbeddings,
): E.Either<InvalidOption, Texts> {
  const sizes = type === "bit" ? null : codeSizes(codes);
  const largest = sizes?.reduce((most, size) => Math.max(most, size), 0) ?? 0;
  if (sizes !== null && largest > MOST_SET) {
    const actual = `${largest} units of code ${sizes.indexOf(largest)}`;
    const expected = `at most ${MOST_SET} units set, which is a limit of sparsevec (bit has none)`;
    return E.left(invalidOption("codes", actual, expected));
  }
  const write = type === "bit" ? codeText : sparseText;
  // An element is a number of up to eight digits, and ":1,".
  const longest = type === "bit" ? Math.ceil(width / 4) : 11 * largest + 12;
  return E.right({
    texts: (from, to) => Array.from({ length: to - from }, (_, i) => write(codes, from + i)),
    most: Math.max(1, Math.floor(2 ** 21 / longest)),
  });
}
