/**
 * Shape inference: what goes in and out of every node, or the node that does not fit.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import type { InvalidOption, ShapeMismatch } from "./error.ts";
import { type Algebra, fold } from "./fold.ts";
import { convolved, pooled } from "./image_shape.ts";
import type { Branch, Custom, Fanout, Graph, Leaf, Node, Nodes, Split } from "./node.ts";
import { badArgument, badDimension, mismatch } from "./refusal.ts";
import { declared, undeclared } from "./custom_shape.ts";
import { requiredInput } from "./required_input.ts";
import { show } from "./show.ts";
import { isPair, sameSpace, showSpace, sizeOf } from "./space.ts";
import type { Shape, Space } from "./types.ts";
import {
  boosted,
  competed,
  normalised,
  predicted,
  thresholded,
  uncompetitive,
} from "./unit_shape.ts";

export * from "./space.ts";

/** What shape inference refuses: shapes that do not fit, options out of range. */
export type InferenceError = ShapeMismatch | InvalidOption;

/** One node with what goes in and out of it. */
export interface InferredNode {
  /** Where the node stands: "2", or "1.body.0" inside a branch. */
  readonly path: string;
  /** With the dimensions that were left out filled in. */
  readonly node: Node;
  /** What goes in. */
  readonly input: Space;
  /** What comes out. */
  readonly output: Space;
}

/** A graph whose every dimension is known. */
export interface Inference {
  /** The graph with the dimensions that were left out filled in. */
  readonly graph: Graph;
  /** What goes in. */
  readonly input: Space;
  /** What comes out. */
  readonly output: Space;
  /** Every node in order of evaluation, a branch after its sub-graphs. */
  readonly steps: readonly InferredNode[];
}

/** Pairs of pairs hold no more tensors: a few nodes could double them without end. */
const MOST_TENSORS = 1_000_000;

/** How many tensors a pair holds: pairs share their parts, so that each is counted once. */
const counted = new WeakMap<object, number>();

function tensorsIn(space: Space): number {
  if (!isPair(space)) return 1;
  const known = counted.get(space);
  if (known !== undefined) return known;
  const count = tensorsIn(space.first) + tensorsIn(space.second);
  counted.set(space, count);
  return count;
}

type Result = E.Either<InferenceError, Inference>;
type Infer = (input: Space) => Result;

/**
 * What goes in and out of every node of a graph.
 *
 * @param graph Any graph.
 * @param input The shape of one sample, batch axis left out. It may be left out where the graph's
 * first nodes tell it, as `linear(784, 64)` does.
 * @returns The graph with all dimensions filled in, or the first node that does not fit.
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
    actual: bad,
    expected: "integers of at least 1",
  });
}

const done = (path: string, node: Node, input: Space, output: Space): Result =>
  E.right({ graph: { nodes: [node] }, input, output, steps: [{ path, node, input, output }] });

/** A leaf that takes one tensor. */
const onTensor =
  <N extends Leaf>(output: (node: N, input: Shape) => string | readonly [N, Shape]) =>
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
  relu: elementwise,
  leaky_relu: elementwise,
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
