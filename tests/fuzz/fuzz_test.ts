import process from "node:process";
import { draw, seed } from "../../graph/rng.ts";
import { E } from "../../graph/fp_ts.ts";
import { assert, assertEquals } from "../assert.ts";
import { right } from "../pipelines/tiny.ts";
import { makerOf } from "./inputs.ts";
import { survive } from "./judge.ts";
import { type Kind, kinds, type Subject } from "./kinds.ts";
import { changedTree } from "./tree.ts";

/** Most inputs of a kind; slow ones have fewer, by their shares. CI reads a hundred thousand in all besides. */
const MOST = 2000;

/** Number of inputs of a kind. */
const countOf = ({ share }: Kind): number =>
  Math.min(MOST, Math.ceil(MOST / 4 * Math.max(share, 0.1)));

/** Kinds of which more than half of the changed inputs must be refused; of all others a quarter. */
const strict: readonly string[] = [
  "checkpoint",
  "cifar",
  "coder",
  "codes",
  "graph-json",
  "graph-text",
  "idx",
  "idx-gz",
  "model",
  "npy",
  "tar-gz",
];

/** Reads the good inputs of a kind, which loads what reads them. */
async function begun(kind: Kind): Promise<Subject> {
  const subject = await kind.begin();
  for (const good of subject.good) right(await subject.read(good));
  return subject;
}

for (const [name, kind] of Object.entries(kinds)) {
  Deno.test(`${name}: good inputs are read, also taken apart and put together; changed ones are survived`, async () => {
    const { good, read } = await begun(kind);
    const { format } = kind;
    if (format !== undefined) {
      for (const file of good) right(await read(format.close(format.open(file))));
    }
    const count = countOf(kind);
    const maker = makerOf(kind, { good, read }, 26);
    const inputs = Array.from({ length: count }, (_, i) => maker.at(i));
    const outcome = await survive(inputs, read, kind.output, kind.buffers);
    assertEquals(outcome.read + outcome.refused, count);
    const least = count / (strict.includes(name) ? 2 : 4);
    assert(outcome.refused > least && outcome.read > count / 200, JSON.stringify(outcome));
  });
}

Deno.test("of checkpoints whose bytes are changed, 98 of 100 are refused: the seal shows it", async () => {
  const { good, read } = await begun(kinds.checkpoint);
  const bytes = { ...kinds.checkpoint, format: undefined };
  const maker = makerOf(bytes, { good, read }, 4);
  const outcome = await survive(Array.from({ length: MOST }, (_, i) => maker.at(i)), read);
  assert(outcome.refused > 0.98 * MOST, JSON.stringify(outcome));
});

Deno.test("inputs that were not survived once are survived", async () => {
  const subjects = new Map<string, Subject>();
  const folder = new URL("crashes/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    const [kind] = name.split(".");
    if (!Object.hasOwn(kinds, kind)) continue;
    const subject = subjects.get(kind) ?? await begun(kinds[kind]);
    subjects.set(kind, subject);
    const { output, buffers } = kinds[kind];
    await survive([Deno.readFileSync(new URL(name, folder))], subject.read, output, buffers);
  }
});

Deno.test("an input is the same whatever was made before, and another for another seed", async () => {
  const kind = kinds["graph-json"];
  const subject = await kind.begin();
  const [one, other] = [makerOf(kind, subject, 1), makerOf(kind, subject, 2)];
  const seventh = one.at(7);
  one.at(3);
  assertEquals(one.at(7), seventh);
  const differ = Array.from({ length: 20 }, (_, i) => i)
    .filter((i) => String(one.at(i)) !== String(other.at(i)));
  assert(differ.length > 15, `${differ}`);
});

Deno.test("what a reader does wrong is found: throws, takes long or too much, or says nothing", async () => {
  const input = [new Uint8Array(8)];
  const fails = async (read: (input: Uint8Array) => E.Either<unknown, unknown>, word: string) => {
    const said = await survive(input, read).then(() => "survived", String);
    assert(said.includes(word), said);
  };
  await fails(() => {
    throw new RangeError("none of ours");
  }, "none of ours");
  await fails(() => {
    const begun = process.threadCpuUsage().user;
    while (process.threadCpuUsage().user - begun < 1.1e6);
    return E.right(0);
  }, "ms");
  const kept: Uint8Array[] = [];
  await fails(() => {
    kept.push(new Uint8Array(64e6));
    return E.right(0);
  }, "allocate");
  await fails(() => E.left("oh"), "says nothing");
  assertEquals(await survive(input, () => E.left("expected more")), { refused: 1, read: 0 });
});

Deno.test("a tree is changed in every part, and the one before stays as it is", () => {
  const tree = { fields: [["a", [1, 2n, "text"]], ["b", { fields: [["c", Uint8Array.of(1)]] }]] };
  const before = JSON.stringify(tree, (_, value) => typeof value === "bigint" ? "2n" : value);
  const seen = new Set<string>();
  let rng = seed(1);
  for (let i = 0; i < 500; i++) {
    const [changed, next] = draw(
      rng,
      (dice) =>
        changedTree(
          tree as unknown as Parameters<typeof changedTree>[0],
          tree as unknown as Parameters<typeof changedTree>[0],
          dice,
        ),
    );
    rng = next;
    seen.add(JSON.stringify(changed, (_, value) => typeof value === "bigint" ? "2n" : value));
  }
  assert(seen.size > 100, `${seen.size}`);
  assertEquals(
    JSON.stringify(tree, (_, value) => typeof value === "bigint" ? "2n" : value),
    before,
  );
});
