/** Every door that reads a file says of one of another format that it is one, and how it begins. */
import { describe, type SparrowError } from "../../../graph/error.ts";
import type { E, TE } from "../../../graph/fp_ts.ts";
import { E as Either } from "../../../graph/fp_ts.ts";
import { openVectors, readValues } from "../../../pipelines/data/vectors/open.ts";
import { loadEncoder } from "../../../pipelines/encode/encoder.ts";
import { readCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { loadCodes } from "../../../pipelines/files/codes.ts";
import { loadCoder } from "../../../pipelines/files/coder.ts";
import { loadModel } from "../../../pipelines/files/model.ts";
import { loadVectorIndex } from "../../../pipelines/files/vector_index.ts";
import { loadOnnx } from "../../../pipelines/onnx/import_onnx.ts";
import { describeOnnx } from "../../../pipelines/trunks/onnx_network.ts";
import { readTfjsModel } from "../../../pipelines/trunks/tfjs_network.ts";
import { assert, assertEquals } from "../../assert.ts";
import { deno, withFolder } from "../process.ts";

type Door = (path: string) => Promise<E.Either<SparrowError, unknown>>;

const task = (load: (path: string) => TE.TaskEither<SparrowError, unknown>): Door => (path) =>
  load(path)();

const bytesOf =
  (read: (file: string, bytes: Uint8Array) => E.Either<SparrowError, unknown>): Door =>
  async (path) => read(path, await Deno.readFile(path));

/** The doors, with what each expects. */
const doors: readonly (readonly [string, Door])[] = [
  ["model file", task(loadModel)],
  ["model file", task(loadEncoder)],
  ["checkpoint", bytesOf(readCheckpoint)],
  ["file of a coder", task(loadCoder)],
  ["index of vectors", task(loadVectorIndex)],
  [".npz file", task(loadCodes)],
  ["file of vectors (.npy, .npz, Parquet, Arrow or JSON lines)", task(openVectors)],
  ["array in NumPy's format", task(readValues)],
  ["ONNX model", task(loadOnnx)],
  ["ONNX model", bytesOf(describeOnnx)],
  ["model.json of TensorFlow.js", bytesOf(readTfjsModel)],
];

/** Files of other formats: how they begin, and how that is said. */
const others: readonly (readonly [readonly number[] | string, string])[] = [
  ["# Sparrow\n\nSparse", 'begins with "# Sparrow\\n\\nS"'],
  [[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10], "begins with the bytes 89 50 4e 47 0d 0a 1a 0a"],
  [[0x1b, 0x5d], "begins with the bytes 1b 5d"],
];

Deno.test("a file of another format is called one, at every door", async () => {
  const folder = await Deno.makeTempDir();
  for (const [content, begins] of others) {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content.padEnd(3000, " sparse codes"))
      : Uint8Array.from(content);
    const path = `${folder}/other`;
    await Deno.writeFile(path, bytes);
    for (const [format, open] of doors) {
      const read = await open(path);
      assert(Either.isLeft(read), format);
      assertEquals(describe(read.left), `Cannot use ${path}: this is no ${format}: it ${begins}`);
    }
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a program that is given its README for a model says that this is none", () =>
  withFolder(async (folder) => {
    const out = ["--out", `${folder}/codes.npz`];
    const { code, err } = await deno(
      "run",
      "-P",
      "pipelines/encode.ts",
      "README.md",
      "strokes",
      ...out,
    );
    assertEquals(
      [code, err],
      [1, 'Cannot use README.md: this is no model file: it begins with "# Sparrow\\n\\nS"\n'],
    );
  }));
