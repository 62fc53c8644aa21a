import { describe } from "../../../graph/error.ts";
import { E } from "../../../graph/fp_ts.ts";
import { obtain } from "../../../pipelines/data/obtain.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { type Fake, fake, gzip, images, labels, otherImages, tiny, type World } from "./fake.ts";

const user = "/home/ada/.cache/sparrow/tiny";
const own = "./runs/.cache/tiny";
const [one, two] = tiny.mirrors;
const variables = { HOME: "/home/ada" };
const imagesGz = await gzip(images);
const labelsGz = await gzip(labels);
const mirror = { [`${one}images.gz`]: imagesGz, [`${one}labels.gz`]: labelsGz };
const whole = (folder: string) => ({
  [`${folder}/images`]: images,
  [`${folder}/labels.gz`]: labelsGz,
});

const load = async (world: World, data?: string) => {
  const made: Fake = fake({ variables, ...world });
  return { ...made, result: await obtain(tiny, data, made.env)() };
};

const found = (source: string) =>
  E.right({ values: [images.subarray(8), labels.subarray(8)], source });

const unwrapError = <A>(result: E.Either<A, unknown>): A => {
  assert(E.isLeft(result), "expected an error");
  return result.left;
};

Deno.test("places are tried in order", async (t) => {
  const places: readonly (readonly [string, World["disk"], string])[] = [
    ["$SPARROW_DATA", whole("/data"), "/data"],
    ["its subfolder", whole("/data/tiny"), "/data/tiny"],
    ["the user's cache", whole(user), user],
    ["the project's cache", whole(own), own],
  ];
  for (const [i, [name, , source]] of places.entries()) {
    await t.step(`${name} before what comes later`, async () => {
      const disk = Object.assign({}, ...places.slice(i).map(([, files]) => files));
      const { result, fetched, written } = await load({
        disk,
        web: mirror,
        variables: { ...variables, SPARROW_DATA: "/data" },
      });
      assertEquals(result, found(source));
      assertEquals([fetched, written], [[], []]);
    });
  }
  await t.step("the web last, into the user's cache", async () => {
    const { result, written } = await load({ web: mirror });
    assertEquals(result, found(one));
    assertEquals(written, [`${user}/images.gz`, `${user}/labels.gz`]);
  });
});

Deno.test("a folder that the user named is the only place", async () => {
  const world = { disk: { ...whole("/mine"), ...whole(user) }, web: mirror };
  assertEquals((await load(world, "/mine")).result, found("/mine"));
  assertEquals((await load(world, "/mine/")).result, found("/mine/"));

  const { result, fetched } = await load(world, "/nowhere");
  const error = unwrapError(result);
  assert(error._tag === "DatasetUnavailable");
  assertEquals(error.tried, [{ place: "/nowhere", reason: "there is no such folder" }]);
  assertEquals(fetched, []);
});

Deno.test("a named folder that lacks files is an error that names them and says what to do", async () => {
  const { result } = await load({ disk: { "/mine/images": images }, web: mirror }, "/mine");
  assertEquals(
    describe(unwrapError(result)),
    "Cannot find Tiny: /mine: it lacks labels (each may end in .gz). " +
      "Download images.gz and labels.gz from https://one.example/tiny/ into a folder and name it " +
      "with --data DIR or $SPARROW_DATA",
  );
});

Deno.test("a named folder that Deno may not read says which flag to add", async () => {
  const { result } = await load({ disk: whole("/mine"), forbidden: ["read /mine"] }, "/mine");
  assertStringIncludes(describe(unwrapError(result)), "--allow-read=/mine");
});

Deno.test("an empty --data is an invalid option", async () => {
  assertEquals(unwrapError((await load({}, "")).result)._tag, "InvalidOption");
});

Deno.test("a damaged file in a folder that the user named is an error at once", async (t) => {
  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ["images", images.subarray(0, 10), "CorruptFile", /images: it is truncated: expected 12 bytes/],
    ["images.gz", imagesGz.subarray(0, 20), "CorruptFile", /images\.gz: .*truncated/],
    ["images.gz", await gzip(new Uint8Array(99)), "CorruptFile", /at most 12 bytes/],
    ["images", otherImages, "ChecksumMismatch", /images: expected SHA-256 [0-9a-f]{64}, current/],
  ];
  for (const [name, bytes, tag, text] of cases) {
    for (const data of ["/mine", undefined]) {
      await t.step(`${tag} of ${name} in ${data ?? "$SPARROW_DATA"}`, async () => {
        const { result, fetched } = await load({
          disk: { [`/mine/${name}`]: bytes, "/mine/labels": labels, ...whole(user) },
          web: mirror,
          variables: { ...variables, SPARROW_DATA: "/mine" },
        }, data);
        const error = unwrapError(result);
        assertEquals(error._tag, tag);
        assertMatch(describe(error), text);
        assertStringIncludes(describe(error), `/mine/${name}`);
        assertEquals(fetched, []);
      });
    }
  }
});

Deno.test("$SPARROW_DATA without the dataset is passed over and listed", async () => {
  const world = {
    disk: { "/data/images": images },
    variables: { ...variables, SPARROW_DATA: "/data" },
  };
  assertEquals((await load({ ...world, web: mirror })).result, found(one));

  const error = unwrapError((await load(world)).result);
  assert(error._tag === "DatasetUnavailable");
  assertEquals(error.tried, [
    { place: "/data", reason: "it lacks labels (each may end in .gz)" },
    { place: "/data/tiny", reason: "there is no such folder" },
    { place: user, reason: "it lacks images" },
    { place: own, reason: "it lacks images" },
    { place: `${one}images.gz`, reason: "no network" },
    { place: `${two}images.gz`, reason: "no network" },
  ]);
});

Deno.test("files may come from different places", async () => {
  const { result, fetched, written } = await load({
    disk: { [`${own}/images.gz`]: imagesGz },
    web: mirror,
  });
  assertEquals(result, found(`${own}, ${one}`));
  assertEquals(fetched, [`${one}labels.gz`]);
  assertEquals(written, [`${user}/labels.gz`]);
});
