/**
 * A table of codes: bits of one width, by index.
 *
 * @module
 */
import { pipe, TE } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { checkLength } from "../../ops/metrics/check.ts";
import { checkWidth } from "../../ops/sdr/codes.ts";
import { codesPerStatement, codeTexts } from "./code_text.ts";
import { attempt, type Database } from "./database.ts";
import type { DatabaseQuery } from "./database_driver.ts";

/** A table of codes. */
export interface CodeTable {
  /** Where it is. */
  readonly database: Database;
  /** Its name. */
  readonly name: string;
  /** Units of a code. */
  readonly width: number;
}

/** Options of {@linkcode openCodeTable}: which table. */
export interface CodeTableOptions {
  /** Lower-case letters, digits and _, not a digit first, at most 63. @default {"codes"} */
  readonly name?: string;
  /** Units of a code, from 1 to 2²⁴. */
  readonly width: number;
}

const NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** A table's name in a statement: it has been checked, and is quoted for it may be a word of SQL. */
export const quoted = ({ name }: Pick<CodeTable, "name">): string => `"${name}"`;

/**
 * A table of codes, made where there is none: `id integer PRIMARY KEY, code bit(width) NOT NULL`, where
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

/** How many codes a table has. */
export const countCodes = (table: CodeTable): TE.TaskEither<SparrowError, number> =>
  attempt(table.database, ({ query }) => countedBy(table, query));

/** The same within other work. */
export async function countedBy(table: CodeTable, query: DatabaseQuery): Promise<number> {
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
 * import { fromIndices } from "../../ops/sdr/codes.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const [database, codes] = [await openDatabase()(), fromIndices([[0, 1], [2]], 10)];
 * if (E.isLeft(database) || E.isLeft(codes)) throw new Error("no codes");
 * const table = await openCodeTable(database.right, { width: 10 })();
 * if (E.isLeft(table)) throw new Error("no table");
 * assertEquals(await addCodes(table.right, codes.right)(), E.right(0));
 * assertEquals(await addCodes(table.right, codes.right)(), E.right(2));
 * assertEquals(await countCodes(table.right)(), E.right(4));
 * await closeDatabase(database.right)();
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
