/**
 * PostgreSQL in this process: PGlite, which is PostgreSQL compiled to WebAssembly, with pgvector.
 *
 * @module
 */
import type { DatabaseDriver, DatabaseQuery } from "./database_driver.ts";

// Neither as literals nor by their types: Deno would fetch their 27 MB for every program that imports this
// module, used or not. The version is the one that the extension names as its peer.
const PGLITE: string = "npm:@electric-sql/pglite@0.5.14";
const PGVECTOR: string = "npm:@electric-sql/pglite-pgvector@0.0.15";

/** What runs a statement. */
interface Queryable {
  readonly query: (
    statement: string,
    parameters: unknown[],
  ) => Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** The part of a PGlite database that is used. */
interface PGlite extends Queryable {
  readonly transaction: <A>(work: (own: Queryable) => Promise<A>) => Promise<A>;
  readonly close: () => Promise<void>;
}

/** PGlite's module. */
interface PGliteModule {
  readonly PGlite: {
    readonly create: (options: {
      readonly dataDir?: string;
      readonly extensions: { readonly vector: unknown };
    }) => Promise<PGlite>;
  };
}

/**
 * Opens a database.
 *
 * @param folder Where it is kept, made if it is missing; null for one that is gone when it is closed.
 */
export async function openPglite(folder: string | null): Promise<DatabaseDriver> {
  const pglite = await import(PGLITE) as PGliteModule;
  const extension = await import(PGVECTOR) as { readonly vector: unknown };
  if (folder !== null) await Deno.mkdir(folder, { recursive: true });
  const database = await pglite.PGlite.create({
    ...folder === null ? {} : { dataDir: folder },
    extensions: { vector: extension.vector },
  });
  const asked = (by: Queryable): DatabaseQuery => async (statement, parameters = []) =>
    (await by.query(statement, [...parameters])).rows;
  return {
    query: asked(database),
    transaction: <A>(work: (query: DatabaseQuery) => Promise<A>) =>
      database.transaction((own) => work(asked(own))),
    close: () => database.close(),
  };
}
