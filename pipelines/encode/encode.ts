/**
 * Encoding: samples in memory, images or vectors, or a stream of batches of them, to codes.
 *
 * @module
 */
import type { SparrowError } from "../../graph/error.ts";
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import { encoderOf } from "../../graph/rewrite.ts";
import { isBinary, isBinaryNode } from "../../graph/traits.ts";
import { emptyCodes } from "../../ops/codes/codes.ts";
import { fromValues, type ValuedCodes } from "../../ops/codes/valued.ts";
import type { BinaryEmbeddings, Embeddings } from "../../ops/embeddings.ts";
import { lowerEach, type Value } from "../../ops/interpreter.ts";
import { inSequence } from "../../ops/lowered.ts";
import { tf } from "../../ops/tfjs.ts";
import { collector, forEachBatch, forEachForward, type Model, widestOf } from "../core/batches.ts";
import type { Waiting } from "../core/env.ts";
import { toTensors } from "../core/run.ts";
import type { Normalisation, Samples } from "../data/dataset.ts";
import { blocksOf, type VectorBlock, type VectorSource } from "../data/vectors/source.ts";
import type { StreamedSplit } from "../data/vectors/stream.ts";
import type { ModelFile } from "../files/model.ts";

/** Options of {@linkcode encode}. */
export interface EncodeOptions {
  /** Environment whose signal stops the work before the next batch. @default it is never stopped */
  readonly env?: Waiting;
}

/**
 * Encodes samples, images as bytes or vectors as floats, on the current backend: the outputs of the evaluated
 * model, as packed codes where the encoder ends in kWTA. A graph that ends in a pair, an autoencoder's, gives its
 * first: the latent.
 *
 * Samples are normalised as the model's training data was where the model knows it (one that was loaded
 * from a file does), else by their own normalisation, of which a `VectorSource` has none. A sample's code does not
 * depend on those beside it; that of zeros in a graph without biases, where all units are equal, has no bit set.
 *
 * @param model A run, or what `loadModel` returns.
 * @param samples Samples in memory, or vectors that are read block by block: those that `openVectors` opens.
 * @param options Options, as {@linkcode EncodeOptions} describes them.
 * @returns The embeddings in the order of the samples; the errors of a source that is read; `Interrupted` when the
 * environment's signal is aborted; `InvalidOption` when a sample has not the size of the model's input, or a number
 * that is not finite, which it names by its place; `ConsumedRun` when the model's tensors are gone; `GpuError` when a
 * tensor is too large for the GPU.
 *
 * @example
 * ```ts
 * import { encode } from "./encode.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 64) ▷ kwta(0.25)`, optimiser: sgd() }));
 * const codes = await orThrow(encode(run, strokes({ seed: 1, train: 10, test: 1 }).train));
 * assertEquals([codes.kind, codes.count], ["binary", 10]);
 * dispose(run);
 * ```
 */
export const encode = (
  model: Model | ModelFile,
  samples: Samples | VectorSource | StreamedSplit,
  { env }: EncodeOptions = {},
): TE.TaskEither<SparrowError, Embeddings> =>
async () => {
  const [loaded, free] = onBackend(model);
  const graph = encoderOf(loaded.graph);
  const { count } = "source" in samples ? samples.source : samples;
  const { compact, add, embeddings } = collector(count, isBinary(graph));
  const blocks = isRead(samples) ? inBlocks(samples) : [E.right({ from: 0, samples })];
  try {
    for await (const block of blocks) {
      if (E.isLeft(block)) return block;
      const encoded = await forEachBatch({ ...loaded, graph }, block.right.samples, {
        choose: (value) => [compact(latent(value))],
        use: ({ outputs: [read], from }) => add(read, block.right.from + from),
        env,
      })();
      if (E.isLeft(encoded)) return encoded;
    }
    return E.right(embeddings());
  } finally {
    free();
  }
};

const AS_THEY_ARE: Normalisation = { mean: [0], std: [1] };

/** Whether samples are read while they are encoded. */
const isRead = (samples: object): samples is VectorSource | StreamedSplit =>
  "source" in samples || "read" in samples;

/** The vectors of a source as samples, block by block. */
async function* inBlocks(
  vectors: VectorSource | StreamedSplit,
): AsyncGenerator<E.Either<SparrowError, { readonly from: number; readonly samples: Samples }>> {
  const { source, normalisation } = "source" in vectors
    ? vectors
    : { source: vectors, normalisation: AS_THEY_ARE };
  for await (const block of blocksOf(source)) {
    yield E.map(({ from, ...values }: VectorBlock) => ({
      from,
      samples: { ...values, normalisation },
    }))(block);
  }
}

/**
 * Encodes samples as {@linkcode encode} does, for encoders whose few winners carry values, such as those that end in
 * `top_k` or `k_winners`: which units are not 0, as packed bits, and their values. Of 4,096 units with 64 winners that
 * takes 768 bytes per sample, where the numbers of all units take 16,384.
 *
 * @param model A run, or what `loadModel` returns.
 * @param samples Samples in memory.
 * @param options Options, as {@linkcode EncodeOptions} describes them.
 * @returns The codes in the order of the samples, with their values; `InvalidOption` where an output is not
 * finite; else as {@linkcode encode} does.
 *
 * @example
 * ```ts
 * import { encodeValues } from "./encode.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 64) ▷ k_winners(0.125)` }));
 * const normalisation = { mean: [0], std: [1] };
 * const vectors = { count: 2, values: Float32Array.of(1, 2, 3, 4, 4, 3, 2, 1), normalisation };
 * const { codes, values } = await orThrow(encodeValues(run, vectors));
 * assertEquals([codes.count, codes.width, values.length], [2, 64, 16]);
 * dispose(run);
 * ```
 */
export const encodeValues = (
  model: Model | ModelFile,
  samples: Samples,
  { env }: EncodeOptions = {},
): TE.TaskEither<SparrowError, ValuedCodes> =>
async () => {
  const [loaded, free] = onBackend(model);
  const parts: ValuedCodes[] = [];
  let bad: SparrowError | null = null;
  try {
    return await pipe(
      forEachBatch({ ...loaded, graph: encoderOf(loaded.graph) }, samples, {
        choose: (value) => [latent(value)],
        use: ({ outputs: [read], count }) => {
          const made = fromValues(read, read.length / count);
          if (E.isLeft(made)) bad ??= made.left;
          else parts.push(made.right);
        },
        env,
      }),
      TE.chain(() => bad === null ? TE.right(together(parts)) : TE.left(bad)),
    )();
  } finally {
    free();
  }
};

/** Codes of one width, one part after the other. */
function together(parts: readonly ValuedCodes[]): ValuedCodes {
  const sum = (of: (part: ValuedCodes) => number) => parts.reduce((all, part) => all + of(part), 0);
  const codes = emptyCodes(sum((part) => part.codes.count), parts[0]?.codes.width ?? 0);
  const values = new Float32Array(sum((part) => part.values.length));
  let [word, value] = [0, 0];
  for (const part of parts) {
    codes.words.set(part.codes.words, word);
    values.set(part.values, value);
    word += part.codes.words.length;
    value += part.values.length;
  }
  return { codes, values };
}

/**
 * Puts a model's weights on the current backend: those of a file are uploaded.
 *
 * @returns The model, and what frees the weights that were uploaded.
 */
function onBackend(model: Model | ModelFile): readonly [Model, () => void] {
  if (!isPlain(model)) return [model, () => {}];
  const [params, plasticity] = [toTensors(model.params), toTensors(model.plasticity)];
  return [{ ...model, params, plasticity }, () => tf.dispose([params, plasticity])];
}

const isPlain = (model: Model | ModelFile): model is ModelFile =>
  [model.params, model.plasticity].some((values) =>
    Object.values(values).some((value) => !(value instanceof tf.Tensor))
  );

const latent = (value: Value): tf.Tensor =>
  value instanceof tf.Tensor ? value : latent(value.first);

/**
 * Encodes any number of samples with the memory of one batch: the next batch is requested when the codes of the last
 * have been taken. Codes are packed, 1 bit per unit (`words`; their bytes are `new Uint8Array(words.buffer)`), where
 * the encoder ends in kWTA.
 *
 * Samples are normalised as {@linkcode encode} does, and have the codes that it makes, whatever the batch
 * that they come in.
 *
 * @param model A run, or what `loadModel` returns.
 * @param batches Samples, of a file that is read in parts or from a camera, say.
 * @param options Options, as {@linkcode EncodeOptions} describes them.
 * @returns The embeddings of one batch after the other; or once, at the end, `Interrupted` when the
 * environment's signal is aborted, `InvalidOption` as for `encode`.
 *
 * @example
 * ```ts
 * import { encodeStream } from "./encode.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(4, 64) ▷ kwta(0.25)` }));
 *
 * const normalisation = { mean: [0], std: [1] };
 * function* images() {
 *   for (let i = 0; i < 3; i++) {
 *     yield { count: 2, values: Uint8Array.of(0, 9, 0, i, 200, 0, i, 0), normalisation };
 *   }
 * }
 * let bytes = 0;
 * for await (const batch of encodeStream(run, images())) {
 *   const codes = orThrow(batch);
 *   if (codes.kind === "binary") bytes += new Uint8Array(codes.words.buffer).length;
 * }
 * assertEquals(bytes, 6 * 64 / 8);
 * dispose(run);
 * ```
 */
export async function* encodeStream(
  model: Model | ModelFile,
  batches: AsyncIterable<Samples> | Iterable<Samples> | VectorSource | StreamedSplit,
  options: EncodeOptions = {},
): AsyncGenerator<E.Either<SparrowError, Embeddings>, void, void> {
  const [loaded, free] = onBackend(model);
  try {
    for await (const batch of isRead(batches) ? inBlocks(batches) : batches) {
      if ("_tag" in batch && E.isLeft(batch)) return void (yield batch);
      const samples = "_tag" in batch ? batch.right.samples : batch;
      const encoded = await encode(loaded, samples, options)();
      yield encoded;
      if (E.isLeft(encoded)) return;
    }
  } finally {
    free();
  }
}

// ---- What orders codes that are equally near

/** Codes with the values of all units before these competed. */
export interface ActivatedCodes {
  /** The codes. */
  readonly codes: BinaryEmbeddings;
  /**
   * count × width values, each code's divided by its largest and rounded to −127…127; null where the encoder does more
   * after its units have competed.
   */
  readonly activations: Int8Array | null;
}

/**
 * Encodes batches as {@linkcode encodeStream} does, and keeps the units' values before the competition.
 *
 * @param model A model whose codes are binary.
 */
export async function* encodeActivated(
  model: Model | ModelFile,
  batches: AsyncIterable<Samples>,
  { env }: EncodeOptions = {},
): AsyncGenerator<E.Either<SparrowError, ActivatedCodes>, void, void> {
  const [loaded, free] = onBackend(model);
  const graph = encoderOf(loaded.graph);
  const [compete, shapes] = [graph.nodes.findLastIndex(isBinaryNode), ["flatten", "reshape"]];
  const isLast = graph.nodes.slice(compete + 1).every(({ _tag }) => shapes.includes(_tag));
  const parts = lowerEach(graph);
  const [before, after] = [parts.slice(0, compete), parts.slice(compete)].map(inSequence);
  const widest = widestOf(graph, loaded.input);
  try {
    for await (const samples of batches) {
      const { compact, add, embeddings } = collector(samples.count, true);
      let activations: Int8Array | null = null;
      const encoded = await forEachForward(loaded, samples, {
        widest,
        forward: (x) => {
          const values = before.evaluate(loaded, x);
          const code = compact(after.evaluate(loaded, values) as tf.Tensor);
          return isLast ? [code, values as tf.Tensor] : [code];
        },
        use: ({ outputs: [words, values], from, count }) => {
          add(words, from);
          if (!isLast) return;
          const width = values.length / count;
          activations ??= new Int8Array(samples.count * width);
          quantise(values, width, activations.subarray(from * width));
        },
        env,
      })();
      if (E.isLeft(encoded)) return void (yield encoded);
      yield E.right({ codes: embeddings() as BinaryEmbeddings, activations });
    }
  } finally {
    free();
  }
}

/** Divides each row by its largest absolute value, which becomes 127. */
function quantise(values: ArrayLike<number>, width: number, into: Int8Array): void {
  for (let row = 0; row < values.length; row += width) {
    let most = 0;
    for (let i = row; i < row + width; i++) most = Math.max(most, Math.abs(values[i]));
    const scale = most > 0 && most < Infinity ? 127 / most : 0;
    for (let i = row; i < row + width; i++) into[i] = Math.round(values[i] * scale);
  }
}
