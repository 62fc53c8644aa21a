import { E } from "../../../graph/fp_ts.ts";
import { cachedOrDownloaded, cacheFolders } from "../../../pipelines/data/obtain.ts";
import { denoFiles } from "../../../pipelines/files/files.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { fake, gzip, images, otherImages, tiny, type Web, type World } from "./fake.ts";

const user = "/home/ada/.cache/sparrow/tiny";
const own = "./runs/.cache/tiny";
const [one, two] = tiny.mirrors.map((mirror) => `${mirror}images.gz`);
const imagesGz = await gzip(images);
const truncated = imagesGz.subarray(0, 20);

const load = async (world: World) => {
  const made = fake({ variables: { HOME: "/home/ada" }, ...world });
  return { ...made, result: await cachedOrDownloaded(tiny.files[0], tiny, made.env)() };
};

const notFound = ({ result }: Awaited<ReturnType<typeof load>>) => {
  assert(E.isLeft(result), "expected nothing to be found");
  return result.left;
};

Deno.test("the user's cache is where the system wants it", () => {
  const paths = (system: string, variables: Record<string, string>) =>
    cacheFolders("tiny", { system, variable: (name) => variables[name] }).map(({ path }) => path);
  const HOME = "/home/ada";
  assertEquals(paths("linux", { HOME }), [user, own]);
  assertEquals(paths("freebsd", { HOME, XDG_CACHE_HOME: "/c" }), ["/c/sparrow/tiny", own]);
  assertEquals(paths("linux", { HOME, XDG_CACHE_HOME: "c" }), [user, own]);
  assertEquals(paths("linux", {}), [own]);
  assertEquals(paths("darwin", { HOME }), ["/home/ada/Library/Caches/sparrow/tiny", own]);
  assertEquals(paths("windows", { HOME, LOCALAPPDATA: "C:\\L" }), ["C:\\L/sparrow/tiny", own]);
  assertEquals(paths("windows", { HOME }), [own]);
});

Deno.test("the next mirror is tried when one fails, and the attempts are listed", async (t) => {
  const failures: readonly (readonly [Web[string], string])[] = [
    [404, "HTTP status 404"],
    ["dns error", "dns error"],
    [truncated, "truncated"],
    [await gzip(otherImages), "expected SHA-256"],
    [new TextEncoder().encode("<html>Please log in</html>"), "not an IDX file"],
    [new Uint8Array(100_000), "expected at most 65548 bytes"],
  ];
  for (const [answer, reason] of failures) {
    await t.step(reason, async () => {
      const { result, fetched, disk } = await load({ web: { [one]: answer, [two]: imagesGz } });
      assert(E.isRight(result));
      assertEquals(result.right.place, tiny.mirrors[1]);
      assertEquals(fetched, [one, two]);
      assertEquals([...disk], [[`${user}/images.gz`, imagesGz]]);

      const nowhere = await load({ web: { [one]: answer, [two]: 503 } });
      const { tried, damage } = notFound(nowhere);
      assertEquals(damage, null);
      assertEquals(tried.slice(-2).map(({ place }) => place), [one, two]);
      assertStringIncludes(tried.at(-2)?.reason ?? "", reason);
      assertEquals(tried.at(-1)?.reason, "HTTP status 503");
      assertEquals(nowhere.disk.size, 0, "only a verified file may be written");
    });
  }
});

Deno.test("a download that the server sent unpacked is kept under its own name", async () => {
  const { result, written } = await load({ web: { [one]: images } });
  assert(E.isRight(result));
  assertEquals(written, [`${user}/images`]);
});

Deno.test("a damaged file in the cache is replaced by a download", async () => {
  for (const bytes of [truncated, await gzip(otherImages), new Uint8Array(0)]) {
    const { result, disk } = await load({
      disk: { [`${user}/images.gz`]: bytes },
      web: { [one]: imagesGz },
    });
    assert(E.isRight(result));
    assertEquals(disk.get(`${user}/images.gz`), imagesGz);
  }
});

Deno.test("a damaged file in the cache does not hide a good one", async () => {
  const { result, fetched } = await load({
    disk: { [`${user}/images`]: truncated, [`${own}/images.gz`]: imagesGz },
  });
  assert(E.isRight(result));
  assertEquals([result.right.place, fetched], [own, []]);
});

Deno.test("a damaged file in the cache is named when nothing can replace it", async () => {
  const { damage } = notFound(await load({ disk: { [`${own}/images.gz`]: truncated } }));
  assertEquals([damage?._tag, damage?.file], ["CorruptFile", `${own}/images.gz`]);
});

Deno.test("a cache that cannot be written is passed over, and at worst nothing is kept", async () => {
  const web = { [one]: imagesGz };
  const cases: readonly (readonly [World, readonly string[]])[] = [
    [{ forbidden: [`write ${user}`] }, [`${own}/images.gz`]],
    [{ broken: [user] }, [`${own}/images.gz`]],
    [{ forbidden: [`write ${user}`, `write ${own}`] }, []],
    [{ broken: [user, own] }, []],
  ];
  for (const [world, expected] of cases) {
    const { result, written } = await load({ ...world, web });
    assert(E.isRight(result));
    assertEquals(result.right.values, images.subarray(8));
    assertEquals(written, expected);
  }
});

Deno.test("nobody is asked for the user's cache", async () => {
  const { asked } = await load({ web: { [one]: imagesGz }, broken: [user] });
  assertEquals([...asked], [`read ${own}`, `write ${own}`]);
});

Deno.test("a cache that may not be read is listed as such", async () => {
  const { tried } = notFound(await load({ forbidden: [`read ${user}`] }));
  assertEquals(tried[0], { place: user, reason: "Deno may not read it" });
});

Deno.test("on a real disk the cache holds the whole file and nothing else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { env } = fake({ variables: { XDG_CACHE_HOME: folder }, web: { [one]: imagesGz } });
    const load = cachedOrDownloaded(tiny.files[0], tiny, { ...env, files: denoFiles });
    assert(E.isRight(await load()));
    const cache = `${folder}/sparrow/tiny`;
    assertEquals([...Deno.readDirSync(cache)].map(({ name }) => name), ["images.gz"]);
    assertEquals(await Deno.readFile(`${cache}/images.gz`), new Uint8Array(imagesGz));
    const again = await load();
    assert(E.isRight(again));
    assertEquals(again.right.place, cache);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
