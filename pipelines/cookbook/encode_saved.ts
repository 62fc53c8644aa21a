/**
 * Encodes images with an encoder that another program has trained, and finds the nearest codes: of
 * image files, where some are named, else of built-in digits.
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *     deno run -P pipelines/cookbook/encode_saved.ts
 *
 * @module
 */
import { encodeImages, loadEncoder, nearestImages, orThrow, startBackend } from "../../mod.ts";
const operands = Deno.args.filter((argument) => !argument.startsWith("-"));
const files = operands.filter((name) => /\.(png|jpe?g)$/i.test(name));
const [folder = "runs/cookbook"] = operands.filter((name) => !files.includes(name));

await orThrow(startBackend());
// The graph, the weights and the normalisation are all in the file.
const encoder = await orThrow(loadEncoder(`${folder}/model.safetensors`));
const digits = { seed: 7, first: 1000, split: "train" } as const;
const known = await orThrow(encodeImages(encoder, ["strokes"], digits));
const { count, width, words } = known.codes;
console.log(`${count} codes of ${width} bits, ${words.byteLength} bytes`);

// Dark ink on light paper is inverted, because the encoder knows light digits on a dark ground.
const asked = files.length > 0
  ? await orThrow(encodeImages(encoder, files, { invert: true }))
  : await orThrow(encodeImages(encoder, ["strokes"], { seed: 7, first: 20 }));
const answers = orThrow(nearestImages(known, asked, { k: 3 }));
for (const { query, results } of answers.slice(0, 5)) {
  const shown = results.map(({ label, distance }) => `${label} (${distance} bits away)`);
  console.log(`a ${query.label ?? query.name} is like ${shown.join(", ")}`);
}
const right = answers.filter(({ query, results: [nearest] }) => nearest.label === query.label);
console.log(`the nearest is of the same class for ${right.length} of ${answers.length}`);
