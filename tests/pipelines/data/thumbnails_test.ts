import { E, TE } from "../../../graph/fp_ts.ts";
import { joined } from "../../../pipelines/data/bytes.ts";
import { decodeThumbnail } from "../../../pipelines/data/decode_image.ts";
import { thumbnails } from "../../../pipelines/data/thumbnails.ts";
import type { Files } from "../../../pipelines/files/files.ts";
import { assert, assertEquals, assertLess, assertStringIncludes } from "../../assert.ts";
import { fake } from "./fake.ts";
import { jpegOf, plain, png, pngOf } from "./image_files.ts";

const size = [6, 4] as const;
const options = { size, colour: "rgb" } as const;

/** A file of one colour, which differs from file to file. */
const fileOf = (i: number): Uint8Array => {
  const pixels = plain(9, 7, [20 * i, 255 - 20 * i, 7, 255]);
  return i % 2 === 0 ? png(9, 7, pixels) : jpegOf(9, 7, pixels);
};

const disk = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`/${i}`, fileOf(i)]));
const paths = Object.keys(disk);

type Result = E.Either<
  { readonly _tag: string; readonly file?: string; readonly reason?: string },
  Uint8Array
>;

async function all(results: AsyncIterable<Result>): Promise<readonly Result[]> {
  return await Array.fromAsync(results);
}

/** Decodes each file by itself. */
const alone = (names: readonly string[]): Promise<readonly Result[]> =>
  Promise.all(names.map((name) => decodeThumbnail(name, disk[name], size, "rgb")()));

/** Runs something with other workers. */
async function withWorkers<T>(workers: typeof Worker, use: () => Promise<T>): Promise<T> {
  const real = globalThis.Worker;
  globalThis.Worker = workers;
  try {
    return await use();
  } finally {
    globalThis.Worker = real;
  }
}

Deno.test("thumbnails are in the order of their files, and each is that of its file alone", async () => {
  let workers = 0;
  class Counted extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      workers++;
    }
  }
  const { env } = fake({ disk });
  const read: string[] = [];
  const onRead = (done: number, total: number) => read.push(`${done}/${total}`);
  await withWorkers(Counted, async () => {
    assertEquals(await all(thumbnails(paths, options, { ...env, onRead })), await alone(paths));
    assert(workers >= 1 && workers <= navigator.hardwareConcurrency);
    assertEquals(read, paths.map((_, i) => `${i + 1}/9`));
    workers = 0;
    const few = paths.slice(0, 3);
    assertEquals(await all(thumbnails(few, options, env)), await alone(few));
    assertEquals(await all(thumbnails([], options, env)), []);
    assertEquals(workers, 0);
  });
});

Deno.test("a file that cannot be used is an error in its place", async () => {
  const { env } = fake({
    disk: { ...disk, "/3": Uint8Array.of(1, 2), "/5": fileOf(5).subarray(0, -4) },
  });
  const names = [...paths, "/none"];
  const results = await all(thumbnails(names, options, env));
  assertEquals(
    results.map(({ _tag }) => _tag),
    names.map((name) => ["/3", "/5", "/none"].includes(name) ? "Left" : "Right"),
  );
  const errors = results.filter(E.isLeft).map(({ left }) => left);
  assertEquals(errors.map(({ file }) => file), ["/3", "/5", "/none"]);
  assertStringIncludes(errors[0].reason ?? "", "current value is 2 bytes that begin with 01 02");
  assertStringIncludes(errors[1].reason ?? "", "it is truncated");
});

Deno.test("where no worker starts, images are decoded in this thread", async () => {
  class Failing extends EventTarget {
    onerror: ((event: Event) => void) | null = null;
    constructor() {
      super();
      setTimeout(() => this.onerror?.(new ErrorEvent("error", { message: "no such module" })), 5);
    }
    postMessage() {}
    terminate() {}
  }
  await withWorkers(Failing as unknown as typeof Worker, async () => {
    const { env } = fake({ disk });
    assertEquals(await all(thumbnails(paths, options, env)), await alone(paths));
  });
});

Deno.test("a worker that fails is replaced, and only its image is lost", async () => {
  const { env } = fake({ disk });
  let started = 0;
  // The first worker fails at its third image, which it is given once the first is decoded.
  class Fragile extends Worker {
    readonly #fails = started++ === 0;
    #given = 0;
    override postMessage(message: { readonly id?: number }) {
      if (!this.#fails || message.id === undefined || ++this.#given < 3) {
        return super.postMessage(message);
      }
      this.onerror?.(new ErrorEvent("error", { message: "out of memory" }));
    }
  }
  await withWorkers(Fragile, async () => {
    const results = await all(thumbnails(paths, options, env));
    const wrong = results.filter(E.isLeft).map(({ left }) => left);
    assertEquals(wrong.length, 1);
    assertStringIncludes(wrong[0].reason ?? "", "the decoder has failed: out of memory");
    const expected = await alone(paths);
    results.forEach((result, i) => E.isLeft(result) || assertEquals(result, expected[i]));
    assert(started >= 2);
  });
});

Deno.test("a worker whose decoder has grown large is replaced, and no image is lost", async () => {
  const { env } = fake({ disk });
  const [first, ended]: [Worker[], Worker[]] = [[], []];
  // The first worker says of its first image that it has made the decoder's memory larger than it may stay.
  class Grown extends Worker {
    override set onmessage(handle: ((event: MessageEvent) => void) | null) {
      first.push(this);
      super.onmessage = ({ data }) => {
        const grows = this === first[0] && data.id !== null;
        handle?.(
          new MessageEvent("message", { data: grows ? { ...data, memory: 2 ** 29 } : data }),
        );
      };
    }
    override terminate() {
      ended.push(this);
      super.terminate();
    }
  }
  await withWorkers(Grown, async () => {
    const results: Result[] = [];
    let before: readonly Worker[] = [];
    for await (const result of thumbnails(paths, options, env)) {
      results.push(result);
      before = [...ended];
    }
    assertEquals(results, await alone(paths));
    // The others end with the last image.
    assertEquals(before, first.slice(0, 1));
  });
});

/** A PNG of 48 million pixels that takes seconds to decode. */
const slow = await pngOf(
  { width: 8000, height: 6000, depth: 1, colourType: 0 },
  new Uint8Array(6000 * 1001),
);

Deno.test("an abort ends reading within a second, whatever is in flight", async () => {
  const names = paths.map((path) => `${path}.png`);
  const { env } = fake({ disk: Object.fromEntries(names.map((name) => [name, slow])) });
  const stop = new AbortController();
  let pressed = Infinity;
  setTimeout(() => {
    pressed = performance.now();
    stop.abort();
  }, 500);
  const results = await all(thumbnails(names, options, { ...env, signal: stop.signal }));
  assertLess(performance.now() - pressed, 1000);
  assertEquals(results.at(-1), E.left({ _tag: "Interrupted", epoch: 0, step: 0 }));
  const again = await all(thumbnails(names, options, { ...env, signal: stop.signal }));
  assertEquals(again.length, 1);
});

Deno.test("who takes no more leaves nothing behind", async () => {
  const { env } = fake({ disk });
  for await (const _ of thumbnails(paths, options, env)) break;
});

Deno.test("files are read a few ahead of what is taken, and memory does not grow with their number", async () => {
  const file = fileOf(1);
  let begun = 0;
  const files: Pick<Files, "read"> = {
    read: () => {
      begun++;
      return TE.right(file.slice());
    },
  };
  let [done, early] = [0, 0];
  const held = () => Deno.memoryUsage().external;
  const many = Array.from({ length: 240 }, (_, i) => `/${i}.jpg`);
  const env = { files: files as Files };
  for await (const read of thumbnails(many, { size: [512, 512], colour: "rgb" }, env)) {
    assert(E.isRight(read));
    done++;
    assert(begun - done <= 3 * navigator.hardwareConcurrency);
    if (done === 80) early = held();
  }
  assertEquals(done, many.length);
  // The thumbnails of the last 160 take 126 MB. What nobody holds is collected, by and by, as more is made.
  for (let i = 0; i < 100 && held() - early >= 70e6; i++) {
    new Uint8Array(8e6).fill(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertLess(held() - early, 70e6);
});

Deno.test("large files are decoded once for each content and size", async () => {
  // What follows the end marker is ignored, and makes the file large.
  const large = (i: number) =>
    joined([jpegOf(9, 7, plain(9, 7, [i, 2, 3, 255])), new Uint8Array(70_000)]);
  const photos = Object.fromEntries([10, 90, 170].map((i) => [`/photos/${i}.jpg`, large(i)]));
  const world = fake({ disk: { ...photos, "/small.png": fileOf(0) }, variables: { HOME: "/me" } });
  const names = [...Object.keys(photos), "/small.png"];
  const first = await all(thumbnails(names, options, world.env));
  assertEquals(world.written.length, 3);
  assert(world.written.every((path) => path.startsWith("/me/.cache/sparrow/thumbnails/")));
  assertEquals(world.asked.size, 0);

  // Other names of the same contents; what was kept is changed, to be seen.
  for (const path of world.written) world.disk.set(path, new Uint8Array(72).fill(5));
  for (const [name, bytes] of Object.entries(photos)) world.disk.set(`${name}.copy`, bytes);
  const copies = names.map((name) => name in photos ? `${name}.copy` : name);
  const second = await all(thumbnails(copies, options, world.env));
  const five = E.right(new Uint8Array(72).fill(5));
  assertEquals(second, [five, five, five, first[3]]);

  // Another size, other content, and what is damaged on the disk are not found.
  await all(thumbnails(names, { size, colour: "grey" }, world.env));
  assertEquals(world.written.length, 6);
  world.disk.set(names[0], large(11));
  for (const path of world.written.slice(0, 3)) world.disk.set(path, new Uint8Array(71));
  const third = await all(thumbnails(names, options, world.env));
  assertEquals(world.written.length, 9);
  assertEquals(third.slice(1), first.slice(1));
});
