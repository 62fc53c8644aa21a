/**
 * Shape inference: what goes in and out of every node, or the node that does not fit.
 *
 * @module
 */
import { E, pipe } from "./fp_ts.ts";
import { type InvalidOption, invalidOption, type ShapeMismatch } from "./error.ts";
import { type Algebra, fold } from "./fold.ts";
import type { Branch, Graph, Leaf, Node, Nodes } from "./node.ts";
import { showNode } from "./show.ts";
import { allows, kindInWords, signatureOf } from "./signature.ts";
import type { Pair, Shape, Space } from "./types.ts";

/** What shape inference refuses: shapes that do not fit, options out of range. */
export type InferenceError = ShapeMismatch | InvalidOption;

/** One node with what goes in and out of it. */
export interface Step {
  readonly path: string;
  /** With the dimensions that were left out filled in. */
  readonly node: Node;
  readonly input: Space;
  readonly output: Space;
}

/** A graph whose every dimension is known. */
export interface Inference {
  /** The graph with the dimensions that were left out filled in. */
  readonly graph: Graph;
  readonly input: Space;
  readonly output: Space;
  /** Every node in order of evaluation, a branch after its sub-graphs. */
  readonly steps: readonly Step[];
}

type Result = E.Either<InferenceError, Inference>;
type Infer = (input: Space) => Result;

/** Whether a space is a pair. */
export const isPair = (space: Space): space is Pair<Space, Space> => !Array.isArray(space);

/** The number of elements of a shape: 1 for a scalar. */
export const sizeOf = (shape: Shape): number => shape.reduce((size, n) => size * n, 1);

/** A space as text: `[28, 28]`, `([64], [64])`. */
export const showSpace = (space: Space): string =>
  isPair(space)
    ? `(${showSpace(space.first)}, ${showSpace(space.second)})`
    : `[${(space as Shape).join(", ")}]`;

/** Whether two spaces are the same. */
export const sameSpace = (a: Space, b: Space): boolean => showSpace(a) === showSpace(b);

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
export function inferShapes(graph: Nodes, input?: Space): Result {
  const given = input ?? requiredInput(graph);
  if (given === null) {
    const [node] = graph.nodes;
    return E.left(mismatch(
      node ?? { _tag: "flatten" },
      "0",
      "an input shape, which the graph does not tell",
      "none",
    ));
  }
  const bad = badDimension(given);
  return bad === null
    ? inferrer(graph)(given)
    : E.left(invalidOption("input shape", bad, "integers of at least 1"));
}

const badDimension = (space: Space): string | null =>
  isPair(space)
    ? badDimension(space.first) ?? badDimension(space.second)
    : (space as Shape).every((n) => Number.isSafeInteger(n) && n >= 1)
    ? null
    : showSpace(space);

const mismatch = (node: Node, path: string, expected: string, actual: string): ShapeMismatch => ({
  _tag: "ShapeMismatch",
  node: showNode(node),
  path,
  expected,
  actual,
});

/** The error of the first argument of a node that is out of range, if any. */
function badArgument(node: Node, path: string): InvalidOption | null {
  const { parameters, read } = signatureOf(node._tag);
  const values = read(node);
  const bad = parameters.find((parameter) => !allows(parameter, values[parameter.name]));
  return bad === undefined ? null : invalidOption(
    `${bad.name} of ${node._tag} at position ${path}`,
    values[bad.name],
    kindInWords[bad.kind],
  );
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

const elementwise = onTensor<Leaf>((node, input) => [node, input]);

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
  relu: elementwise,
  sigmoid: elementwise,
  tanh: elementwise,
  flatten: onTensor((node, input) => [node, [sizeOf(input)]]),
  kwta: onTensor((node, input) =>
    sizeOf(input) >= 2 ? [node, input] : "at least 2 units, of which one must lose"
  ),
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
    pipe(
      first(input),
      E.chain((f) =>
        pipe(
          second(input),
          E.map((g) =>
            joined(
              { ...node, first: f.graph, second: g.graph },
              path,
              input,
              { first: f.output, second: g.output },
              [f, g],
            )
          ),
        )
      ),
    ),
  split: (first, second, node, path) => (input) =>
    isPair(input)
      ? pipe(
        first(input.first),
        E.chain((f) =>
          pipe(
            second(input.second),
            E.map((g) =>
              joined(
                { ...node, first: f.graph, second: g.graph },
                path,
                input,
                { first: f.output, second: g.output },
                [f, g],
              )
            ),
          )
        ),
      )
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
  sequence: (parts) => (input) =>
    parts.reduce<Result>(
      (before, part) =>
        pipe(
          before,
          E.chain((left) =>
            pipe(
              part(left.output),
              E.map((right) => ({
                graph: { nodes: [...left.graph.nodes, ...right.graph.nodes] },
                input,
                output: right.output,
                steps: [...left.steps, ...right.steps],
              })),
            )
          ),
        ),
      E.right({ graph: { nodes: [] }, input, output: input, steps: [] }),
    ),
};

const inferrer = fold(algebra);

/** The input that a graph's first nodes demand, or null where they take several. */
export function requiredInput({ nodes }: Nodes): Space | null {
  for (const node of nodes) {
    switch (node._tag) {
      case "linear":
        return node.inputs === null ? null : [node.inputs];
      case "relu":
      case "sigmoid":
      case "tanh":
      case "kwta":
        continue;
      case "fanout":
        return requiredInput(node.first) ?? requiredInput(node.second);
      case "split": {
        const first = requiredInput(node.first);
        const second = requiredInput(node.second);
        return first === null || second === null ? null : { first, second };
      }
      case "residual": {
        const inner = requiredInput(node.body);
        if (inner !== null) return inner;
        continue;
      }
      case "flatten":
      case "add":
      case "concat":
        return null;
    }
  }
  return null;
}
