/**
 * Encodes images with an encoder that another program has trained, and finds the nearest codes.
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *     deno run -P pipelines/cookbook/encode_saved.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { E } = sparrow;
const folder = Deno.args.find((argument) => !argument.startsWith("-")) ?? "runs/cookbook";

const backend = await sparrow.startBackend("auto")();
const model = await sparrow.loadModel(`${folder}/model.safetensors`, sparrow.denoFiles)();
const digits = await sparrow.loadStrokes({ seed: 7, train: 1000, test: 20 })();
if (E.isLeft(model)) throw new Error(sparrow.describe(model.left));
if (E.isLeft(backend) || E.isLeft(digits)) throw new Error("no start");

// The graph, the weights and the normalisation are all in the file.
const run = sparrow.createRun(model.right);
if (E.isLeft(run)) throw new Error(sparrow.describe(run.left));
const env = sparrow.quietEnv(backend.right);
const codesOf = async (images: sparrow.Images): Promise<sparrow.BinaryEmbeddings> => {
  const { normalisation } = model.right;
  const codes = await sparrow.encode(run.right, images, normalisation, env, { epoch: 0, step: 0 });
  if (E.isLeft(codes)) throw new Error(sparrow.describe(codes.left));
  if (codes.right.kind !== "binary") throw new Error("the model ends in no kWTA");
  return codes.right;
};
const { train, test } = digits.right;
const [known, asked] = [await codesOf(train), await codesOf(test)];
sparrow.dispose(run.right);
console.log(`${known.count} codes of ${known.width} bits, ${known.words.byteLength} bytes`);

const found = sparrow.search(sparrow.codeIndex(known), asked, { k: 3 });
if (E.isLeft(found)) throw new Error(sparrow.describe(found.left));
let right = 0;
for (let i = 0; i < asked.count; i++) {
  const nearest = [...found.right.indices.slice(3 * i, 3 * i + 3)];
  const distances = [...found.right.distances.slice(3 * i, 3 * i + 3)];
  right += Number(train.labels[nearest[0]] === test.labels[i]);
  const shown = nearest.map((j, n) => `${train.labels[j]} (${distances[n]} bits away)`);
  if (i < 5) console.log(`a ${test.labels[i]} is like ${shown.join(", ")}`);
}
console.log(`the nearest is of the same class for ${right} of ${asked.count}`);
