/**
 * Trained models as files: the weights, the graph, and the form of the inputs.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { graphFromJson, graphToJson } from "../../graph/codec.ts";
import type { CorruptFile, FileUnavailable, SparrowError } from "../../graph/error.ts";
import type { Graph } from "../../graph/node.ts";
import { type ParamArrays, paramSpecs } from "../../graph/params.ts";
import { plasticitySpecs, scalingState } from "../../graph/plasticity.ts";
import { inferShapes, isPair, sameSpace, sizeOf } from "../../graph/shape.ts";
import { show } from "../../graph/show.ts";
import type { Shape } from "../../graph/types.ts";
import type { Normalisation, TrunkReference } from "../data/dataset.ts";
import { denoFiles, type Files } from "./files.ts";
import { parseJson } from "./json.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

/** A trained model as plain data. */
export interface ModelFile {
  /** Graph, with every dimension known. */
  readonly graph: Graph;
  /** Shape of one sample. */
  readonly input: Shape;
  /** Linear weights are [inputs, outputs]. */
  readonly params: ParamArrays;
  /** State of the units beside the weights, by path. */
  readonly plasticity: ParamArrays;
  /** Normalisation of the data that it was trained on. */
  readonly normalisation: Normalisation;
  /** The dataset's name. */
  readonly dataset: string;
  /** Epochs of training. */
  readonly epoch: number;
  /** Last measurements on the test set, by name: "accuracy". @default none */
  readonly metrics?: Readonly<Record<string, number>>;
  /** The trunk whose features it takes. @default it takes the samples themselves */
  readonly trunk?: TrunkReference;
}

const FORMAT = "sparrow-model-1";

/**
 * Writes a model as a safetensors file: its weights, and the state of its units, by path. Linear
 * weights have the shape [inputs, outputs]; the metadata
 * holds the graph as JSON and as text, the input shape, the normalisation, the dataset's name,
 * the epoch and, where there are some, the metrics and the trunk.
 *
 * @param model Model to write.
 */
export const writeModel = (model: ModelFile): Uint8Array<ArrayBuffer> =>
  writeSafetensors({
    tensors: { ...model.params, ...model.plasticity },
    metadata: {
      format: FORMAT,
      graph: JSON.stringify(graphToJson(model.graph)),
      graph_text: show(model.graph),
      input: JSON.stringify(model.input),
      normalisation: JSON.stringify(model.normalisation),
      dataset: model.dataset,
      epoch: String(model.epoch),
      ...model.metrics === undefined ? {} : { metrics: JSON.stringify(model.metrics) },
      ...model.trunk === undefined ? {} : { trunk: JSON.stringify(model.trunk) },
    },
  });

/**
 * Reads the model of a file, and checks every name and shape against its graph.
 *
 * @param file Name of the file in errors.
 * @param bytes Content of the file.
 * @returns The model, or `CorruptFile`, or what shape inference refuses.
 */
export const readModel = (
  file: string,
  bytes: Uint8Array,
): E.Either<SparrowError, ModelFile> =>
  pipe(
    readSafetensors(file, bytes),
    E.chainW(({ tensors, metadata }): E.Either<SparrowError, ModelFile> => {
      const corrupt = (reason: string): E.Either<CorruptFile, never> =>
        E.left({ _tag: "CorruptFile", file, reason });
      const wrong = (name: string, expected: string) =>
        corrupt(
          `expected the metadata "${name}" to be ${expected}, ` +
            `current value is ${String(metadata[name]).slice(0, 80)}`,
        );
      if (metadata.format !== FORMAT) return wrong("format", FORMAT);
      const input = json(metadata.input);
      if (!isShape(input)) return wrong("input", "a shape such as [784]");
      const normalisation = json(metadata.normalisation);
      if (!isNormalisation(normalisation) || sizeOf(input) % normalisation.mean.length !== 0) {
        return wrong("normalisation", normalisationForm);
      }
      const epoch = Number(metadata.epoch);
      if (!Number.isSafeInteger(epoch) || epoch < 0) return wrong("epoch", "a count");
      if (metadata.dataset === undefined) return wrong("dataset", "a name");
      const metrics = metadata.metrics === undefined ? undefined : json(metadata.metrics) ?? null;
      if (metrics !== undefined && !isMetrics(metrics)) return wrong("metrics", "numbers by name");
      const trunk = metadata.trunk === undefined ? undefined : json(metadata.trunk) ?? null;
      if (trunk !== undefined && !isTrunkReference(trunk)) {
        return wrong("trunk", "a trunk by source, sha256, layer, pooling, size, colour and layout");
      }
      return pipe(
        graphFromJson(json(metadata.graph), `the graph of ${file}`),
        E.chainW((graph) => inferShapes(graph, input)),
        E.chainW(({ graph, input: space, steps }): E.Either<CorruptFile, ModelFile> => {
          const remembered = [
            ...plasticitySpecs(graph),
            ...scalingState(steps, (path) => Object.hasOwn(tensors, path)),
          ];
          const specs = [...paramSpecs(graph), ...remembered];
          const places = new Set(specs.map(({ path }) => path));
          const missing = specs.find(({ path, shape }) =>
            !Object.hasOwn(tensors, path) || !sameSpace(tensors[path].shape, shape)
          );
          if (missing !== undefined) {
            const { path, shape } = missing;
            return corrupt(
              `expected a tensor ${path} of shape [${shape}], current value is ` +
                (Object.hasOwn(tensors, path) ? `[${tensors[path].shape}]` : "none"),
            );
          }
          const extra = Object.keys(tensors).find((name) => !places.has(name));
          if (extra !== undefined) {
            return corrupt(`expected no tensor ${extra}: its graph has none`);
          }
          if (isPair(space)) return wrong("input", "one tensor's shape");
          const { dataset } = metadata;
          const among = (paths: readonly { readonly path: string }[]) =>
            Object.fromEntries(paths.map(({ path }) => [path, tensors[path]]));
          const [params, plasticity] = [among(paramSpecs(graph)), among(remembered)];
          const known = { graph, input, params, plasticity, normalisation, dataset, epoch };
          return E.right({
            ...known,
            ...metrics === undefined ? {} : { metrics },
            ...trunk === undefined ? {} : { trunk },
          });
        }),
      );
    }),
  );

/**
 * Saves a model: a file whose weights {@linkcode loadModel} reads to the bit. A reader sees the old file
 * or the new one, never a part. The stage `save` does this with the model of a run.
 *
 * @param path Path of the file: "runs/…/model.safetensors"; its folder is made where it is missing.
 * @param model Linear weights are [inputs, outputs], convolutions' [size, size, inputs, outputs].
 * @param files File system. @default {denoFiles}
 * @returns Nothing; `FileUnavailable` where it cannot be written.
 *
 * @example The code of a network that comes from elsewhere.
 * ```ts
 * import { loadModel, saveModel } from "./model.ts";
 * import { E, pipe, TE } from "../../graph/fp_ts.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const model = {
 *   graph: graph`linear(2, 4, bias=false) ▷ kwta(0.5)`,
 *   input: [2],
 *   params: { "0.weight": { shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) } },
 *   plasticity: {},
 *   normalisation: { mean: [0], std: [1] },
 *   dataset: "pairs",
 *   epoch: 0,
 * };
 * const path = `${await Deno.makeTempDir()}/model.safetensors`;
 * const again = await pipe(
 *   saveModel(path, model),
 *   TE.chainW(() => loadModel(path)),
 * )();
 * assertEquals(again, E.right(model));
 * ```
 */
export const saveModel = (
  path: string,
  model: ModelFile,
  files: Files = denoFiles,
): TE.TaskEither<FileUnavailable, void> => files.write(path, writeModel(model));

/**
 * Loads a model.
 *
 * @param path Path of the file that `save` or {@linkcode saveModel} wrote: "runs/…/model.safetensors".
 * @param files File system. @default {denoFiles}
 * @returns The model as plain data, for `createRun` or `encode`; `FileUnavailable` or `CorruptFile`.
 */
export const loadModel = (
  path: string,
  files: Files = denoFiles,
): TE.TaskEither<SparrowError, ModelFile> =>
  pipe(
    files.read(path),
    TE.chainEitherKW((bytes) => readModel(path, bytes)),
  );

const json = (text: string | undefined): unknown => parseJson(text ?? "null");

const isShape = (value: unknown): value is Shape =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 1);

const normalisationForm =
  '{"mean": [a number], "std": [a number above 0]} with one of each, or as many as channels';

const isNormalisation = (value: unknown): value is Normalisation => {
  if (typeof value !== "object" || value === null) return false;
  const { mean, std } = value as Partial<Record<keyof Normalisation, unknown>>;
  return isNumbers(mean) && isNumbers(std) && mean.length === std.length && mean.length >= 1 &&
    std.every((deviation) => deviation > 0);
};

const isTrunkReference = (value: unknown): value is TrunkReference => {
  if (typeof value !== "object" || value === null) return false;
  const { source, sha256, layer, pooling, size, colour, layout, normalisation } = value as Partial<
    Record<keyof TrunkReference, unknown>
  >;
  return typeof source === "string" && typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256) && typeof layer === "string" &&
    isAmong(["average", "first", "flatten"], pooling) && isAmong(["rgb", "grey"], colour) &&
    isAmong(["NCHW", "NHWC"], layout) && isShape(size) && size.length === 2 &&
    isNormalisation(normalisation);
};

const isAmong = (names: readonly string[], value: unknown): boolean =>
  names.some((name) => name === value);

const isMetrics = (value: unknown): value is Readonly<Record<string, number>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) &&
  Object.values(value).every(Number.isFinite);

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(Number.isFinite);
