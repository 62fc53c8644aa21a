/**
 * A PostgreSQL server, by its address.
 *
 * @module
 */
import type postgres from "npm:postgres@3.4.9";
import type { DatabaseDriver, DatabaseQuery } from "./database_driver.ts";

// Not as a literal, as in `pglite.ts`.
const POSTGRES: string = "npm:postgres@3.4.9";

/** Seconds to wait for a server. */
const PATIENCE = 10;

/**
 * Connects to a server. What the address leaves out comes from the usual variables, PGPASSWORD say.
 *
 * @param url "postgres://user:password@host:5432/database".
 */
export async function openPostgres(url: string): Promise<DatabaseDriver> {
  const connect = (await import(POSTGRES) as { default: typeof postgres }).default;
  const sql = connect(url, { max: 1, connect_timeout: PATIENCE, onnotice: () => {} });
  const asked =
    (by: Pick<postgres.Sql, "unsafe">): DatabaseQuery => async (statement, parameters = []) =>
      await by.unsafe(statement, [...parameters] as postgres.ParameterOrJSON<never>[]);
  return {
    query: asked(sql),
    // A promise that resolves to a list would be waited for item by item: it is wrapped.
    transaction: async <A>(work: (query: DatabaseQuery) => Promise<A>) => {
      const { result } = await sql.begin(async (own) => ({ result: await work(asked(own)) }));
      return result as A;
    },
    close: () => sql.end({ timeout: PATIENCE }),
  };
}
