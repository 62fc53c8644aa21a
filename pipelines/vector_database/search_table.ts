/**
 * The search for the nearest codes of a table, by the database.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption, type SparrowError } from "../../graph/error.ts";
import type { BinaryEmbeddings } from "../../ops/embeddings.ts";
import { checkLength } from "../../ops/metrics/check.ts";
import type { Neighbours } from "../../ops/metrics/neighbours.ts";
import type { SearchOptions } from "../../ops/sdr/code_index.ts";
import { codesPerStatement, codeTexts } from "./code_text.ts";
import { type CodeTable, countedBy, quoted } from "./code_table.ts";
import { attempt } from "./database.ts";
import type { DatabaseQuery } from "./database_driver.ts";

/** Queries of one statement: it can be interrupted between two. */
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
 * import { addCodes, openCodeTable } from "./code_table.ts";
 * import { closeDatabase, openDatabase } from "./database.ts";
 * import { searchTable } from "./search_table.ts";
 * import { fromIndices } from "../../ops/sdr/codes.ts";
 * import { E, pipe, TE } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const codes = fromIndices([[0, 1, 2], [1, 2, 3], [2, 3, 4]], 64);
 * const query = fromIndices([[2, 3]], 64);
 * const database = await openDatabase()();
 * if (E.isLeft(codes) || E.isLeft(query) || E.isLeft(database)) throw new Error("no database");
 * const found = await pipe(
 *   openCodeTable(database.right, { width: 64 }),
 *   TE.chainFirst((table) => addCodes(table, codes.right)),
 *   TE.chain((table) => searchTable(table, query.right, { k: 2 })),
 * )();
 * assertEquals(E.isRight(found) && [...found.right.indices], [1, 2]);
 * assertEquals(E.isRight(found) && [...found.right.distances], [1, 1]);
 * await closeDatabase(database.right)();
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
