/**
 * A PostgreSQL server, by its address.
 *
 * @module
 */
import type { DatabaseDriver, DatabaseQuery } from "./database_driver.ts";

// Neither as a literal nor by its types, as in `pglite.ts`.
const POSTGRES: string = "npm:postgres@3.4.9";

/** What runs a statement. */
interface Queryable {
  readonly unsafe: (
    statement: string,
    parameters: unknown[],
  ) => Promise<Record<string, unknown>[]>;
}

/** The part of a connection that is used. */
interface Sql extends Queryable {
  readonly begin: <A>(work: (own: Queryable) => Promise<A>) => Promise<A>;
  readonly end: (options: { readonly timeout: number }) => Promise<void>;
}

/** The function that the package exports. */
type Connect = (
  url: string,
  options: {
    readonly max: number;
    readonly connect_timeout: number;
    readonly onnotice: () => void;
  },
) => Sql;

/** Seconds to wait for a server. */
const PATIENCE = 10;

/**
 * Connects to a server. What the address leaves out comes from the usual variables, PGPASSWORD say.
 *
 * @param url "postgres://user:password@host:5432/database".
 */
export async function openPostgres(url: string): Promise<DatabaseDriver> {
  const connect = (await import(POSTGRES) as { readonly default: Connect }).default;
  const sql = connect(url, { max: 1, connect_timeout: PATIENCE, onnotice: () => {} });
  const asked = (by: Queryable): DatabaseQuery => async (statement, parameters = []) =>
    await by.unsafe(statement, [...parameters]);
  return {
    query: asked(sql),
    // A promise that resolves to a list would be waited for item by item: it is wrapped.
    transaction: async <A>(work: (query: DatabaseQuery) => Promise<A>) => {
      const { result } = await sql.begin(async (own) => ({ result: await work(asked(own)) }));
      return result;
    },
    close: () => sql.end({ timeout: PATIENCE }),
  };
}
