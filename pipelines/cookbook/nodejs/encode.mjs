/**
 * Encodes digits in Node.js, from 20 on, with a model that Deno has trained:
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *     deno task npm
 *     npm install runs/npm/sparrow.tgz
 *     node pipelines/cookbook/nodejs/encode.mjs runs/cookbook/model.safetensors
 */
import { readFile } from "node:fs/promises";
import * as sparrow from "@sparrow/sparrow";
const { E } = sparrow;

const [, , path, name = "wasm"] = process.argv;
const backend = await sparrow.startBackend(name)();
// What touches files is Deno's; the bytes may come from anywhere.
const model = sparrow.readModel(path, await readFile(path));
const digits = await sparrow.loadStrokes({ seed: 7, train: 10, test: 10 })();
if (E.isLeft(model)) throw new Error(sparrow.describe(model.left));
if (E.isLeft(backend)) throw new Error(sparrow.describe(backend.left));
if (E.isLeft(digits)) throw new Error(sparrow.describe(digits.left));

const codes = await sparrow.encode(model.right, digits.right.test)();
if (E.isLeft(codes)) throw new Error(sparrow.describe(codes.left));
sparrow.toIndices(codes.right).forEach((units, i) => {
  console.log(`a ${digits.right.test.labels[i]}: ${[...units].join(" ")}`);
});
