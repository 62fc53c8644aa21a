import { invalidOption, type SparrowError } from "../../../graph/error.ts";
import { TE } from "../../../graph/fp_ts.ts";
import {
  outputFolder,
  produce,
  readOutput,
  sharedFolders,
} from "../../../pipelines/distribute/store.ts";
import { identityOf, type Json, keyOf } from "../../../pipelines/distribute/task.ts";
import { assertEquals, assertStringIncludes } from "../../assert.ts";
import { left, right } from "../tiny.ts";
import { withStore } from "./fixture.ts";
import { square } from "./tasks.ts";

const identity = identityOf(square, { n: 3, marks: "", takes: 0 }, "0.2.0");

/** Work that writes a file, and counts how often it was done. */
function working(row: TE.TaskEither<SparrowError, Json>) {
  const state = { times: 0 };
  const work = (folder: string): TE.TaskEither<SparrowError, Json> => async () => {
    state.times++;
    await Deno.writeTextFile(`${folder}/text.txt`, "text");
    return await row();
  };
  return { state, work };
}

const namesIn = (folder: string): readonly string[] =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("an output is written once, with its files, and read back", () =>
  withStore(async (store) => {
    assertEquals(right(await readOutput(store, square, identity)()), null);
    const { state, work } = working(TE.right({ squared: 9 }));
    assertEquals(right(await produce(sharedFolders(store), identity, work)()), { found: false });
    assertEquals(right(await produce(sharedFolders(store), identity, work)()), { found: true });
    assertEquals(state.times, 1);
    assertEquals(right(await readOutput(store, square, identity)()), { squared: 9 });
    assertEquals(namesIn(`${store}/outputs`), [keyOf(identity)]);
    assertEquals(namesIn(outputFolder(store, keyOf(identity))), ["output.json", "text.txt"]);
    assertEquals(namesIn(`${store}/attempts`), []);
  }));

Deno.test("two workers that do one task at the same time leave one output", () =>
  withStore(async (store) => {
    const { state, work } = working(TE.right({ squared: 9 }));
    const both = await Promise.all(
      [0, 1].map(() => produce(sharedFolders(store), identity, work)()),
    );
    assertEquals(state.times, 2);
    assertEquals(both.map((one) => right(one).found).sort(), [false, true]);
    assertEquals(namesIn(`${store}/outputs`), [keyOf(identity)]);
    assertEquals(namesIn(`${store}/attempts`), []);
  }));

Deno.test("a task that fails leaves nothing behind", () =>
  withStore(async (store) => {
    const { work } = working(TE.left(invalidOption("n", 3, "another number")));
    assertEquals(left(await produce(sharedFolders(store), identity, work)())._tag, "InvalidOption");
    assertEquals([namesIn(`${store}/outputs`), namesIn(`${store}/attempts`)], [[], []]);
  }));

Deno.test("an output that is not what its name says is refused, by name", () =>
  withStore(async (store) => {
    const folder = outputFolder(store, keyOf(identity));
    await Deno.mkdir(folder, { recursive: true });
    const texts = [
      "",
      "{}",
      JSON.stringify({ ...identity, row: { cubed: 27 } }),
      JSON.stringify({ ...identity, backend: "wasm", row: { squared: 9 } }),
    ];
    for (const text of texts) {
      await Deno.writeTextFile(`${folder}/output.json`, text);
      const error = left(await readOutput(store, square, identity)());
      assertEquals(error._tag, "CorruptFile");
      assertStringIncludes(JSON.stringify(error), keyOf(identity));
    }
  }));

Deno.test("a store that cannot be written to is an error, and no attempt", async () => {
  const file = await Deno.makeTempFile();
  const { state, work } = working(TE.right({ squared: 9 }));
  assertEquals(left(await produce(sharedFolders(file), identity, work)())._tag, "FileUnavailable");
  assertEquals(state.times, 0);
  await Deno.remove(file);
});
