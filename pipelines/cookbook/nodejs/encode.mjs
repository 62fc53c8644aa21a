/**
 * Encodes digits in Node.js, from 20 on, with a model that Deno has trained:
 *
 *     deno run -P pipelines/cookbook/train_and_save.ts
 *     deno task npm
 *     npm install runs/npm/sparrow.tgz
 *     node pipelines/cookbook/nodejs/encode.mjs runs/cookbook/model.safetensors
 */
import { readFile } from "node:fs/promises";
import { encode, loadStrokes, orThrow, startBackend } from "@sparrow/sparrow";
import { toIndices } from "@sparrow/sparrow/codes";
import { readModel } from "@sparrow/sparrow/files";

const [, , path, name = "wasm"] = process.argv;
await orThrow(startBackend(name));
// Sparrow reads files in Deno only; here the bytes come from Node.js.
const model = orThrow(readModel(path, await readFile(path)));
const { test } = await orThrow(loadStrokes({ seed: 7, train: 10, test: 10 }));
const codes = await orThrow(encode(model, test));
toIndices(codes).forEach((units, i) => console.log(`a ${test.labels[i]}: ${[...units].join(" ")}`));
