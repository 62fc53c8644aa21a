import { E, type TE } from "../../../graph/fp_ts.ts";
import { describe, type SparrowError } from "../../../graph/error.ts";
import { permutation, seed } from "../../../graph/rng.ts";
import { codeIndex, search } from "../../../ops/codes/search.ts";
import { bind } from "../../../ops/codes/algebra.ts";
import { appendCodes, emptyCodes, pickCodes, toIndices } from "../../../ops/codes/codes.ts";
import {
  addCodes,
  type CodeTable,
  type CodeType,
  countCodes,
  openCodeTable,
  searchTable,
} from "../../../pipelines/database/code_table.ts";
import {
  closeDatabase,
  type Database,
  type DatabaseDriver,
  type DatabaseQuery,
  openDatabase,
  openWith,
} from "../../../pipelines/database/database.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "../../assert.ts";
import { random } from "../../ops/codes/sets.ts";
import { right } from "../tiny.ts";

const done = async <A>(task: TE.TaskEither<SparrowError, A>): Promise<A> => right(await task());

const refused = async (task: TE.TaskEither<SparrowError, unknown>): Promise<string> => {
  const result = await task();
  assert(E.isLeft(result), "expected an error");
  return describe(result.left);
};

/** A new table, filled in two parts. */
async function filled(
  database: Database,
  name: string,
  codes: ReturnType<typeof random>,
  type: CodeType = "bit",
): Promise<CodeTable> {
  await database.driver.query(`DROP TABLE IF EXISTS "${name}"`);
  const table = await done(openCodeTable(database, { name, width: codes.width, type }));
  const half = Math.floor(codes.count / 2);
  const picks = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  assertEquals(await done(addCodes(table, pickCodes(codes, picks(0, half)))), 0);
  assertEquals(await done(addCodes(table, pickCodes(codes, picks(half, codes.count)))), half);
  assertEquals(await done(countCodes(table)), codes.count);
  return table;
}

/** Checks the properties that hold for every database. */
async function holds(database: Database, t: Deno.TestContext): Promise<void> {
  const { query } = database.driver;

  for (
    const [width, active, count, queries, k] of [
      [1, 1, 40, 3, 40],
      [7, 2, 200, 5, 30],
      [32, 3, 200, 5, 10],
      [33, 3, 200, 5, 10],
      [70, 4, 3000, 300, 10],
      [512, 26, 3000, 40, 10],
    ]
  ) {
    await t.step(`finds what the exact index finds, ${count} codes of ${width} units`, async () => {
      // Every code is there twice, and few units make many equal distances.
      const one = random(count / 2, width, active);
      const codes = appendCodes(one, one);
      const asked = appendCodes(
        random(queries - 1, width, active, 1),
        pickCodes(codes, [count - 1]),
      );
      const table = await filled(database, "codes", codes);
      const found = await done(searchTable(table, asked, { k }));
      const exact = right(search(codeIndex(codes), asked, { k }));
      assertEquals(found.indices, exact.indices);
      assertEquals(found.distances, exact.distances);
      // Without the order of equal distances there would be nothing to get wrong.
      const ties = exact.distances.filter((distance, i) =>
        i % k > 0 && distance === exact.distances[i - 1]
      );
      assert(ties.length > queries);
    });
  }

  for (const type of ["bit", "sparsevec"] as const) {
    await t.step(`codes as ${type}: the same for both distances, also of sizes apart`, async () => {
      const some = appendCodes(random(300, 200, 9), random(100, 200, 60, 1));
      const codes = appendCodes(some, appendCodes(emptyCodes(2, 200), pickCodes(some, [7, 333])));
      const asked = appendCodes(random(20, 200, 12, 2), pickCodes(codes, [7, 333, 400]));
      const table = await filled(database, "codes", codes, type);
      for (const distance of ["hamming", "overlap"] as const) {
        const found = await done(searchTable(table, asked, { k: 12, distance }));
        assertEquals(found, right(search(codeIndex(codes), asked, { k: 12, distance })));
      }
    });

    await t.step(`codes as ${type}: planted ones are found, by HNSW as well`, async () => {
      const [width, active] = [512, 26];
      const drawn = random(1500, width, active, 3);
      const planted = random(20, width, active, 4);
      // The first is there twice, the others once.
      const codes = appendCodes(appendCodes(drawn, planted), pickCodes(planted, [0]));
      const table = await filled(database, "planted", codes, type);
      const exact = await done(searchTable(table, planted, { k: 2 }));
      assertEquals([...exact.indices.slice(0, 2)], [1500, 1520]);
      assertEquals([...exact.distances.slice(0, 2)], [0, 0]);
      for (let i = 1; i < 20; i++) {
        assertEquals([exact.indices[2 * i], exact.distances[2 * i]], [1500 + i, 0]);
      }
      // Units in another order are as many.
      const [order] = permutation(width, seed(6));
      const bound = await filled(database, "planted", right(bind(codes, order)), type);
      const again = await done(searchTable(bound, right(bind(planted, order)), { k: 2 }));
      assertEquals(again, exact);
      const operators = { bit: "bit_hamming_ops", sparsevec: "sparsevec_l1_ops" } as const;
      await query(`CREATE INDEX ON planted USING hnsw (code ${operators[type]})`);
      await query("SET enable_seqscan = off");
      const nearest = "SELECT id FROM planted ORDER BY code " +
        `${type === "bit" ? "<~>" : "<+>"} (SELECT code FROM planted WHERE id = $1) LIMIT 2`;
      try {
        const plan = await query(`EXPLAIN ${nearest.replace("$1", "1500")}`);
        assertStringIncludes(JSON.stringify(plan), "planted_code_idx");
        for (let i = 0; i < 20; i++) {
          const rows = await query(nearest, [1500 + i]);
          const found = rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b);
          // A graph's search may lose one of two that are equal, and no planted one.
          assert(found.includes(1500 + i) || (i === 0 && found.includes(1520)), `planted ${i}`);
        }
      } finally {
        await query("RESET enable_seqscan");
      }
    });
  }

  await t.step("sparse vectors have as many units as they like, of which few are set", async () => {
    const wide = random(40, 65_536, 128);
    const table = await filled(database, "sparse", wide, "sparsevec");
    const asked = pickCodes(wide, [3, 39]);
    const found = await done(searchTable(table, asked, { k: 3, distance: "overlap" }));
    assertEquals(found, right(search(codeIndex(wide), asked, { k: 3, distance: "overlap" })));
    const [{ text }] = await query("SELECT code::text AS text FROM sparse WHERE id = 3");
    const units = toIndices(asked)[0].map((unit) => `${unit + 1}:1`);
    assertEquals(text, `{${units.join(",")}}/65536`);
    const full = random(1, 65_536, 16_001);
    for (const task of [addCodes(table, full), searchTable(table, full, { k: 1 })]) {
      assertEquals(
        await refused(task),
        "Cannot use codes: expected at most 16000 units set, which is a limit of sparsevec (bit " +
          'has none), current value is "16001 units of code 0"',
      );
    }
    assertStringIncludes(
      await refused(openCodeTable(database, { name: "sparse", width: 65_536 })),
      'expected id integer, code bit(65536), current value is "id integer, code sparsevec(65536)"',
    );
  });

  await t.step("unit u is bit u from the left", async () => {
    const codes = random(50, 70, 4);
    await filled(database, "bits", codes);
    const rows = await query("SELECT code::text AS code FROM bits ORDER BY id");
    const units = rows.map(({ code }) =>
      [...String(code)].flatMap((bit, unit) => bit === "1" ? [unit] : [])
    );
    assertEquals(units, toIndices(codes));
  });

  await t.step("an approximate index of the table's is not used", async () => {
    const codes = random(2000, 64, 3);
    const table = await filled(database, "indexed", codes);
    await query(
      "CREATE INDEX ON indexed USING hnsw (code bit_hamming_ops) WITH (m = 2, ef_construction = 4)",
    );
    await query("SET enable_seqscan = off");
    try {
      const asked = random(50, 64, 3, 2);
      const found = await done(searchTable(table, asked, { k: 10 }));
      assertEquals(found.indices, right(search(codeIndex(codes), asked, { k: 10 })).indices);
    } finally {
      await query("RESET enable_seqscan");
    }
  });

  await t.step("an empty table, no queries, and a k that there is not", async () => {
    const table = await filled(database, "few", emptyCodes(0, 10));
    const three = random(3, 10, 2);
    assertEquals(
      await refused(searchTable(table, three, { k: 1 })),
      "Cannot use k: expected an integer from 1 to the number of codes, 0, current value is 1",
    );
    await done(addCodes(table, three));
    const none = await done(searchTable(table, emptyCodes(0, 10), { k: 3 }));
    assertEquals([none.k, none.indices.length, none.distances.length], [3, 0, 0]);
    for (const k of [0, 4, 1.5, NaN]) {
      assertStringIncludes(await refused(searchTable(table, three, { k })), "number of codes, 3");
    }
    assertThrows(() => searchTable(table, random(1, 11, 2), { k: 1 }), RangeError, "11");
    assertThrows(() => addCodes(table, random(1, 11, 2)), RangeError, "11");
  });

  await t.step("of codes that are added, all are or none", async () => {
    // Eight fit a statement: the second one fails.
    const wide = random(12, 2 ** 20, 5);
    const table = await filled(database, "wide", pickCodes(wide, [0]));
    let inserts = 0;
    const failing: DatabaseDriver = {
      ...database.driver,
      transaction: (work) =>
        database.driver.transaction((query) =>
          work((statement, parameters) => {
            if (statement.startsWith("INSERT") && ++inserts === 2) {
              throw new Error("the disk is full");
            }
            return query(statement, parameters);
          })
        ),
    };
    const broken = { ...table, database: { ...database, driver: failing } };
    assertStringIncludes(await refused(addCodes(broken, wide)), "the disk is full");
    assertEquals([inserts, await done(countCodes(table))], [2, 1]);
    assertEquals(await done(addCodes(table, wide)), 1);
    const found = await done(searchTable(table, pickCodes(wide, [11]), { k: 1 }));
    assertEquals([...found.indices], [12]);
    assertEquals([...found.distances], [0]);
  });

  await t.step("further columns are left alone", async () => {
    const table = await filled(database, "labelled", random(4, 20, 3));
    await query("ALTER TABLE labelled ADD COLUMN label text");
    await query("UPDATE labelled SET label = $1 WHERE id = $2", ["seven", 2]);
    const again = await done(openCodeTable(database, { name: "labelled", width: 20 }));
    assertEquals(await done(addCodes(again, random(1, 20, 3))), 4);
    assertEquals(await done(countCodes(table)), 5);
  });

  await t.step("tables that do not do are refused, and so are their names", async () => {
    await filled(database, "narrow", emptyCodes(0, 64));
    assertEquals(
      await refused(openCodeTable(database, { name: "narrow", width: 512 })),
      "Cannot use the table narrow: expected id integer, code bit(512), " +
        'current value is "id integer, code bit(64)"',
    );
    await query("DROP TABLE IF EXISTS strangers");
    await query("CREATE TABLE strangers (name text)");
    assertStringIncludes(
      await refused(openCodeTable(database, { name: "strangers", width: 8 })),
      '"no such columns"',
    );
    for (
      const name of ["", "Codes", "1st", 'codes"; DROP TABLE codes; --', "a".repeat(64), "code-s"]
    ) {
      assertStringIncludes(
        await refused(openCodeTable(database, { name, width: 8 })),
        "Cannot use name: expected lower-case letters, digits and _",
      );
    }
    // A word of SQL is a name like any other.
    await filled(database, "select", random(2, 8, 2));
    assertStringIncludes(
      await refused(openCodeTable(database, { width: 0 })),
      "Cannot use width",
    );
  });

  for (
    const name of [
      "codes",
      "planted",
      "sparse",
      "bits",
      "indexed",
      "few",
      "wide",
      "labelled",
      "narrow",
      "strangers",
      "select",
    ]
  ) {
    await query(`DROP TABLE "${name}"`);
  }
}

Deno.test("codes in PGlite, in memory", async (t) => {
  const database = await done(openDatabase());
  assertEquals(database.place, "memory");
  await holds(database, t);
  const table = await done(openCodeTable(database, { width: 8 }));
  await done(closeDatabase(database));
  assertStringIncludes(await refused(countCodes(table)), "Cannot use the database memory: ");
});

Deno.test("codes in a folder of PGlite are there when it is opened again", async () => {
  const parent = await Deno.makeTempDir();
  const folder = `${parent}/new/codes`;
  try {
    const codes = random(300, 70, 4);
    const first = await done(openDatabase({ folder }));
    const table = await done(openCodeTable(first, { width: 70 }));
    await done(addCodes(table, codes));
    await done(closeDatabase(first));
    const again = await done(openDatabase({ folder }));
    const found = await done(
      searchTable(await done(openCodeTable(again, { width: 70 })), pickCodes(codes, [123]), {
        k: 5,
      }),
    );
    const exact = right(search(codeIndex(codes), pickCodes(codes, [123]), { k: 5 }));
    assertEquals(found.indices, exact.indices);
    await done(closeDatabase(again));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

const SERVER = "SPARROW_POSTGRES";
const server = Deno.env.get(SERVER);

Deno.test({
  name: "codes on a PostgreSQL server" +
    (server === undefined ? ` (needs its address in ${SERVER}, which is not set)` : ""),
  ignore: server === undefined,
  fn: async (t) => {
    const database = await done(openDatabase({ url: server }));
    try {
      await holds(database, t);
    } finally {
      await done(closeDatabase(database));
    }
    const missing = new URL(server!);
    missing.pathname = "/there_is_no_such_database";
    assertStringIncludes(
      await refused(openDatabase({ url: missing.href })),
      "Create that database",
    );
  },
});

Deno.test("addresses that are none, and servers that are not there, are named without a password", async () => {
  for (const url of ["mysql://me:secret@localhost/x", "postgres://", "me:secret@host", ""]) {
    const line = await refused(openDatabase({ url }));
    assertStringIncludes(line, "Cannot use url: expected an address such as postgres://");
    assertFalse(line.includes("secret"));
  }
  const line = await refused(
    openDatabase({ url: "postgres://me:secret@127.0.0.1:1/codes?x=secret" }),
  );
  assertStringIncludes(line, "Cannot use the database postgres://me@127.0.0.1:1/codes: ");
  assertStringIncludes(line, "Check that the server runs");
  assertFalse(line.includes("secret"));
  assertStringIncludes(
    await refused(openDatabase({ folder: "x", url: "postgres://localhost/x" })),
    "Cannot use folder",
  );
});

Deno.test("a folder that is a file is refused", async () => {
  const file = await Deno.makeTempFile();
  try {
    assertStringIncludes(await refused(openDatabase({ folder: file })), `the database ${file}: `);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a server without pgvector, or with an old one, is closed again, and it is said", async () => {
  let closed = 0;
  const driver = (query: DatabaseQuery): DatabaseDriver => ({
    query,
    transaction: (work) => work(query),
    close: () => Promise.resolve(void closed++),
  });
  const without = driver((statement) =>
    statement.startsWith("CREATE EXTENSION")
      ? Promise.reject(
        Object.assign(new Error('extension "vector" is not available'), { code: "0A000" }),
      )
      : Promise.resolve([])
  );
  assertEquals(
    await refused(openWith("postgres://host/codes", () => Promise.resolve(without))),
    'Cannot use the database postgres://host/codes: extension "vector" is not available. Install ' +
      "pgvector (https://github.com/pgvector/pgvector) on the server, and let a superuser do CREATE " +
      "EXTENSION vector in this database",
  );
  const old = driver((statement) =>
    Promise.resolve([
      statement.includes("extversion") ? { extversion: "0.6.2" } : { compares: false },
    ])
  );
  assertStringIncludes(
    await refused(openWith("old", () => Promise.resolve(old))),
    "pgvector must be 0.7 or later",
  );
  assertEquals(closed, 2);
  const bitsOnly = driver(() => Promise.resolve([{ sparse: false }]));
  const database = { place: "old", driver: bitsOnly };
  assertStringIncludes(
    await refused(openCodeTable(database, { width: 8, type: "sparsevec" })),
    "no type sparsevec, or is in a schema out of sight. pgvector must be 0.7 or later",
  );
});
