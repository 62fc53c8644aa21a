/**
 * Ready graphs, each a function from a few options to a graph: perceptrons, EmbedderSDR's convolutional
 * encoder, autoencoders with a kWTA code in the middle, and a plain and a residual network for 32 × 32
 * images. All of them end in logits or, with a head, in a kWTA code.
 *
 * @module
 */
import { dropConnect, fanout, identity, residual, sequence, to } from "./compose.ts";
import {
  add,
  avgPool2d,
  batchNorm,
  concat,
  conv2d,
  dropout,
  flatten,
  kwta,
  type LearnedKwtaOptions,
  linear,
  maxPool2d,
  relu,
  reshape,
} from "./constructors.ts";
import { pipe } from "./fp_ts.ts";
import type { Graph } from "./node.ts";
import type { LastOf, Pair, Same, Shape } from "./types.ts";

// ---- What models end in

/** A kWTA over the units that a model ends in. */
export interface CodeOptions extends LearnedKwtaOptions {
  /** Fraction of the units that fires, in (0, 1]. */
  readonly sparsity: number;
}

/** A linear layer with a kWTA over it. */
export interface CodeHead extends CodeOptions {
  /** Bits of the code, at least 2. */
  readonly units: number;
  /** Whether the linear layer adds a bias. @default true */
  readonly bias?: boolean;
}

/** Options of a classifier. */
export interface ClassifierOptions {
  /** Number of logits, at least 1. @default 10 */
  readonly classes?: number;
  /** A code in place of the logits; `classes` is then ignored. @default none */
  readonly head?: CodeHead;
}

/**
 * The kWTA of a code; without options, the graph that does nothing.
 *
 * @example
 * ```ts
 * import { codeOf } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(codeOf({ sparsity: 0.05, hardness: 4 })), "kwta(0.05, hardness=4)");
 * assertEquals(show(codeOf()), "identity");
 * ```
 */
export const codeOf = (options?: CodeOptions): Graph<Shape, Same> =>
  options === undefined ? identity : kwta(options.sparsity, options);

/**
 * The last layer of a classifier: its logits, or the code in their place.
 *
 * @example
 * ```ts
 * import { endOf } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(endOf({})), "linear(10)");
 * assertEquals(show(endOf({ head: { units: 512, sparsity: 0.05 } })), "linear(512) ▷ kwta(0.05)");
 * ```
 */
export const endOf = (
  { classes = 10, head }: ClassifierOptions,
): Graph<readonly [number], readonly [number]> =>
  pipe(linear(head?.units ?? classes, { bias: head?.bias ?? true }), to(codeOf(head)));

// ---- Multilayer perceptrons

/** Options of {@linkcode mlp}. */
export interface MlpOptions {
  /** A kWTA over the last layer. @default none */
  readonly head?: CodeOptions;
}

/**
 * Linear layers with a relu between one and the next. The last gives logits, or with a head a code.
 *
 * Source: MLP of dizcza/pytorch-mighty, mighty/models/mlp.py; MLP_kWTA of dizcza/EmbedderSDR,
 * models/mlp_kwta.py. Both flatten their input; here `flatten ▷` does, where samples are no vectors.
 *
 * @param sizes The inputs, then the units of each layer: two or more, each at least 1. A single one
 * makes no layer.
 * @param options Options, as {@linkcode MlpOptions} describes them.
 *
 * @example
 * ```ts
 * import { mlp } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(mlp([784, 128, 10])), "linear(784, 128) ▷ relu ▷ linear(128, 10)");
 * assertEquals(
 *   show(mlp([784, 64, 512], { head: { sparsity: 0.05 } })),
 *   "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)",
 * );
 * ```
 */
export const mlp = <const S extends Shape>(
  sizes: S,
  { head }: MlpOptions = {},
): Graph<readonly [S[0]], readonly [LastOf<S>]> => {
  const layers = sizes.slice(1).map((outputs, i) => linear(sizes[i], outputs));
  const { nodes } = sequence(
    ...layers.flatMap((layer, i) => i === 0 ? [layer] : [relu, layer]),
    codeOf(head),
  );
  return { nodes };
};

// ---- The convolutional encoder of EmbedderSDR

/** Options of {@linkcode embedderSdr}. */
export interface EmbedderSdrOptions {
  /** Maps (output channels) of the convolution, at least 1. @default 3 */
  readonly convChannels?: number;
  /** Units of the linear layer, at least 1. @default 128 */
  readonly units?: number;
  /** A kWTA over the units of the linear layer. @default none */
  readonly head?: CodeOptions;
}

/**
 * A 3 × 3 convolution with batch norm, relu and 3 × 3 max pooling, and one linear layer over its maps,
 * both without a bias. A head makes a code of it.
 *
 * Source: EmbedderSDR of dizcza/EmbedderSDR, models/embedder.py. It flattens channels first, Sparrow
 * channels last: its linear weights fit here once their rows are reordered.
 *
 * @param shape Shape of one image as the dataset has it: [height, width] or [height, width, channels], at least 5 × 5.
 * To the first, an axis for its one channel is added.
 * @param options Options, as {@linkcode EmbedderSdrOptions} describes them.
 *
 * @example
 * ```ts
 * import { embedderSdr } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   show(embedderSdr([32, 32, 3], { head: { sparsity: 0.05 } })),
 *   "conv2d(3, 3, 3, bias=false) ▷ batch_norm ▷ relu ▷ max_pool2d(3) ▷ flatten ▷ " +
 *     "linear(128, bias=false) ▷ kwta(0.05)",
 * );
 * assertEquals(show(embedderSdr([28, 28])).startsWith("reshape([28, 28, 1]) ▷ conv2d(1, 3, 3"), true);
 * ```
 */
export const embedderSdr = <const S extends Shape>(
  shape: S,
  { convChannels = 3, units = 128, head }: EmbedderSdrOptions = {},
): Graph<S, readonly [number]> => {
  const [height, width, channels = 1] = shape;
  const { nodes } = sequence(
    shape.length === 2 ? reshape([height, width, channels]) : identity,
    conv2d(channels, convChannels, 3, { bias: false }),
    batchNorm(),
    relu,
    maxPool2d(3),
    flatten,
    linear(units, { bias: false }),
    codeOf(head),
  );
  return { nodes };
};

// ---- Autoencoders

/** Options of {@linkcode autoencoder}. */
export interface AutoencoderOptions {
  /** The kWTA of the code; without one, a relu. @default none */
  readonly head?: CodeOptions;
  /** Probability that an input of a layer is dropped in training, in [0, 1). @default 0.25 */
  readonly dropout?: number;
  /** Probability that a weight of the encoder is dropped in training, in [0, 1). @default 0.25 */
  readonly dropConnect?: number;
}

/**
 * Linear layers to a code, and one from the code back to the inputs' logits. It returns the pair of
 * both: (code, reconstruction).
 *
 * Layers before the code end in a relu; that of the code has no bias. As in the reference, the weights
 * that are not dropped do not grow to make up for it: the winners of a kWTA are the same at any scale.
 *
 * Source: AutoencoderLinearKWTA of dizcza/EmbedderSDR, models/autoencoder.py.
 *
 * @param sizes The inputs, then the units of each layer, the last of which is the code: two or more,
 * each at least 1.
 * @param options Options, as {@linkcode AutoencoderOptions} describes them.
 *
 * @example
 * ```ts
 * import { autoencoder } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   show(autoencoder([784, 256], { head: { sparsity: 0.05 } })),
 *   "dropout(0.25) ▷ drop_connect(linear(784, 256, bias=false), rate=0.25, rescale=false) ▷ " +
 *     "kwta(0.05) ▷ fanout(identity, dropout(0.25) ▷ linear(256, 784))",
 * );
 * assertEquals(
 *   show(autoencoder([784, 256], { dropout: 0, dropConnect: 0 })),
 *   "linear(784, 256, bias=false) ▷ relu ▷ fanout(identity, linear(256, 784))",
 * );
 * ```
 */
export const autoencoder = <const S extends Shape>(
  sizes: S,
  { head, dropout: valueRate = 0.25, dropConnect: weightRate = 0.25 }: AutoencoderOptions = {},
): Graph<readonly [S[0]], Pair<readonly [LastOf<S>], readonly [S[0]]>> => {
  const dropped = valueRate === 0 ? identity : dropout(valueRate);
  const sparse = (layer: Graph): Graph =>
    weightRate === 0 ? layer : dropConnect(layer, { rate: weightRate, rescale: false });
  const last = sizes.length - 2;
  const layers = sizes.slice(1).map((outputs, i) =>
    sequence(
      dropped,
      sparse(linear(sizes[i], outputs, { bias: i < last })),
      i < last || head === undefined ? relu : codeOf(head),
    )
  );
  const decoder = sequence(dropped, linear(sizes[last + 1], sizes[0]));
  return { nodes: sequence(...layers, fanout(identity, decoder)).nodes };
};

// ---- A plain convolutional network

/** Options of {@linkcode vggLike}. */
export interface VggLikeOptions extends ClassifierOptions {
  /** Maps of the first two convolutions, at least 1. @default 128 */
  readonly width?: number;
}

/**
 * Seven 3 × 3 convolutions of 1, 1, 2, 2, 4, 4 and 8 times `width` maps, max pooling after every
 * second and after the last, then one linear layer. Each convolution is followed by batch norm without
 * weights and relu; the last has no padding, which leaves one location of a 32 × 32 image.
 *
 * Source: CIFAR10 of dizcza/EmbedderSDR, models/cifar/cifar.py, which it has from
 * aaron-xichen/pytorch-playground, cifar/model.py. Its own head on top of pretrained maps is
 * `{ units: 128, sparsity: 0.3, bias: false }`.
 *
 * @param options Options, as {@linkcode VggLikeOptions} describes them.
 * @returns A graph of images [32, 32, channels]; whichever channels there are.
 *
 * @example
 * ```ts
 * import { vggLike } from "./models.ts";
 * import { cost } from "./cost.ts";
 * import { E, pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const parameters = pipe(cost(vggLike(), [32, 32, 3]), E.map((cost) => cost.parameters));
 * assertEquals(parameters, E.right(9_306_250));
 * ```
 */
export const vggLike = (
  { width = 128, ...end }: VggLikeOptions = {},
): Graph<readonly [number, number, number], readonly [number]> => {
  const layer = (channels: number, padding = 1): Graph =>
    sequence(conv2d(null, channels, 3, { padding }), batchNorm(null, { affine: false }), relu);
  const pooled = [1, 2, 4].map((times) =>
    sequence(layer(times * width), layer(times * width), maxPool2d(2))
  );
  const { nodes } = sequence(...pooled, layer(8 * width, 0), maxPool2d(2), flatten, endOf(end));
  return { nodes };
};

// ---- A small convolutional network for pictures

/** Options of {@linkcode convNet}. */
export interface ConvNetOptions extends ClassifierOptions {
  /** Maps of the first convolution, at least 1; the second has twice, the third four times as many. @default 16 */
  readonly width?: number;
}

/**
 * Three convolutions, 5 × 5 with stride 2, then twice 3 × 3, each with batch norm and relu and with 2 × 2 max pooling
 * between them; the mean and the largest value of each map; and one linear layer, which sees what the maps show and not
 * where.
 *
 * @param shape Shape of one image as the dataset has it: [height, width] or [height, width, channels], at least 7 × 7.
 * To the first, an axis for its one channel is added.
 * @param options Options, as {@linkcode ConvNetOptions} describes them.
 *
 * @example
 * ```ts
 * import { convNet } from "./models.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = convNet([32, 32, 3], { head: { units: 512, sparsity: 0.05 } });
 * assertEquals(
 *   show(encoder).endsWith(
 *     "fanout(avg_pool2d(4) ▷ flatten, max_pool2d(4) ▷ flatten) ▷ concat ▷ linear(512) ▷ kwta(0.05)",
 *   ),
 *   true,
 * );
 * ```
 */
export const convNet = <const S extends Shape>(
  shape: S,
  { width = 16, ...end }: ConvNetOptions = {},
): Graph<S, readonly [number]> => {
  const [height, wide, channels = 1] = shape;
  const layer = (maps: number, size: number, stride = 1): Graph =>
    sequence(
      conv2d(null, maps, size, { stride, padding: (size - 1) / 2, bias: false }),
      batchNorm(),
      relu,
    );
  // What a stride of 2 and two poolings leave of each side.
  const [rows, columns] = [height, wide].map((side) => Math.floor(Math.ceil(side / 2) / 4));
  const whole = Math.min(rows, columns);
  const { nodes } = sequence(
    shape.length === 2 ? reshape([height, wide, channels]) : identity,
    layer(width, 5, 2),
    maxPool2d(2),
    layer(2 * width, 3),
    maxPool2d(2),
    layer(4 * width, 3),
    fanout(sequence(avgPool2d(whole), flatten), sequence(maxPool2d(whole), flatten)),
    concat,
    endOf(end),
  );
  return { nodes };
};

// ---- Residual networks

/** Options of {@linkcode resNet}. */
export interface ResNetOptions extends ClassifierOptions {
  /** Maps of the first stage, at least 1; the second has twice, the third four times as many. @default 16 */
  readonly width?: number;
}

/** A convolution without a bias, whose batch norm shifts anyway. */
const normalised = (channels: number, size: number, stride = 1): Graph =>
  sequence(
    conv2d(null, channels, size, { stride, padding: (size - 1) / 2, bias: false }),
    batchNorm(),
  );

/** The two convolutions that a block adds to its input. */
const body = (channels: number, stride = 1): Graph =>
  sequence(normalised(channels, 3, stride), relu, normalised(channels, 3));

const keeping = (channels: number): Graph => sequence(residual(body(channels)), relu);

/** A block that halves the image; a projection brings its input to the same shape. */
const halving = (channels: number): Graph =>
  sequence(fanout(body(channels, 2), normalised(channels, 1, 2)), add, relu);

/**
 * A residual network of 6n + 2 layers: a 3 × 3 convolution, three stages of n blocks of two, on
 * 32 × 32, 16 × 16 and 8 × 8 locations, the mean of each map and one linear layer.
 *
 * Where a stage begins with half the size and twice the maps, the shortcut is a projection, a 1 × 1
 * convolution of stride 2 with batch norm: the paper's option B, because no node pads channels with
 * zeros, as its option A does. At a width of 16 it has 2,752 weights that option A has not.
 *
 * Source: He et al. 2016, "Deep Residual Learning for Image Recognition", section 4.2.
 *
 * @param layers 6n + 2 with n of at least 1: 20, 32, 44, 56 and 110 are the paper's.
 * @param options Options, as {@linkcode ResNetOptions} describes them.
 * @returns A graph of images [32, 32, channels], whichever channels there are.
 * @throws {RangeError} When there are no such n blocks, as a mistake in the program.
 *
 * @example
 * ```ts
 * import { resNet } from "./models.ts";
 * import { cost } from "./cost.ts";
 * import { E, pipe } from "./fp_ts.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const parameters = pipe(cost(resNet(20), [32, 32, 3]), E.map((cost) => cost.parameters));
 * assertEquals(parameters, E.right(272_474));
 *
 * const encoder = resNet(20, { head: { units: 512, sparsity: 0.05 } });
 * assertEquals(show(encoder).endsWith("flatten ▷ linear(512) ▷ kwta(0.05)"), true);
 * ```
 */
export const resNet = (
  layers: number,
  { width = 16, ...end }: ResNetOptions = {},
): Graph<readonly [number, number, number], readonly [number]> => {
  const blocks = (layers - 2) / 6;
  if (!Number.isSafeInteger(blocks) || blocks < 1) {
    throw new RangeError(
      "Cannot make a residual network: expected 6n + 2 layers with n of at least 1, " +
        `current value is ${layers}`,
    );
  }
  const stage = (channels: number, first: Graph): Graph =>
    sequence(first, ...Array.from({ length: blocks - 1 }, () => keeping(channels)));
  const { nodes } = sequence(
    normalised(width, 3),
    relu,
    stage(width, keeping(width)),
    stage(2 * width, halving(2 * width)),
    stage(4 * width, halving(4 * width)),
    avgPool2d(8),
    flatten,
    endOf(end),
  );
  return { nodes };
};
