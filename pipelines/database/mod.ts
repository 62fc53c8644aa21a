/**
 * Codes in PostgreSQL or PGlite, with pgvector.
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
