import { E, TE } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { show } from "../../../graph/show.ts";
import { tf } from "../../../ops/tfjs.ts";
import { lower } from "../../../ops/interpreter.ts";
import type { DataEnv } from "../../../pipelines/data/environment.ts";
import { type EncodedImages, encodeImages } from "../../../pipelines/encode/encode_images.ts";
import { type Encoder, readEncoder } from "../../../pipelines/encode/encoder.ts";
import { nearestImages } from "../../../pipelines/encode/search.ts";
import { readCodes, type SavedCodes, writeCodes } from "../../../pipelines/files/codes.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import { writeModel } from "../../../pipelines/files/model.ts";
import { assert, assertEquals, assertNotEquals } from "../../assert.ts";
import { onEachBackend } from "../../ops/backends.ts";
import { fake } from "../data/fake.ts";
import { png } from "../data/image_files.ts";
import { envOn, left, right } from "../tiny.ts";
import { encoderFile, trained } from "./fixture.ts";

const { bytes } = await trained();

/** Stripes on a slope, which differ by their number. */
const drawn = (n: number): Uint8Array =>
  png(
    30,
    30,
    Uint8Array.from({ length: 900 }, (_, i) => {
      const [x, y] = [i % 30, Math.floor(i / 30)];
      return 90 + 80 * Math.sin(x * n * 0.07) + 3 * ((y * (n % 4)) % 25);
    }),
  );

/** A folder in memory whose files have an age, and that counts what is read of it. */
function folderOf(pictures: Readonly<Record<string, number>>) {
  const disk = Object.fromEntries(Object.entries(pictures).map(([path, n]) => [path, drawn(n)]));
  const { env, disk: files } = fake({ disk });
  const ages = new Map(Object.keys(pictures).map((path, i) => [path, 1000 * i + 5]));
  const read: string[] = [];
  const watched: Files = {
    ...env.files,
    read: (path) => {
      read.push(path);
      return env.files.read(path);
    },
    stat: (path) => TE.right({ bytes: files.get(path)!.length, changed: ages.get(path) ?? 0 }),
  };
  const dataEnv: DataEnv = { ...env, files: watched };
  return { dataEnv, files, ages, read };
}

// So few that no workers are started to decode them.
const names = Array.from({ length: 3 }, (_, i) => `/pets/${i % 2 ? "cat" : "dog"}/${i}.png`);
const pets = () => folderOf(Object.fromEntries(names.map((name, i) => [name, i])));

const encoded = async (
  encoder: Encoder,
  dataEnv: DataEnv,
  known?: SavedCodes,
): Promise<EncodedImages> => right(await encodeImages(encoder, ["/pets"], { dataEnv, known })());

/** The saved parts of an encoding. */
const kept = ({ skipped: _, changes: __, ...set }: EncodedImages): SavedCodes => set;

onEachBackend(
  "a folder that has changed is encoded again to the bit, and only what is new is decoded",
  async () => {
    const encoder = await encoderFile(bytes);
    const { dataEnv, files, ages, read } = pets();
    const first = await encoded(encoder, dataEnv);
    assertEquals([first.changes, read.length], [undefined, 3]);
    const saved = right(await readCodes("c.npz", right(await writeCodes(first)()))());
    assertEquals(saved, kept(first));

    // Nothing changed: nothing is read. Touched, and moved: read, and not decoded.
    read.length = 0;
    assertEquals(await encoded(encoder, dataEnv, saved), {
      ...first,
      changes: { same: 3, added: 0, changed: 0, gone: 0 },
    });
    assertEquals(read, []);
    ages.set(names[1], 77_000);
    assertEquals((await encoded(encoder, dataEnv, saved)).changes?.same, 3);
    assertEquals(read, [names[1]]);

    // One new, one changed to what another is not, one of the same size and age but other content is not seen.
    files.set("/pets/cat/new.png", drawn(40));
    files.set(names[2], drawn(50));
    files.delete(names[0]);
    ages.set(names[2], 99_000);
    const again = await encoded(encoder, dataEnv, saved);
    assertEquals(again.changes, { same: 1, added: 1, changed: 1, gone: 1 });
    assertEquals(kept(again), kept(await encoded(encoder, dataEnv)));

    // A copy under another name has its code without being decoded.
    files.set("/pets/dog/copy.png", files.get(names[1])!);
    const copied = await encoded(encoder, dataEnv, kept(again));
    assertEquals(copied.changes, { same: 3, added: 1, changed: 0, gone: 0 });
    assertEquals(kept(copied), kept(await encoded(encoder, dataEnv)));
  },
);

Deno.test("of another model, inverted otherwise, by other software or without files' states: all is encoded", async () => {
  await envOn("cpu");
  const encoder = await encoderFile(bytes);
  const { dataEnv, read } = pets();
  const first = kept(await encoded(encoder, dataEnv));
  const { files: _, ...stateless } = first;
  const origins = first.origins!;
  assertEquals(typeof origins.software, "string");
  for (
    const known of [
      { ...first, origins: { ...origins, model: { ...origins.model, sha256: "00" } } },
      { ...first, origins: { ...origins, inverted: true } },
      { ...first, origins: { ...origins, software: "Sparrow 0.1.0" } },
      stateless,
      { codes: first.codes, labels: null },
    ]
  ) {
    read.length = 0;
    const again = await encoded(encoder, dataEnv, known);
    assertEquals([again.changes, read.length], [undefined, 3]);
    assertEquals(kept(again), first);
  }
});

Deno.test("a bad file among those that changed is an error, or passed over; where all are bad that is said", async () => {
  await envOn("cpu");
  const encoder = await encoderFile(bytes);
  const { dataEnv, files, ages } = pets();
  const known = kept(await encoded(encoder, dataEnv));
  files.set(names[2], Uint8Array.of(1, 2, 3));
  ages.set(names[2], 55_000);
  const strict = left(await encodeImages(encoder, ["/pets"], { dataEnv, known })());
  assertEquals(strict._tag, "CorruptFile");
  const options = { dataEnv, known, skipBad: true };
  const lenient = right(await encodeImages(encoder, ["/pets"], options)());
  assertEquals([lenient.codes.count, lenient.skipped.length, lenient.changes?.same], [2, 1, 2]);
  assertEquals(
    kept(lenient),
    kept(right(await encodeImages(encoder, ["/pets"], { dataEnv, skipBad: true })())),
  );
  for (const name of names) files.set(name, Uint8Array.of(1));
  for (const name of names) ages.set(name, 66_000);
  assertEquals(left(await encodeImages(encoder, ["/pets"], options)())._tag, "InvalidOption");
});

Deno.test("an interruption is seen between files that are only looked at", async () => {
  const encoder = await encoderFile(bytes);
  const { dataEnv } = pets();
  await envOn("cpu");
  const known = kept(await encoded(encoder, dataEnv));
  const abort = new AbortController();
  abort.abort();
  const env = await envOn("cpu", { signal: abort.signal });
  const stopped = await encodeImages(encoder, ["/pets"], { dataEnv, known, env })();
  assertEquals(left(stopped)._tag, "Interrupted");
});

Deno.test("files of which nothing but the content is known are read, and those just changed are not trusted", async () => {
  await envOn("cpu");
  const encoder = await encoderFile(bytes);
  const { dataEnv, read, ages } = pets();
  const { stat: _, ...plain } = dataEnv.files;
  const first = await encoded(encoder, { ...dataEnv, files: plain });
  assertEquals([...first.files!.stats].filter((_, i) => i % 2 === 1), Array(3).fill(0n));
  read.length = 0;
  const again = await encoded(encoder, { ...dataEnv, files: plain }, kept(first));
  assertEquals([again.changes?.same, read.length], [3, 3]);
  ages.set(names[0], Date.now());
  const recent = await encoded(encoder, dataEnv);
  assertEquals(recent.files!.stats.filter((age) => age === 0n).length, 1);
});

onEachBackend(
  "activations are what units had before they competed, by the largest of each code",
  async () => {
    const encoder = await encoderFile(bytes);
    const { dataEnv } = pets();
    const { codes, activations } = await encoded(encoder, dataEnv);
    const { width, words } = codes;
    assertEquals(activations!.length, 3 * width);
    for (let i = 0; i < codes.count; i++) {
      const row = activations!.subarray(i * width, (i + 1) * width);
      assertEquals(Math.max(...row.map(Math.abs)), 127);
      const isSet = (unit: number) =>
        (words[i * (width / 32) + (unit >> 5)] >>> (unit & 31) & 1) === 1;
      const units = Array.from(row.keys());
      const least = Math.min(...units.filter(isSet).map((unit) => row[unit]));
      assert(units.every((unit) => isSet(unit) || row[unit] <= least));
    }
  },
);

Deno.test("a graph that goes on after its units have competed has no activations; reshaped it has", async () => {
  await envOn("cpu");
  const { dataEnv } = pets();
  for (
    const [nodes, has] of [
      [graph`kwta(0.1) ▷ max_pool2d(2) ▷ flatten`, false],
      [graph`kwta(0.1) ▷ flatten`, true],
      [graph`winner_take_all ▷ reshape([28, 28])`, true],
    ] as const
  ) {
    const facts = { normalisation: { mean: [0.1], std: [0.3] }, dataset: "d", epoch: 0 };
    const model = { graph: nodes, input: [28, 28, 1], params: {}, plasticity: {}, ...facts };
    const encoder = right(await readEncoder("m", writeModel(model))());
    const first = await encoded(encoder, dataEnv);
    assertEquals(first.activations !== undefined, has, show(nodes));
    assertEquals(kept(await encoded(encoder, dataEnv, kept(first))), kept(first));
    const made = tf.tidy(() => {
      const x = tf.ones([1, 28, 28, 1]);
      return (lower(nodes).evaluate({ params: {}, plasticity: {} }, x) as tf.Tensor).size;
    });
    assertEquals(first.codes.width, made);
  }
});

Deno.test("datasets alone have no more than they had, unless it is asked for", async () => {
  await envOn("cpu");
  const encoder = await encoderFile(bytes);
  const options = { first: 5, seed: 26 };
  const plain = right(await encodeImages(encoder, ["strokes"], options)());
  assertEquals(Object.keys(plain).toSorted(), ["codes", "labels", "origins", "skipped"]);
  assertEquals(plain.origins.software, undefined);
  const full = right(await encodeImages(encoder, ["strokes"], { ...options, details: true })());
  assertEquals([full.codes, full.labels], [plain.codes, plain.labels]);
  assertEquals(full.thumbnails!.length, 5 * 256);
  assert(full.files!.contents.every((byte) => byte === 0));
  const { dataEnv } = pets();
  const both = right(await encodeImages(encoder, ["strokes", "/pets"], { ...options, dataEnv })());
  const [{ results }] = right(nearestImages(both, full, { k: 1 }));
  assertEquals([results[0].name, results[0].difference], ["strokes test 0", 0]);
  const again = right(
    await encodeImages(encoder, ["/pets", "strokes"], { ...options, dataEnv, known: kept(both) })(),
  );
  assertEquals(again.changes, { same: 3, added: 0, changed: 0, gone: 0 });
  const { files: was } = both;
  assertEquals(again.files!.contents.slice(0, 3 * 32), was!.contents.slice(5 * 32));
  assertNotEquals(again.codes, both.codes);
  assert(E.isRight(await writeCodes(again)()));
});
