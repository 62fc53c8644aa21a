/**
 * Codes in PostgreSQL or PGlite, with pgvector, and vectors out of them.
 *
 * @module
 */
export {
  addCodes,
  type CodeTable,
  type CodeTableOptions,
  type CodeType,
  countCodes,
  openCodeTable,
  searchTable,
} from "./code_table.ts";
export {
  closeDatabase,
  type Database,
  type DatabaseDriver,
  type DatabaseOptions,
  type DatabaseQuery,
  openDatabase,
} from "./database.ts";
export { queryVectors, type QueryVectorsOptions } from "./query_vectors.ts";
