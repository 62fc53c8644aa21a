/**
 * A network that an npm package ships, MobileNetV2 of nsfwjs (MIT), as a trunk.
 */
import { MobileNetV2Model } from "npm:nsfwjs@4.4.0/models/mobilenet_v2";
import { loadTrunk } from "../../../pipelines/trunks/trunk.ts";
import { assert, assertEquals } from "../../assert.ts";
import { envOn, right } from "../tiny.ts";

interface TfjsJson {
  readonly weightsManifest: readonly { readonly paths: readonly string[] }[];
}

/** Modules that hold something as JSON or as text. */
const held = async <A>(loading: () => Promise<unknown>): Promise<A> =>
  ((module) => module.default ?? module)(await loading() as { readonly default?: unknown }) as A;

/** Writes the package's model as files: it holds them as JavaScript. */
async function written(): Promise<string> {
  const folder = await Deno.makeTempDir();
  const json = await held<TfjsJson>(() => MobileNetV2Model.modelJson());
  await Deno.writeTextFile(`${folder}/model.json`, JSON.stringify(json));
  const paths = json.weightsManifest.flatMap(({ paths }) => paths);
  for (const [i, bundle] of MobileNetV2Model.weightBundles.entries()) {
    const bytes = Uint8Array.fromBase64(await held<string>(bundle));
    await Deno.writeFile(`${folder}/${paths[i]}`, bytes);
  }
  return folder;
}

Deno.test("MobileNetV2 of nsfwjs: its classes, what they are made of, and an inner layer", async () => {
  await envOn("wasm");
  const folder = await written();
  const of = async (layer?: string) => {
    const trunk = right(await loadTrunk(`${folder}/model.json`, { layer })());
    const { size } = trunk.reference;
    assertEquals(size, [224, 224]);
    // A grey ramp.
    const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, i) => Math.floor(i / 672));
    const made = right(await trunk.features(pixels)());
    trunk.close();
    return { layer: trunk.reference.layer, made };
  };
  const classes = await of("dense_3");
  assertEquals(classes.made.length, 5);
  assert(Math.abs(classes.made.reduce((sum, part) => sum + part, 0) - 1) < 1e-5);
  const usual = await of();
  assertEquals([usual.layer, usual.made.length], ["dropout_3", 128]);
  const inner = await of("block_11_expand_relu");
  assertEquals(inner.made.length, 576);
  // It ends in relu6.
  assert(inner.made.every((value) => value >= 0 && value <= 6) && inner.made.some((x) => x > 0));
  await Deno.remove(folder, { recursive: true });
});
