/**
 * What is asked of a database, whichever it is.
 *
 * @module
 */

/** Runs one statement; its parameters are $1, $2, … Throws what the database refuses. */
export type DatabaseQuery = (
  statement: string,
  parameters?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** A connection to a database. Its functions throw: `attempt` of `database.ts` makes values of their errors. */
export interface DatabaseDriver {
  /** Runs one statement. */
  readonly query: DatabaseQuery;
  /** Runs statements of which all are kept or, where the work throws, none. */
  readonly transaction: <A>(work: (query: DatabaseQuery) => Promise<A>) => Promise<A>;
  /** Ends the connection. */
  readonly close: () => Promise<void>;
}
