import { describe } from "../../../graph/error.ts";
import { countCodes, openCodeTable } from "../../../pipelines/database/code_table.ts";
import { closeDatabase, openDatabase } from "../../../pipelines/database/database.ts";
import { LOCK_FILE, lockFolder } from "../../../pipelines/files/lock.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { deno, root, start, withFolder } from "../process.ts";
import { left, right } from "../tiny.ts";

const inFolder = async (use: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await Deno.makeTempDir({ prefix: "sparrow-lock-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
};

const hold = async (what: "lock" | "database", folder: string) => {
  const script = `${root}tests/pipelines/files/lock_holder.ts`;
  const lock = `--lock=${root}tests/deno.lock`;
  const process = start("run", "-A", "--no-check", "--frozen", lock, script, what, folder);
  await process.until("held");
  return process;
};

const names = (folder: string): readonly string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("a folder is locked once, and again after it was released; what the lock made is gone", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/new`;
    const release = right(await lockFolder(folder, "first")());
    left(await lockFolder(`${parent}/./new`, "second")());
    assertMatch(
      describe(left(await lockFolder(folder, "second")())),
      /^Cannot write .*\/new: it is in use by this process \(first, since 20[\dT:.-]+Z\)\. Wait until that has ended, stop it, or use another folder$/,
    );
    await release();
    assertEquals(names(parent), []);
    const again = right(await lockFolder(folder, "third")());
    // Releasing the old lock once more takes nothing from the new one.
    await release();
    left(await lockFolder(folder, "fourth")());
    await Deno.writeTextFile(`${folder}/result`, "kept");
    await again();
    assertEquals(names(folder), ["result"]);
  }));

Deno.test("of many that lock and release, never two are inside", () =>
  inFolder(async (folder) => {
    let [inside, entered] = [0, 0];
    const worker = async () => {
      for (let i = 0; i < 200; i++) {
        const lock = await lockFolder(folder, "worker")();
        if (lock._tag === "Left") {
          await Promise.resolve();
          continue;
        }
        inside++;
        entered++;
        assertEquals(inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 0));
        inside--;
        await lock.right();
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    assert(entered >= 20, `${entered}`);
    assertEquals(names(folder), []);
  }));

Deno.test("the lock of a process that was killed holds nobody up; while it lives, it is named", () =>
  inFolder(async (folder) => {
    const holder = await hold("lock", folder);
    const line = describe(left(await lockFolder(folder, "second")()));
    assertMatch(line, /it is in use by process \d+ \(holder, since /);
    holder.kill("SIGKILL");
    await holder.finished;
    assertEquals(names(folder), [LOCK_FILE]);
    await right(await lockFolder(folder, "second")())();
    assertEquals(names(folder), []);
  }));

Deno.test("what stands in a lock file is not believed", () =>
  inFolder(async (folder) => {
    const release = right(await lockFolder(folder, "first")());
    for (
      const text of [
        "",
        "{",
        "null",
        "[".repeat(1e6),
        '{"process":1,"program":"a\\u001b[2J","since":"2026"}',
      ]
    ) {
      await Deno.writeTextFile(`${folder}/${LOCK_FILE}`, text);
      const { reason } = left(await lockFolder(folder, "second")());
      assertEquals(reason, "it is in use by another process");
    }
    await release();
  }));

Deno.test("a database in a folder is open once: a second is refused, and nothing is lost", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/codes`;
    const holder = await hold("database", folder);
    const refused = left(await openDatabase({ folder })());
    assertEquals(refused._tag, "DatabaseUnavailable");
    assertMatch(describe(refused), /codes: it is in use by process \d+ \(openDatabase, since /);
    holder.kill("SIGKILL");
    await holder.finished;
    const database = right(await openDatabase({ folder })());
    const twice = left(await openDatabase({ folder })());
    assertMatch(describe(twice), /it is in use by this process/);
    assertEquals(
      right(await countCodes(right(await openCodeTable(database, { width: 4 })()))()),
      1,
    );
    right(await closeDatabase(database)());
    right(await closeDatabase(right(await openDatabase({ folder })()))());
    assert(!names(folder).includes(LOCK_FILE));
  }));

Deno.test("a run that is being trained cannot be resumed, nor begun again, and is not disturbed", () =>
  withFolder(async (folder) => {
    const program = ["run", "-P", "pipelines/mnist_kwta.ts"];
    const small = ["--dataset", "strokes", "--backend", "wasm", "--seed", "3"];
    const options = [...small, "--batch", "1000", "--epochs", "4"];
    const process = start(...program, ...options, "--out", folder);
    await process.until("epoch 1/4");
    const second = await Promise.all([
      deno(...program, "--resume", folder),
      deno(...program, ...options, "--out", folder),
    ]);
    for (const { code, out, err } of second) {
      assertEquals([code, out], [1, ""]);
      assertMatch(
        err,
        /^Cannot write runs\/test-\w+: it is in use by process \d+ \(mnist_kwta, since /,
      );
    }
    const { code, err } = await process.finished;
    assertEquals([code, err], [0, ""]);
    assert(!names(`${root}${folder}`).includes(LOCK_FILE));
    const done = await deno(...program, "--resume", folder);
    assertEquals([done.code, done.out], [
      0,
      `Nothing is left to do: ${folder} has all of 4 epochs\n`,
    ]);
  }));
