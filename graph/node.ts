/**
 * The algebraic data type of models: a graph is a sequence of nodes, and a node is a step or a branching of
 * sub-graphs. A graph holds no weights.
 *
 * @module
 */
import type { Shape, shapes } from "./types.ts";
import type { NodeValues } from "./custom_node.ts";

// ---- Layers, activations and changes of shape

/** y = x·W + b on vectors. */
export interface Linear {
  /** Names the node. */
  readonly _tag: "linear";
  /** Units of the input, at least 1; null where shape inference finds the number. */
  readonly inputs: number | null;
  /** Units of the output, at least 1. */
  readonly outputs: number;
  /** Whether the bias b is added. */
  readonly bias: boolean;
}

/** max(x, 0), elementwise. */
export interface Relu {
  /** Names the node. */
  readonly _tag: "relu";
}

/** Logistic function, elementwise: 1 / (1 + exp(−x)). */
export interface Sigmoid {
  /** Names the node. */
  readonly _tag: "sigmoid";
}

/** The hyperbolic tangent, elementwise. */
export interface Tanh {
  /** Names the node. */
  readonly _tag: "tanh";
}

/** x where x ≥ 0, else slope · x, elementwise. */
export interface LeakyRelu {
  /** Names the node. */
  readonly _tag: "leaky_relu";
  /** Slope for x < 0. Any finite number. */
  readonly slope: number;
}

/** min(max(x, min), max), elementwise. */
export interface Clip {
  /** Names the node. */
  readonly _tag: "clip";
  /** Least value of the output. Any finite number. */
  readonly min: number;
  /** Largest value of the output. A finite number above `min`. */
  readonly max: number;
}

/** x · Φ(x), elementwise: Φ is the normal distribution's cumulative function. */
export interface Gelu {
  /** Names the node. */
  readonly _tag: "gelu";
}

/** exp(x_i) / Σ exp(x_j) along the last axis. */
export interface Softmax {
  /** Names the node. */
  readonly _tag: "softmax";
}

/** x_i − log Σ exp(x_j) along the last axis. */
export interface LogSoftmax {
  /** Names the node. */
  readonly _tag: "log_softmax";
}

/** Reshapes a tensor to another shape of the same size, row-major. */
export interface Reshape {
  /** Names the node. */
  readonly _tag: "reshape";
  /** Shape of one output sample. */
  readonly shape: Shape;
}

/** A cross-correlation over images [height, width, channels], zero-padded. */
export interface Conv2d {
  /** Names the node. */
  readonly _tag: "conv2d";
  /** Channels of the input; null where shape inference finds the number. */
  readonly inputs: number | null;
  /** Channels of the output. */
  readonly outputs: number;
  /** Height and width of the kernel. */
  readonly size: number;
  /** Pixels from one window to the next, down and across. */
  readonly stride: number;
  /** Rows and columns of zeros at each edge. */
  readonly padding: number;
  /**
   * Groups that the channels are divided into: each of the output's sees those of the input's alone. As many as
   * the input has channels: a depthwise convolution.
   */
  readonly groups: number;
  /** Whether a bias is added. */
  readonly bias: boolean;
}

/** The largest value of each window and channel of images [height, width, channels]. */
export interface MaxPool2d {
  /** Names the node. */
  readonly _tag: "max_pool2d";
  /** Height and width of a window; rows and columns that fill no window are ignored. */
  readonly size: number;
  /** Pixels from one window to the next; null for the size of a window. */
  readonly stride: number | null;
  /** Rows and columns at each edge that windows may hang over by, below `size`; no value there ever wins. */
  readonly padding: number;
}

/** The mean of each window and channel of images [height, width, channels]. */
export interface AvgPool2d {
  /** Names the node. */
  readonly _tag: "avg_pool2d";
  /** Height and width of a window; rows and columns that fill no window are ignored. */
  readonly size: number;
  /** Pixels from one window to the next; null for the size of a window. */
  readonly stride: number | null;
}

/** The mean of each channel over all pixels of an image: [height, width, channels] → [1, 1, channels]. */
export interface GlobalAvgPool2d {
  /** Names the node. */
  readonly _tag: "global_avg_pool2d";
}

/**
 * Each channel (the last axis) normalised to mean 0 and variance 1: in training by the batch's own
 * statistics, evaluated by running ones.
 */
export interface BatchNorm {
  /** Names the node. */
  readonly _tag: "batch_norm";
  /** Channels of the input; null where shape inference finds the number. */
  readonly inputs: number | null;
  /** Whether a learned scale and shift follow. */
  readonly affine: boolean;
  /** Share of a batch in the new running statistics, in (0, 1]. */
  readonly momentum: number;
  /** Number added to the variance, above 0. */
  readonly epsilon: number;
}

/** Dropout: in training, sets each value to 0 with a probability and divides the others by 1 − rate. */
export interface Dropout {
  /** Names the node. */
  readonly _tag: "dropout";
  /** The probability, in [0, 1). */
  readonly rate: number;
}

/** Any tensor as a vector, row-major. */
export interface Flatten {
  /** Names the node. */
  readonly _tag: "flatten";
}

// ---- Competition

/**
 * Winner-take-all: 1 for the largest unit of a sample, 0 for all others. It is kWTA with k = 1, hard in training too.
 */
export interface WinnerTakeAll {
  /** Names the node. */
  readonly _tag: "winner_take_all";
}

/** The activation of a soft kWTA: the logistic function, or clamp(z + 3, 0, 6) / 6. */
export type Gate = "sigmoid" | "hard_sigmoid";

/** A soft activation: its slope, and its form. */
export interface Soft {
  /** Slope of the sigmoid, above 0. */
  readonly hardness: number;
  /** Form of the sigmoid. */
  readonly gate: Gate;
}

/**
 * Units that compete with each other: all of a sample; of an image [height, width, channels] those of each channel; or
 * those at each location.
 */
export type Over = "sample" | "channel" | "location";

/**
 * k-winners-take-all over the n units that compete, k = ceil(sparsity · n) but at most n − 1.
 *
 * Evaluated, the output is 1 where x is above the threshold, midway between the k-th and the
 * (k+1)-th largest value, and 0 elsewhere. In training a soft one gives
 * gate(hardness · (x − threshold)) instead.
 */
export interface Kwta {
  /** Names the node. */
  readonly _tag: "kwta";
  /** The fraction of the units that win, in (0, 1]. */
  readonly sparsity: number;
  /** Soft activation in training; null for a hard one, with a straight-through gradient. */
  readonly soft: Soft | null;
  /** The units that compete with each other. */
  readonly over: Over;
}

/** A kWTA whose threshold is a weight, one per unit: the number of winners varies. */
export interface LearnedKwta {
  /** Names the node. */
  readonly _tag: "learned_kwta";
  /** The shape of one sample; null where shape inference is to find it. */
  readonly shape: Shape | null;
  /**
   * Soft activation in training; null for a hard one, with a straight-through gradient, with which the threshold learns
   * nothing.
   */
  readonly soft: Soft | null;
}

/** A kWTA whose sparsity is predicted from the sample, its units taken as normally distributed. */
export interface PredictedKwta {
  /** Names the node. */
  readonly _tag: "predicted_kwta";
  /** Units of a sample; null where shape inference is to find them. */
  readonly inputs: number | null;
  /** The largest sparsity that is predicted, in (0, 1]. */
  readonly max_sparsity: number;
  /** The least sparsity that is predicted, in (0, max_sparsity). */
  readonly min_sparsity: number;
  /**
   * Soft activation in training; null for a hard one, with a straight-through gradient, with which nothing is learned.
   */
  readonly soft: Soft | null;
}

/**
 * k winners by boosted activation, transmitted as they are; all others are 0. A unit's boost falls with
 * its duty cycle.
 */
export interface KWinners {
  /** Names the node. */
  readonly _tag: "k_winners";
  /**
   * The fraction of the units that win, in (0, 1]; k is this times the units that compete, rounded half
   * to even.
   */
  readonly sparsity: number;
  /** Units, of an image channels, that have a duty cycle; null where shape inference is to find them. */
  readonly inputs: number | null;
  /** Strength with which a high duty cycle damps a unit, at least 0. */
  readonly boost: number;
  /** Period of a duty cycle's moving average, in samples, at least 1. */
  readonly period: number;
  /** Factor on k in evaluation, above 0. */
  readonly inference_factor: number;
  /** The units that compete with each other. */
  readonly over: Over;
  /** Whether of equals at the boundary the first win, so that there are k; else all do. */
  readonly break_ties: boolean;
  /** Whether a winner below 0 counts as 0. */
  readonly relu: boolean;
}

// ---- Pairs, branches and nodes of a program

/** The sum of the two tensors of a pair, which have one shape. */
export interface Add {
  /** Names the node. */
  readonly _tag: "add";
}

/** The two tensors of a pair joined along their last axis. */
export interface Concat {
  /** Names the node. */
  readonly _tag: "concat";
}

/** f &&& g: one input to both, x ↦ (f(x), g(x)). */
export interface Fanout {
  /** Names the node. */
  readonly _tag: "fanout";
  /** f. */
  readonly first: Nodes;
  /** g. */
  readonly second: Nodes;
}

/** f *** g: each component to its own, (x, y) ↦ (f(x), g(y)). */
export interface Split {
  /** Names the node. */
  readonly _tag: "split";
  /** f, for the first component. */
  readonly first: Nodes;
  /** g, for the second component. */
  readonly second: Nodes;
}

/** x ↦ x + f(x), where f keeps the shape. */
export interface Residual {
  /** Names the node. */
  readonly _tag: "residual";
  /** f. */
  readonly body: Nodes;
}

/** f, in training with each weight of its linear and convolutional nodes set to 0 with a probability. */
export interface DropConnect {
  /** Names the node. */
  readonly _tag: "drop_connect";
  /** f. */
  readonly body: Nodes;
  /** The probability, in [0, 1). */
  readonly rate: number;
  /** Whether the other weights are divided by 1 − rate. */
  readonly rescale: boolean;
}

/** A node that a program has defined with `defineNode`. */
export interface Custom {
  /** Names the node as one of these. */
  readonly _tag: "custom";
  /** The name it was defined by. */
  readonly name: string;
  /** Arguments of the node, all present. */
  readonly values: NodeValues;
  /**
   * Shape of one input sample, where the node has weights or a state; null where shape inference finds it.
   */
  readonly input: Shape | null;
}

// ---- Graphs

/** A node without sub-graphs. */
export type Leaf =
  | Linear
  | Conv2d
  | MaxPool2d
  | AvgPool2d
  | GlobalAvgPool2d
  | BatchNorm
  | Dropout
  | Relu
  | LeakyRelu
  | Clip
  | Gelu
  | Sigmoid
  | Tanh
  | Softmax
  | LogSoftmax
  | Flatten
  | Reshape
  | Kwta
  | LearnedKwta
  | PredictedKwta
  | KWinners
  | WinnerTakeAll
  | Add
  | Concat
  | Custom;

/** A node with sub-graphs. */
export type Branch = Fanout | Split | Residual | DropConnect;

/** One step of a graph. */
export type Node = Leaf | Branch;

/** A graph as data: its nodes from input to output; none is the identity. */
export interface Nodes {
  /** The steps in order. */
  readonly nodes: readonly Node[];
}

/**
 * An immutable description of a model, from an input of shape `I` to an output of shape `O`, batch
 * axis left out. The two are known to the compiler only: a graph is nothing but its nodes, can be
 * serialised, and compared by value.
 *
 * Plain `Graph`, in hovers `Graph<never, unknown>`, is one whose shapes only shape inference tells, as
 * of a graph that is written as text.
 */
export interface Graph<I = never, O = unknown> extends Nodes {
  /** Type of the shapes, for the compiler. The property is never present. */
  readonly [shapes]?: (input: I) => O;
}
