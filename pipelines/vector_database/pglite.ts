/**
 * PostgreSQL in this process: PGlite, which is PostgreSQL compiled to WebAssembly, with pgvector.
 *
 * @module
 */
import type { PGlite } from "npm:@electric-sql/pglite@0.5.14";
import type { vector } from "npm:@electric-sql/pglite-pgvector@0.0.15";
import type { DatabaseDriver, DatabaseQuery } from "./database_driver.ts";

// Not as literals: Deno would fetch their 27 MB for every program that imports this module, used or not.
// The version is the one that the extension names as its peer.
const PGLITE: string = "npm:@electric-sql/pglite@0.5.14";
const PGVECTOR: string = "npm:@electric-sql/pglite-pgvector@0.0.15";

/**
 * Opens a database.
 *
 * @param folder Where it is kept, made if it is missing; null for one that is gone when it is closed.
 */
export async function openPglite(folder: string | null): Promise<DatabaseDriver> {
  const pglite = await import(PGLITE) as { PGlite: typeof PGlite };
  const extension = await import(PGVECTOR) as { vector: typeof vector };
  if (folder !== null) await Deno.mkdir(folder, { recursive: true });
  const database = await pglite.PGlite.create({
    ...folder === null ? {} : { dataDir: folder },
    extensions: { vector: extension.vector },
  });
  const asked = (by: Pick<PGlite, "query">): DatabaseQuery => async (statement, parameters = []) =>
    (await by.query<Record<string, unknown>>(statement, [...parameters])).rows;
  return {
    query: asked(database),
    transaction: <A>(work: (query: DatabaseQuery) => Promise<A>) =>
      database.transaction((own) => work(asked(own))),
    close: () => database.close(),
  };
}
