/**
 * Trunks by address: fetched once, and the same from then on.
 */
import { describe } from "../../../graph/error.ts";
import { loadTrunk } from "../../../pipelines/trunks/trunk.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { fake, type World } from "../data/fake.ts";
import { left, right } from "../tiny.ts";
import { fixture } from "./fixture.ts";

const url = "https://models.example/nets/conv.onnx";
const model = await Deno.readFile(fixture("conv.onnx"));
const other = await Deno.readFile(fixture("conv_batch_of_2.onnx"));
const variables = { HOME: "/home/ada" };

const load = async (world: World, address = url) => {
  const made = fake({ variables, ...world });
  const result = await loadTrunk(address, { dataEnv: made.env })();
  if (result._tag === "Right") result.right.close();
  return { ...made, result };
};

Deno.test("a trunk is fetched once, and its hash is remembered", async () => {
  const first = await load({ web: { [url]: model } });
  const { sha256 } = right(first.result).reference;
  assertEquals(first.written.length, 2);
  assertEquals(first.fetched, [url]);
  const [remembered, kept] = first.written;
  assertMatch(kept, /^\/home\/ada\/\.cache\/sparrow\/trunks\/[0-9a-f]{16}-conv\.onnx$/);
  assertEquals(new TextDecoder().decode(first.disk.get(remembered)), `${sha256}  ${url}\n`);

  const disk = Object.fromEntries(first.disk);
  const again = await load({ disk });
  assertEquals(right(again.result).reference.sha256, sha256);
  assertEquals(again.fetched, []);

  // Removed or damaged, it is fetched anew, and must be the same.
  for (const there of [{ [remembered]: disk[remembered] }, { ...disk, [kept]: other }]) {
    const anew = await load({ disk: there, web: { [url]: model } });
    assertEquals(right(anew.result).reference.sha256, sha256);
    const changed = left((await load({ disk: there, web: { [url]: other } })).result);
    assertEquals(changed._tag, "ChecksumMismatch");
    assertStringIncludes(describe(changed), `Cannot use ${url}: expected SHA-256 ${sha256}`);
  }
});

Deno.test("a model of TensorFlow.js is fetched with the files that it names", async () => {
  const base = "https://models.example/conv/";
  const names = ["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"];
  const web = Object.fromEntries(
    names.map((name) => [`${base}${name}`, Deno.readFileSync(fixture(`layers/${name}`))]),
  );
  const { result, fetched } = await load({ web }, `${base}model.json`);
  const local = right(await loadTrunk(fixture("layers/model.json"))());
  local.close();
  assertEquals(right(result).reference.sha256, local.reference.sha256);
  assertEquals(fetched, names.map((name) => `${base}${name}`));
});

Deno.test("an address that does not answer says what to do", async () => {
  const words = async (world: World) => describe(left((await load(world)).result));
  assertEquals(
    await words({ web: { [url]: 404 } }),
    `Cannot read ${url}: HTTP status 404. Check the address, or download the file and name its path`,
  );
  const denied = 'Requires net access to "cdn.models.example:443", run again with --allow-net';
  assertEquals(
    await words({ web: { [url]: denied } }),
    `Cannot read ${url}: Deno was not given the permission to reach cdn.models.example:443. ` +
      "Add --allow-net=cdn.models.example:443, or download the file and name its path",
  );
});
