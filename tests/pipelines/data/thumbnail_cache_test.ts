import { E, TE } from "../../../graph/fp_ts.ts";
import { thumbnailCache } from "../../../pipelines/data/thumbnail_cache.ts";
import { assert, assertEquals } from "../../assert.ts";
import { fake } from "./fake.ts";

const variables = { HOME: "/me" };
const file = new Uint8Array(70_000);

async function opened(...args: Parameters<typeof thumbnailCache>) {
  const cache = await thumbnailCache(...args);
  assert(cache !== null);
  return cache;
}

Deno.test("a name is that of content, size and colours", async () => {
  const { env } = fake({ variables });
  const nameOf = async (
    bytes: Uint8Array,
    size: readonly [number, number],
    colour: "rgb" | "grey",
  ) => await (await opened(size, colour, env)).nameOf(bytes);
  const name = await nameOf(file, [2, 3], "rgb");
  assertEquals(/^[0-9a-f]{64}-18$/.test(name!), true);
  assertEquals(await nameOf(file.slice(), [2, 3], "rgb"), name);
  const others = await Promise.all([
    nameOf(file.with(9, 1), [2, 3], "rgb"),
    nameOf(file, [3, 2], "rgb"),
    nameOf(file, [2, 9], "grey"),
  ]);
  assertEquals(new Set([name, ...others]).size, 4);
  assertEquals(await nameOf(new Uint8Array(65_535), [2, 3], "rgb"), null);
});

Deno.test("it is in the first folder that may be read and written, and nobody is asked", async () => {
  const own = "./runs/.cache/thumbnails";
  const users = "/me/.cache/sparrow/thumbnails";
  for (
    const [forbidden, place] of [
      [[], users],
      [[`write ${users}`], own],
      [[`read ${users}`], own],
      [[`write ${users}`, `write ${own}`], null],
    ] as const
  ) {
    const { env, written, asked } = fake({ variables, forbidden });
    const cache = await thumbnailCache([1, 2], "grey", env);
    await cache?.put("abcd-2", Uint8Array.of(1, 2));
    assertEquals(written, place === null ? [] : [`${place}/ab/abcd-2`]);
    assertEquals(asked.size, 0);
  }
});

Deno.test("what cannot be written or read is as if it were not there", async () => {
  const { env } = fake({ variables, broken: ["/me"] });
  const cache = await opened([1, 2], "grey", env);
  await cache.put("abcd-2", Uint8Array.of(1, 2));
  assertEquals(await cache.get("abcd-2"), null);
});

Deno.test("a folder that is too large is made smaller by a quarter", async () => {
  const { env } = fake({ variables });
  const area = 100 * 100 * 3;
  const names = new Set(Array.from({ length: 300 }, (_, i) => `ab${i}-${area}`));
  const files = {
    ...env.files,
    list: () => TE.right([...names]),
    remove: (path: string) => {
      names.delete(path.split("/").at(-1)!);
      return TE.right(undefined);
    },
  };
  const cache = await opened([100, 100], "rgb", { ...env, files });
  // 2 GiB over 256 folders is 8 MiB for each, which 279 of them fill.
  await cache.put(`ab1f-${area}`, new Uint8Array(area));
  assertEquals(names.size, 300);
  await cache.put(`ab10-${area}`, new Uint8Array(area));
  assertEquals(names.size, Math.floor(0.75 * 2 ** 23 / area));
  const read = await env.files.read("/me/.cache/sparrow/thumbnails/ab/ab1f-30000")();
  assert(E.isRight(read));
});
