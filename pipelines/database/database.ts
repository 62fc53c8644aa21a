/**
 * Connections to databases that can compare bits: PGlite, which needs no server, or a PostgreSQL server with
 * pgvector.
 *
 * @module
 */
import { type DatabaseUnavailable, invalidOption, type SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { lockFolder } from "../files/lock.ts";

/** Runs one statement with its parameters $1, $2, … Throws the database's errors. */
export type DatabaseQuery = (
  statement: string,
  parameters?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** A connection to a database. Its functions throw: {@linkcode attempt} makes values of their errors. */
export interface DatabaseDriver {
  /** Runs one statement. */
  readonly query: DatabaseQuery;
  /** Runs statements of which all are kept or, where the work throws, none. */
  readonly transaction: <A>(work: (query: DatabaseQuery) => Promise<A>) => Promise<A>;
  /** Ends the connection. */
  readonly close: () => Promise<void>;
}

/** Options of {@linkcode openDatabase}; without any of these it is one in memory, which is gone when it is closed. */
export interface DatabaseOptions {
  /** Folder of PGlite's database, made if it is missing; locked while it is open. @default in memory */
  readonly folder?: string;
  /** Address of a PostgreSQL server: "postgres://user:password@host:5432/database". @default PGlite */
  readonly url?: string;
  /** Whether pgvector is needed, as it is for codes; not for vectors in arrays or bytes. @default {true} */
  readonly pgvector?: boolean;
}

/** An open database, with pgvector where that was requested. */
export interface Database {
  /** Place of the database, without a password: "memory", the folder or the address. */
  readonly place: string;
  /** Driver for your own statements, on further columns for example; it throws the database's errors. */
  readonly driver: DatabaseDriver;
}

/**
 * Opens a database, and pgvector in it where the user may do that.
 *
 * PGlite is PostgreSQL in WebAssembly, in this process; it is fetched when it is first opened. Its folder is
 * locked while it is open: a second one in it, of this process or another, is refused. A server needs pgvector 0.7
 * or later; in Deno
 * `--allow-net=HOST:PORT` and `--allow-env=PG*,USER,USERNAME,LOGNAME`, for it reads the usual variables.
 *
 * @param options Options, as {@linkcode DatabaseOptions} describes them.
 * @returns The database, to be closed with {@linkcode closeDatabase}; `InvalidOption` for an address that
 * is none and for a folder beside an address; `DatabaseUnavailable` where it does not open, where
 * its folder is in use, and where pgvector is missing or too old.
 *
 * @example
 * ```ts
 * import { closeDatabase, openDatabase } from "./database.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const database = await orThrow(openDatabase());
 * assertEquals(database.place, "memory");
 * await closeDatabase(database)();
 *
 * const wrong = await openDatabase({ url: "mysql://localhost/codes" })();
 * assertEquals(E.isLeft(wrong) && wrong.left._tag, "InvalidOption");
 * ```
 */
export const openDatabase = (
  { folder, url, pgvector = true }: DatabaseOptions = {},
): TE.TaskEither<SparrowError, Database> => {
  if (folder !== undefined && url !== undefined) {
    return TE.left(invalidOption("folder", folder, "nothing beside the address of a server"));
  }
  if (folder !== undefined) return openFolder(folder, pgvector);
  if (url === undefined) return openWith("memory", () => openPglite(null), pgvector);
  const place = placeOf(url);
  return place === null
    ? TE.left(invalidOption("url", withoutPassword(url), ADDRESS))
    : openWith(place, () => openPostgres(url), pgvector);
};

/** Opens PGlite in a folder that is locked until the database is closed: two that are open destroy it. */
const openFolder = (
  folder: string,
  pgvector: boolean,
): TE.TaskEither<SparrowError, Database> =>
  pipe(
    lockFolder(folder, "openDatabase"),
    TE.mapLeft(({ reason, advice }): SparrowError => ({
      _tag: "DatabaseUnavailable",
      database: folder,
      reason,
      advice,
    })),
    TE.chain((release) =>
      pipe(
        openWith(folder, async () => {
          const driver = await openPglite(folder);
          return { ...driver, close: () => driver.close().finally(release) };
        }, pgvector),
        TE.orElse((error): TE.TaskEither<SparrowError, Database> => async () => {
          await release();
          return E.left(error);
        }),
      )
    ),
  );

const ADDRESS = "an address such as postgres://user:password@host:5432/database";

/** The address without password and options; null where it is none of PostgreSQL's. */
function placeOf(url: string): string | null {
  const read = URL.canParse(url) ? new URL(url) : null;
  if (read === null || !["postgres:", "postgresql:"].includes(read.protocol)) return null;
  if (read.hostname === "") return null;
  const user = read.username === "" ? "" : `${read.username}@`;
  return `${read.protocol}//${user}${read.host}${read.pathname}`;
}

/** Hides the part before the last @, which may hold a password, for an error. */
const withoutPassword = (url: string): string => url.replace(/^([^/]*\/\/)?.*@/, "$1…@");

/**
 * Opens a database by a driver, and pgvector in it, as {@linkcode openDatabase} does.
 *
 * @param place Name of the database in errors.
 */
export const openWith = (
  place: string,
  open: () => Promise<DatabaseDriver>,
  pgvector = true,
): TE.TaskEither<SparrowError, Database> =>
  pipe(
    TE.tryCatch(open, (cause) => refused(place, cause)),
    TE.chain((driver) => {
      const database = { place, driver };
      return pipe(
        pgvector ? withVector(database) : TE.right<SparrowError, void>(undefined),
        TE.orElse((error): TE.TaskEither<SparrowError, void> => async () => {
          await driver.close().catch(() => {});
          return E.left(error);
        }),
        TE.map(() => database),
      );
    }),
  );

/** Makes sure that the database has pgvector, which compares bits. */
const withVector = (database: Database): TE.TaskEither<SparrowError, void> =>
  pipe(
    attempt(database, async ({ query }) => {
      const there = await query("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
      if (there.length === 0) await query("CREATE EXTENSION IF NOT EXISTS vector");
      const [found] = await query("SELECT to_regoperator('<~>(bit,bit)') IS NOT NULL AS compares");
      return found.compares === true;
    }),
    TE.chain((compares): TE.TaskEither<SparrowError, void> =>
      compares ? TE.right(undefined) : TE.left({
        _tag: "DatabaseUnavailable",
        database: database.place,
        reason: "its pgvector has no Hamming distance of bits, or is in a schema out of sight",
        advice:
          "pgvector must be 0.7 or later (ALTER EXTENSION vector UPDATE), and on the search_path",
      })
    ),
  );

/** Runs a function on a database; a thrown error is returned as `DatabaseUnavailable`. */
export const attempt = <A>(
  { place, driver }: Database,
  work: (driver: DatabaseDriver) => Promise<A>,
): TE.TaskEither<DatabaseUnavailable, A> =>
  TE.tryCatch(() => work(driver), (cause) => refused(place, cause));

/**
 * Closes a database, which cannot be used afterwards. One in memory is gone.
 *
 * @param database Database to close.
 */
export const closeDatabase = (database: Database): TE.TaskEither<DatabaseUnavailable, void> =>
  attempt(database, ({ close }) => close());

function refused(database: string, cause: unknown): DatabaseUnavailable {
  const reason = reasonOf(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return { _tag: "DatabaseUnavailable", database, reason, advice: adviceFor(cause, code, reason) };
}

function reasonOf(cause: unknown): string {
  // A host of several addresses is tried at each; such an error has no message of its own.
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

/** Advice by PostgreSQL's error codes (its manual, Appendix A) and those of the system. */
function adviceFor(cause: unknown, code: string, reason: string): string {
  if (cause instanceof Deno.errors.NotCapable || /Requires .* access/.test(reason)) {
    return "Give Deno the permission that it asks for";
  }
  // Not so much as the extension's files are there (0A000, 58P01), or it may not be made (42501).
  if (/extension/.test(reason) && ["0A000", "58P01", "42501"].includes(code)) {
    return "Install pgvector (https://github.com/pgvector/pgvector) on the server, and let a superuser " +
      "do CREATE EXTENSION vector in this database";
  }
  if (code.startsWith("28")) return "Check the user and the password";
  if (code === "3D000") return "Create that database, or name another";
  if (/^(E[A-Z]+|CONNECT_TIMEOUT|CONNECTION_.*)$/.test(code)) {
    return "Check that the server runs, and that the address is right";
  }
  return "Check the address, the folder and what its user may do";
}

// ---- PGlite

// The packages are imported neither as literals nor by their types: Deno would fetch their 27 MB for every
// program that imports this module, used or not. The version is the one that the extension names as its peer.
const PGLITE: string = "npm:@electric-sql/pglite@0.5.14";
const PGVECTOR: string = "npm:@electric-sql/pglite-pgvector@0.0.15";

/** A database or a transaction of PGlite. */
interface PgliteClient {
  readonly query: (
    statement: string,
    parameters: unknown[],
  ) => Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** The part of a PGlite database that is used. */
interface PGlite extends PgliteClient {
  readonly transaction: <A>(work: (own: PgliteClient) => Promise<A>) => Promise<A>;
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
 * Opens a database in this process: PGlite, which is PostgreSQL compiled to WebAssembly, with pgvector.
 *
 * @param folder Folder that keeps the database, made if it is missing; null for a database in memory.
 */
async function openPglite(folder: string | null): Promise<DatabaseDriver> {
  const pglite = await import(PGLITE) as PGliteModule;
  const extension = await import(PGVECTOR) as { readonly vector: unknown };
  const database = await pglite.PGlite.create({
    ...folder === null ? {} : { dataDir: folder },
    extensions: { vector: extension.vector },
  });
  const asked = (by: PgliteClient): DatabaseQuery => async (statement, parameters = []) =>
    (await by.query(statement, [...parameters])).rows;
  return {
    query: asked(database),
    transaction: <A>(work: (query: DatabaseQuery) => Promise<A>) =>
      database.transaction((own) => work(asked(own))),
    close: () => database.close(),
  };
}

// ---- PostgreSQL

// Imported neither as a literal nor by its types, as PGlite is.
const POSTGRES: string = "npm:postgres@3.4.9";

/** A connection to PostgreSQL, or a transaction of it. */
interface PostgresClient {
  readonly unsafe: (
    statement: string,
    parameters: unknown[],
  ) => Promise<Record<string, unknown>[]>;
}

/** The part of a connection that is used. */
interface Sql extends PostgresClient {
  readonly begin: <A>(work: (own: PostgresClient) => Promise<A>) => Promise<A>;
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
 * Connects to a PostgreSQL server by its address. What the address leaves out comes from the usual variables, PGPASSWORD say.
 *
 * @param url "postgres://user:password@host:5432/database".
 */
async function openPostgres(url: string): Promise<DatabaseDriver> {
  const connect = (await import(POSTGRES) as { readonly default: Connect }).default;
  const sql = connect(url, { max: 1, connect_timeout: PATIENCE, onnotice: () => {} });
  const asked = (by: PostgresClient): DatabaseQuery => async (statement, parameters = []) =>
    await by.unsafe(statement, [...parameters]);
  return {
    query: asked(sql),
    // The result is wrapped, because a promise that resolves to a list would be awaited item by item.
    transaction: async <A>(work: (query: DatabaseQuery) => Promise<A>) => {
      const { result } = await sql.begin(async (own) => ({ result: await work(asked(own)) }));
      return result;
    },
    close: () => sql.end({ timeout: PATIENCE }),
  };
}
