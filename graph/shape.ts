/**
 * Shape inference: the input and output of every node of a graph, or the first node that does not fit. Every
 * node has a rule, from the shape of its input to that of its output; the rules of branches combine those of their
 * sub-graphs. Dimensions that a graph leaves out are filled in on the way.
 *
 * @module
 */
import type { Pair, Shape, Space } from "./types.ts";
import { type InvalidOption, invalidOption, type ShapeMismatch } from "./error.ts";
import type {
  AvgPool2d,
  BatchNorm,
  Branch,
  Conv2d,
  Custom,
  Fanout,
  Graph,
  KWinners,
  Kwta,
  Leaf,
  LearnedKwta,
  MaxPool2d,
  Node,
  Nodes,
  Over,
  PredictedKwta,
  Split,
} from "./node.ts";
import { show, showNode } from "./show.ts";
import { allows, nameOfNode, signatureOf } from "./signature.ts";
import { declarationOf, holdsTensors, kindInWords } from "./custom_node.ts";
import { E, pipe } from "./fp_ts.ts";
import { type Algebra, fold } from "./fold.ts";
import { requiredInput } from "./traits.ts";

// ---- Shapes, and pairs of them

/**
 * Whether a space is a pair.
 *
 * @example
 * ```ts
 * import { isPair } from "./shape.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([isPair([64]), isPair({ first: [64], second: [64] })], [false, true]);
 * ```
 */
export const isPair = (space: Space): space is Pair<Space, Space> => !Array.isArray(space);

/**
 * The number of elements of a shape: 1 for a scalar.
 *
 * @param shape Dimensions of a tensor.
 *
 * @example
 * ```ts
 * import { sizeOf } from "./shape.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([sizeOf([28, 28]), sizeOf([])], [784, 1]);
 * ```
 */
export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/**
 * A space as text: `[28, 28]`, `([64], [64])`.
 *
 * @example
 * ```ts
 * import { showSpace } from "./shape.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(showSpace({ first: [28, 28], second: [64] }), "([28, 28], [64])");
 * ```
 */
export const showSpace = (space: Space): string =>
  isPair(space)
    ? `(${showSpace(space.first)}, ${showSpace(space.second)})`
    : `[${(space as Shape).join(", ")}]`;

/**
 * Whether two spaces are the same.
 *
 * @example
 * ```ts
 * import { sameSpace } from "./shape.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals([sameSpace([8], [8]), sameSpace([8], [8, 1])], [true, false]);
 * ```
 */
export const sameSpace = (a: Space, b: Space): boolean => a === b || showSpace(a) === showSpace(b);

// ---- Inference

/** Errors of shape inference: shapes that do not fit, options out of range. */
export type InferenceError = ShapeMismatch | InvalidOption;

/** A node with the shapes of its input and output. */
export interface InferredNode {
  /** Position of the node: "2", or "1.body.0" inside a branch. */
  readonly path: string;
  /** The node, with the dimensions that were left out filled in. */
  readonly node: Node;
  /** Shape of the input. */
  readonly input: Space;
  /** Shape of the output. */
  readonly output: Space;
}

/** A graph whose every dimension is known. */
export interface Inference {
  /** The graph with the dimensions that were left out filled in. */
  readonly graph: Graph;
  /** Shape of the input. */
  readonly input: Space;
  /** Shape of the output. */
  readonly output: Space;
  /** Every node in order of evaluation, a branch after its sub-graphs. */
  readonly steps: readonly InferredNode[];
}

type Result = E.Either<InferenceError, Inference>;
type Infer = (input: Space) => Result;

/**
 * Infers the shapes that enter and leave every node of a graph.
 *
 * @param graph Any graph.
 * @param input The shape of one sample, batch axis left out. It may be left out where the graph's
 * first nodes tell it, as `linear(784, 64)` does.
 * @returns The graph with all dimensions filled in, or the first node that does not fit, or whose output
 * for one sample has more than 2^28 numbers, which are 1 GiB.
 *
 * @example
 * ```ts
 * import { inferShapes } from "./shape.ts";
 * import { graph } from "./parse.ts";
 * import { describe } from "./error.ts";
 * import { E, pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   pipe(
 *     inferShapes(graph`flatten ▷ linear(10) ▷ relu`, [28, 28]),
 *     E.map(({ output }) => output),
 *   ),
 *   E.right([10]),
 * );
 * assertEquals(
 *   pipe(inferShapes(graph`linear(784, 64) ▷ linear(65, 10)`), E.mapLeft(describe)),
 *   E.left(
 *     "Cannot apply linear(65, 10) at position 1: expected an input of shape [65], " +
 *       "current value is [64]",
 *   ),
 * );
 * ```
 */
export function inferShapes(
  graph: Nodes,
  input?: Space,
): E.Either<InferenceError, Inference> {
  const given = input ?? requiredInput(graph);
  if (given === null) {
    return E.left({
      _tag: "ShapeMismatch",
      node: show({ nodes: graph.nodes.slice(0, 1) }),
      path: "0",
      expected: "an input shape, which the graph does not tell",
      actual: "none",
    });
  }
  // A dimension that the graph tells is an argument of a node, which names it when it is wrong.
  const bad = input === undefined ? null : badDimension(input);
  return bad === null ? inferrer(graph)(given) : E.left({
    _tag: "InvalidOption",
    option: "input shape",
    actual: bad[0],
    expected: bad[1],
  });
}

// ---- What is refused

/** The most numbers of a tensor of one sample, which are 1 GiB as float32: a graph may declare any. */
const MOST_NUMBERS = 2 ** 28;

/** Whether a shape has more numbers than a tensor of one sample may have. */
const tooLarge = (shape: Shape): boolean => !(sizeOf(shape) <= MOST_NUMBERS);

/** Finds the first shape that is invalid or too large, with the expectation in words; or null. */
const badDimension = (space: Space): readonly [actual: string, expected: string] | null =>
  isPair(space)
    ? badDimension(space.first) ?? badDimension(space.second)
    : !(space as Shape).every((n) => Number.isSafeInteger(n) && n >= 1)
    ? [showSpace(space), "integers of at least 1"]
    : tooLarge(space as Shape)
    ? [showSpace(space), `at most ${MOST_NUMBERS} numbers`]
    : null;

/** Makes the error of a node that does not take its input. */
const mismatch = (
  node: Node,
  path: string,
  expected: string,
  actual: string,
): ShapeMismatch => ({
  _tag: "ShapeMismatch",
  node: showNode(node),
  path,
  expected,
  actual,
});

/** The error of the first argument of a node that is out of range, if any. */
function badArgument(node: Node, path: string): InvalidOption | null {
  const { parameters, read } = signatureOf(node);
  const values = read(node);
  const bad = parameters.find((parameter) => !allows(parameter, values[parameter.name]));
  const [name, expected] = bad === undefined
    ? badTogether(node)
    : [bad.name, kindInWords[bad.kind]];
  return name === null ? null : invalidOption(
    `${name} of ${nameOfNode(node)} at position ${path}`,
    values[name],
    expected,
  );
}

/** Finds the argument that does not go with another one, with the expectation in words; null where all do. */
function badTogether(node: Node): readonly [name: string | null, expected: string] {
  switch (node._tag) {
    case "predicted_kwta":
      if (node.min_sparsity < node.max_sparsity) break;
      return ["min_sparsity", `a number below max_sparsity, ${node.max_sparsity}`];
    case "conv2d":
      if (node.outputs % node.groups === 0) break;
      return ["groups", `a divisor of the outputs, ${node.outputs}`];
    case "max_pool2d":
      if (node.padding < node.size) break;
      return ["padding", `an integer below size, ${node.size}`];
    case "clip":
      if (node.min < node.max) break;
      return ["min", `a number below max, ${node.max}`];
  }
  return [null, ""];
}

// ---- Rules of single nodes

/** Outcome of a node's rule: the node with its arguments filled in and its output, or the expected input in words. */
type Outcome<N> = string | readonly [N, Shape];

/**
 * Returns the number of windows along an axis: ⌊(length + 2·padding − size) / stride⌋ + 1.
 *
 * Source: torch.nn.Conv2d, with a dilation of 1.
 */
export const windows = (length: number, size: number, stride: number, padding: number): number =>
  Math.floor((length + 2 * padding - size) / stride) + 1;

/** The output shape of a convolution. */
function convolved(node: Conv2d, input: Shape): Outcome<Conv2d> {
  const { inputs, outputs, size, stride, padding, groups } = node;
  const [height, width, channels] = input;
  const least = Math.max(1, size - 2 * padding);
  if (input.length === 3 && channels % groups !== 0) {
    return `an image whose channels ${groups} groups divide`;
  }
  return input.length === 3 && (inputs === null || inputs === channels) &&
      Math.min(height, width) >= least
    ? [{ ...node, inputs: channels }, [
      windows(height, size, stride, padding),
      windows(width, size, stride, padding),
      outputs,
    ]]
    : `an image [height, width, ${inputs ?? "channels"}] of at least ${least} × ${least}`;
}

/** The output shape of pooling. */
function pooled<N extends MaxPool2d | AvgPool2d>(node: N, input: Shape): Outcome<N> {
  const { size } = node;
  const stride = node.stride ?? size;
  const padding = node._tag === "max_pool2d" ? node.padding : 0;
  const [height, width, channels] = input;
  const least = Math.max(1, size - 2 * padding);
  const along = (length: number) => windows(length, size, stride, padding);
  return input.length === 3 && Math.min(height, width) >= least
    ? [node, [along(height), along(width), channels]]
    : `an image [height, width, channels] of at least ${least} × ${least}`;
}

/** The error of a node that nobody has defined, if it is one. */
const undeclared = ({ name }: Custom, path: string): InvalidOption | null =>
  declarationOf(name) === undefined
    ? invalidOption(
      `node at position ${path}`,
      name,
      "the name of a node that defineNode has defined",
    )
    : null;

/** The output shape of a node that a program has defined; its input is filled in where it has weights. */
function declared(node: Custom, input: Shape): Outcome<Custom> {
  const declaration = declarationOf(node.name);
  if (declaration === undefined) return "a node that is defined";
  if (node.input !== null && !sameSpace(node.input, input)) {
    return `an input of shape [${node.input.join(", ")}]`;
  }
  const output = declaration.shape(input, node.values);
  if (typeof output === "string") return output;
  const weights = declaration.params?.(input, node.values).map(({ name }) => name) ?? [];
  const twice = declaration.state?.(input, node.values).find(({ name }) => weights.includes(name));
  if (twice !== undefined) return `a state of other names than its weights', not "${twice.name}"`;
  const bad = badDimension(output);
  return bad === null
    ? [holdsTensors(declaration) ? { ...node, input } : node, output]
    : `an output of ${bad[1]}, where its own shape rule says ${bad[0]}`;
}

/** The fault of the units that compete, if any. */
function uncompetitive(over: Over, input: Shape): string | null {
  const few = "at least 2 units, of which one must lose";
  if (over === "sample") return sizeOf(input) >= 2 ? null : few;
  if (input.length !== 3) return "an image [height, width, channels]";
  const [height, width, channels] = input;
  return (over === "channel" ? height * width : channels) >= 2 ? null : `${few}, per ${over}`;
}

/** The output shape of kWTA. */
const competed = (node: Kwta, input: Shape): Outcome<Kwta> =>
  uncompetitive(node.over, input) ?? [node, input];

/** The output shape of k winners. */
function boosted(node: KWinners, input: Shape): Outcome<KWinners> {
  const units = input.at(-1);
  return uncompetitive(node.over, input) ??
    (units !== undefined && (node.inputs === null || node.inputs === units)
      ? [{ ...node, inputs: units }, input]
      : `${node.inputs ?? "one or more"} units along the last axis`);
}

/** The output shape of kWTA with learned thresholds. */
const thresholded = (node: LearnedKwta, input: Shape): Outcome<LearnedKwta> =>
  input.length > 0 && (node.shape === null || sameSpace(node.shape, input))
    ? [{ ...node, shape: input }, input]
    : node.shape === null
    ? "at least one axis"
    : `an input of shape ${showSpace(node.shape)}`;

/** The output shape of kWTA with a predicted sparsity. */
function predicted(node: PredictedKwta, input: Shape): Outcome<PredictedKwta> {
  const units = sizeOf(input);
  return units < 2
    ? "at least 2 units"
    : node.inputs === null || node.inputs === units
    ? [{ ...node, inputs: units }, input]
    : `${node.inputs} units`;
}

/** The output shape of batch norm. */
function normalised(node: BatchNorm, input: Shape): Outcome<BatchNorm> {
  const channels = input.at(-1);
  return channels !== undefined && (node.inputs === null || node.inputs === channels)
    ? [{ ...node, inputs: channels }, input]
    : `${node.inputs ?? "one or more"} channels along the last axis`;
}

// ---- The rules, folded over a graph

/** Returns a leaf that fits, unless its output for one sample is too large for any backend. */
const done = (path: string, node: Node, input: Space, output: Shape): Result =>
  tooLarge(output)
    ? E.left(
      mismatch(node, path, `an output of at most ${MOST_NUMBERS} numbers`, showSpace(output)),
    )
    : E.right({ graph: { nodes: [node] }, input, output, steps: [{ path, node, input, output }] });

/** A leaf that takes one tensor. */
const onTensor =
  <N extends Leaf>(output: (node: N, input: Shape) => Outcome<N>) =>
  (node: N, path: string): Infer =>
  (input) => {
    const bad = badArgument(node, path);
    if (bad !== null) return E.left(bad);
    if (isPair(input)) {
      return E.left(mismatch(node, path, "one tensor", `a pair ${showSpace(input)}`));
    }
    const result = output(node, input as Shape);
    return typeof result === "string"
      ? E.left(mismatch(node, path, result, showSpace(input)))
      : done(path, result[0], input, result[1]);
  };

/** A leaf that merges a pair of tensors. */
const onPair =
  <N extends Leaf>(wanted: string, output: (first: Shape, second: Shape) => Shape | null) =>
  (node: N, path: string): Infer =>
  (input) => {
    const merged = isPair(input) && !isPair(input.first) && !isPair(input.second)
      ? output(input.first as Shape, input.second as Shape)
      : null;
    return merged === null
      ? E.left(mismatch(node, path, wanted, showSpace(input)))
      : done(path, node, input, merged);
  };

/** A node that the program has defined, or has not. */
const custom = (node: Custom, path: string): Infer => {
  const unknown = undeclared(node, path);
  return unknown === null ? onTensor(declared)(node, path) : () => E.left(unknown);
};

const elementwise = onTensor<Leaf>((node, input) => [node, input]);

/** Pairs of pairs hold no more tensors: a few nodes could double them without end. */
const MOST_TENSORS = 1_000_000;

/** Numbers of tensors by pair: pairs share their parts, so that each is counted once. */
const counted = new WeakMap<object, number>();

function tensorsIn(space: Space): number {
  if (!isPair(space)) return 1;
  const known = counted.get(space);
  if (known !== undefined) return known;
  const count = tensorsIn(space.first) + tensorsIn(space.second);
  counted.set(space, count);
  return count;
}

/** The two sub-graphs of a branch, each on its own input. */
const both = (
  node: Fanout | Split,
  path: string,
  input: Space,
  first: Result,
  second: () => Result,
): Result =>
  pipe(
    first,
    E.chain((f) =>
      pipe(
        second(),
        E.chain((g): Result => {
          const output = { first: f.output, second: g.output };
          return tensorsIn(output) > MOST_TENSORS
            ? E.left(
              mismatch(node, path, `outputs of at most ${MOST_TENSORS} tensors together`, "more"),
            )
            : E.right(
              joined({ ...node, first: f.graph, second: g.graph }, path, input, output, [f, g]),
            );
        }),
      )
    ),
  );

/** A branch whose sub-graphs have been inferred. */
const joined = (
  node: Branch,
  path: string,
  input: Space,
  output: Space,
  parts: readonly Inference[],
): Inference => ({
  graph: { nodes: [node] },
  input,
  output,
  steps: [...parts.flatMap(({ steps }) => steps), { path, node, input, output }],
});

const algebra: Algebra<Infer> = {
  linear: onTensor((node, input) =>
    input.length === 1 && (node.inputs === null || node.inputs === input[0])
      ? [{ ...node, inputs: input[0] }, [node.outputs]]
      : `an input of shape [${node.inputs ?? "n"}]`
  ),
  conv2d: onTensor(convolved),
  max_pool2d: onTensor(pooled),
  avg_pool2d: onTensor(pooled),
  global_avg_pool2d: onTensor((node, input) =>
    input.length === 3 ? [node, [1, 1, input[2]]] : "an image [height, width, channels]"
  ),
  relu: elementwise,
  leaky_relu: elementwise,
  clip: elementwise,
  gelu: elementwise,
  softmax: onTensor((node, input) => input.length > 0 ? [node, input] : "at least one axis"),
  log_softmax: onTensor((node, input) => input.length > 0 ? [node, input] : "at least one axis"),
  reshape: onTensor((node, input) =>
    sizeOf(input) === sizeOf(node.shape) ? [node, node.shape] : `${sizeOf(node.shape)} elements`
  ),
  batch_norm: onTensor(normalised),
  dropout: elementwise,
  winner_take_all: onTensor((node, input) => uncompetitive("sample", input) ?? [node, input]),
  sigmoid: elementwise,
  tanh: elementwise,
  flatten: onTensor((node, input) => [node, [sizeOf(input)]]),
  kwta: onTensor(competed),
  k_winners: onTensor(boosted),
  learned_kwta: onTensor(thresholded),
  predicted_kwta: onTensor(predicted),
  custom,
  add: onPair(
    "a pair of tensors of one shape",
    (first, second) => sameSpace(first, second) ? first : null,
  ),
  concat: onPair(
    "a pair of tensors whose shapes differ at most in the last axis",
    (first, second) =>
      first.length > 0 && sameSpace(first.slice(0, -1), second.slice(0, -1)) &&
        first.length === second.length
        ? [...first.slice(0, -1), first[first.length - 1] + second[second.length - 1]]
        : null,
  ),
  fanout: (first, second, node, path) => (input) =>
    both(node, path, input, first(input), () => second(input)),
  split: (first, second, node, path) => (input) =>
    isPair(input)
      ? both(node, path, input, first(input.first), () => second(input.second))
      : E.left(mismatch(node, path, "a pair", showSpace(input))),
  residual: (body, node, path) => (input) =>
    pipe(
      body(input),
      E.chain((f): Result =>
        isPair(input)
          ? E.left(mismatch(node, path, "one tensor", `a pair ${showSpace(input)}`))
          : sameSpace(f.output, input)
          ? E.right(joined({ ...node, body: f.graph }, path, input, input, [f]))
          : E.left(mismatch(
            node,
            path,
            `a body that keeps the shape ${showSpace(input)}`,
            showSpace(f.output),
          ))
      ),
    ),
  drop_connect: (body, node, path) => (input) => {
    const bad = badArgument(node, path);
    return bad !== null ? E.left(bad) : pipe(
      body(input),
      E.map((f) => joined({ ...node, body: f.graph }, path, input, f.output, [f])),
    );
  },
  sequence: (parts) => (input) => {
    const inferred: Inference[] = [];
    let output = input;
    for (const part of parts) {
      const result = part(output);
      if (E.isLeft(result)) return result;
      inferred.push(result.right);
      output = result.right.output;
    }
    return E.right({
      graph: { nodes: inferred.flatMap(({ graph }) => graph.nodes) },
      input,
      output,
      steps: inferred.flatMap(({ steps }) => steps),
    });
  },
};

const inferrer = fold(algebra);
