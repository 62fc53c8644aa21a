import fc from "npm:fast-check@4.3.0";
import { describe, orThrow } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
} from "../../../pipelines/database/database.ts";
import { queryVectors } from "../../../pipelines/database/query_vectors.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";

const COUNT = 50;
const rows = Array.from({ length: COUNT }, (_, i) => [i, -i / 4, 0.5]);
const expected = Float32Array.from(rows.flat());

async function fill({ driver: { query } }: Database): Promise<void> {
  await query(
    "CREATE TABLE v (id int, big bigint, name text, vec vector(3), half halfvec(3), f4 float4[], f8 float8[], bytes bytea)",
  );
  for (const [i, row] of rows.entries()) {
    await query("INSERT INTO v VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", [
      ...[i, String(2n ** 60n + BigInt(i)), `n${i}`, `[${row}]`, `[${row}]`, row, row],
      new Uint8Array(Float32Array.from(row).buffer),
    ]);
  }
}

/** A database takes seconds to open: one for all. */
Deno.test("rows of a query as vectors", async (t) => {
  const database = await orThrow(openDatabase());
  await fill(database);
  for (const column of ["vec", "half", "f4", "f8", "bytes"]) {
    await t.step(column, async () => {
      const query = `SELECT id, name, ${column} FROM v ORDER BY id`;
      const source = await orThrow(queryVectors(database, query));
      assertEquals([source.count, source.width], [COUNT, 3]);
      assertEquals(await orThrow(source.read(0, COUNT)), expected);
      await source.close()();
    });
  }
  await t.step("in any stretches, also when reads overlap", async () => {
    const source = await orThrow(queryVectors(database, "SELECT vec FROM v ORDER BY id"));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(COUNT), fc.nat(COUNT)), { maxLength: 4 }),
        async (pairs) => {
          await Promise.all(pairs.map(async ([a, b]) => {
            const [from, count] = [Math.min(a, b), Math.abs(a - b)];
            const read = await orThrow(source.read(from, count));
            assertEquals(read, expected.slice(3 * from, 3 * (from + count)));
          }));
        },
      ),
      { numRuns: 20, seed: 1 },
    );
    await source.close()();
  });
  await t.step("of rows that a parameter chooses, with their other columns", async () => {
    const query = "SELECT * FROM v WHERE id >= $1 ORDER BY id DESC";
    const none = await queryVectors(database, query, { parameters: [40] })();
    assert(E.isLeft(none) && describe(none.left).includes("the name of one of them"));
    const options = { parameters: [40], column: "half" };
    const source = await orThrow(queryVectors(database, query, options));
    assertEquals([source.count, ...await orThrow(source.read(0, 1))], [10, 49, -12.25, 0.5]);
    assertEquals((await orThrow(source.column("name"))).slice(0, 2), ["n49", "n48"]);
    assertEquals((await orThrow(source.column("big")))[0], String(2n ** 60n + 49n));
    // What is changed meanwhile is not seen.
    await database.driver.query("DELETE FROM v WHERE id = 45");
    assertEquals((await orThrow(source.read(4, 1)))[0], 45);
    await source.close()();
  });
  await t.step("but for those that are none, which are refused by their number", async () => {
    await refuses(database);
  });
  await closeDatabase(database)();
});

async function refuses(database: Database): Promise<void> {
  const { query } = database.driver;
  await query("CREATE TABLE w (id int, x float4[])");
  await query(
    "INSERT INTO w VALUES (0, '{1,2}'), (1, '{3,4}'), (2, '{5}'), (3, NULL), (4, '{1,NaN}')",
  );
  const wordsOf = async (text: string) => {
    const opened = await queryVectors(database, text)();
    if (E.isLeft(opened)) return describe(opened.left);
    const read = await opened.right.read(0, opened.right.count)();
    await opened.right.close()();
    return E.isLeft(read) ? describe(read.left) : "nothing is wrong";
  };
  const only = (ids: string) => wordsOf(`SELECT x FROM w WHERE id IN (${ids}) ORDER BY id`);
  assertEquals(await only("0, 1"), "nothing is wrong");
  assertStringIncludes(
    await only("0, 1, 2"),
    'expected 2 numbers in "x", as the first row has, current value is 1 in row 2',
  );
  assertStringIncludes(await only("0, 3"), "current value is null in row 1");
  assertStringIncludes(
    await only("0, 4"),
    "expected finite numbers, current value is NaN in row 1, column 1",
  );
  assertStringIncludes(await only("9"), "expected at least one row");
  assertStringIncludes(await wordsOf("SELECT id FROM w"), "expected the name of one of them");
  assertStringIncludes(await wordsOf("SELEC"), "Cannot use the database memory");
  const cursors = await query("SELECT name FROM pg_cursors WHERE name LIKE 'sparrow%'");
  assertEquals(cursors, []);
  const source = await orThrow(queryVectors(database, "SELECT x FROM w ORDER BY id LIMIT 2"));
  await source.close()();
  await source.close()();
  const closed = await source.read(0, 1)();
  assert(E.isLeft(closed) && closed.left._tag === "DatabaseUnavailable");
}
