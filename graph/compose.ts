/**
 * Graphs composed of graphs: ▷ (`to`, `sequence`), pairs (`fanout`, `split`, `first`, `second`), `residual` and
 * `dropConnect`, and graphs as a category for fp-ts.
 *
 * @module
 */
import type { MustFit, MustKeep, MustTakeTensor } from "./misfit.ts";
import type { Graph } from "./node.ts";
import type {
  InputOf,
  Kept,
  KeptOf,
  OutputOf,
  Pair,
  Resolve,
  Same,
  Settle,
  Within,
} from "./types.ts";

// The pairs that the functions below give are spelt out: of a type alias for them a hover would show
// the name and not the shapes.

/** The name of graphs among fp-ts's types of kind two. */
export const GRAPH_URI = "sparrow/Graph";
/** The type of {@linkcode GRAPH_URI}. */
export type GRAPH_URI = typeof GRAPH_URI;

/**
 * Identity graph, which returns its input: the unit of ▷.
 *
 * @example
 * ```ts
 * import { identity, to } from "./compose.ts";
 * import { relu } from "./constructors.ts";
 * import { pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(pipe(relu, to(identity)), relu);
 * ```
 */
export const identity: Graph<unknown, Same> = { nodes: [] };

/**
 * Result of {@linkcode to}: the function f ↦ f ▷ g, where g goes from I2 to O2. It has a name so that hovers and errors
 * say `To<readonly [64], readonly [10]>` in place of all that follows.
 */
export type To<I2, O2> = <I1, O1>(
  first: Graph<I1, O1> & MustFit<Resolve<O1, I1>, I2>,
) => Graph<InputOf<I1, O1, I2>, OutputOf<I1, O1, I2, O2>>;

/**
 * f ▷ g as a function for `pipe`: `pipe(f, to(g))`. A literal dimension that does not fit is a
 * compile error; any other is left to shape inference.
 *
 * @param second Graph that follows.
 * @returns A function that appends it.
 *
 * @example
 * ```ts
 * import { kwta, linear, relu } from "./constructors.ts";
 * import { to } from "./compose.ts";
 * import { show } from "./show.ts";
 * import { pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const encoder = pipe(linear(784, 64), to(relu), to(linear(64, 512)), to(kwta(0.05)));
 * assertEquals(show(encoder), "linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)");
 * ```
 */
export const to = <I2, O2>(second: Graph<I2, O2>): To<I2, O2> => (first) => ({
  nodes: [...first.nodes, ...second.nodes],
});

/**
 * Composes any number of graphs, one after the other. The shapes are left to shape inference; {@linkcode to} has them
 * checked by the compiler.
 *
 * @param graphs Graphs in their order.
 *
 * @example
 * ```ts
 * import { sequence } from "./compose.ts";
 * import { linear, relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layers = [64, 32, 16].flatMap((units) => [linear(units), relu]);
 * assertEquals(
 *   show(sequence(...layers)),
 *   "linear(64) ▷ relu ▷ linear(32) ▷ relu ▷ linear(16) ▷ relu",
 * );
 * ```
 */
export const sequence = (...graphs: readonly Graph[]): Graph => ({
  nodes: graphs.flatMap((graph) => graph.nodes),
});

/**
 * Applies two graphs to one input, f &&& g: x ↦ (f(x), g(x)). Merge the two outputs with `add` or `concat`.
 *
 * @param first Graph of the first output: f.
 * @param second Graph of the second output: g, for the same input.
 *
 * @example
 * ```ts
 * import { fanout, to } from "./compose.ts";
 * import { concat, linear, relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   show(pipe(fanout(linear(8, 4), relu), to(concat), to(linear(12, 2)))),
 *   "fanout(linear(8, 4), relu) ▷ concat ▷ linear(12, 2)",
 * );
 * ```
 */
export const fanout = <I, A, B>(
  first: Graph<I, A>,
  second: Graph<I, B>,
): Graph<I, Pair<Settle<A, I>, Settle<B, I>>> => ({
  nodes: [{ _tag: "fanout", first: bare(first), second: bare(second) }],
});

/**
 * Applies a graph to each component of a pair, f *** g: (x, y) ↦ (f(x), g(y)).
 *
 * @param first Graph of the first component: f.
 * @param second Graph of the second component: g.
 *
 * @example
 * ```ts
 * import { split } from "./compose.ts";
 * import { linear, relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(split(linear(8, 4), relu)), "split(linear(8, 4), relu)");
 * ```
 */
export const split = <I1, O1, I2, O2>(
  first: Graph<I1, O1>,
  second: Graph<I2, O2>,
): Graph<Pair<I1, I2>, Pair<Within<"first", O1>, Within<"second", O2>>> => ({
  nodes: [{ _tag: "split", first: bare(first), second: bare(second) }],
});

/**
 * Applies f to the first component of a pair, and leaves the second unchanged.
 *
 * @param graph Graph of the first component: f.
 *
 * @example
 * ```ts
 * import { first } from "./compose.ts";
 * import { relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(first(relu)), "split(relu, identity)");
 * ```
 */
export const first = <I, O>(
  graph: Graph<I, O>,
): Graph<Pair<I, unknown>, Pair<Within<"first", O>, Within<"second", Same>>> =>
  split(graph, identity);

/**
 * Applies f to the second component of a pair, and leaves the first unchanged.
 *
 * @param graph Graph of the second component: f.
 *
 * @example
 * ```ts
 * import { second } from "./compose.ts";
 * import { relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(show(second(relu)), "split(identity, relu)");
 * ```
 */
export const second = <I, O>(
  graph: Graph<I, O>,
): Graph<Pair<unknown, I>, Pair<Within<"first", Same>, Within<"second", O>>> =>
  split(identity, graph);

/**
 * Adds the input to the output of f: x ↦ x + f(x), where f keeps the shape.
 *
 * @param body Graph whose output has the shape of its input: f.
 *
 * @example
 * ```ts
 * import { residual, to } from "./compose.ts";
 * import { linear, relu } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { pipe } from "./fp_ts.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const block = residual(pipe(linear(64, 16), to(relu), to(linear(16, 64))));
 * assertEquals(show(block), "residual(linear(64, 16) ▷ relu ▷ linear(16, 64))");
 * ```
 */
export const residual = <I, O>(
  body: Graph<I, O> & MustTakeTensor<I> & MustKeep<I, Resolve<O, I>>,
): Graph<Kept<I, O>, KeptOf<Kept<I, O>>> => ({
  nodes: [{ _tag: "residual", body: bare(body) }],
});

/** Options of {@linkcode dropConnect}. */
export interface DropConnectOptions {
  /** Probability that a weight is dropped, in [0, 1). @default 0.5 */
  readonly rate?: number;
  /** Whether the other weights are divided by 1 − rate. @default true */
  readonly rescale?: boolean;
}

/**
 * DropConnect of f: in training, sets each weight of its linear and convolutional nodes to 0 with probability `rate`,
 * drawn from the run's generator for every batch. Biases stay. In evaluation it is f.
 *
 * With `rescale` the mean of every pre-activation is the same in training and in evaluation. The
 * reference does not rescale, and evaluates with sums 1 / (1 − rate) times as large as it trained
 * with: `rescale: false` does as it does.
 *
 * Source: Wan et al. 2013, "Regularization of Neural Networks using DropConnect"; DropConnect of
 * dizcza/pytorch-mighty, mighty/models/mlp.py.
 *
 * @param body Graph whose weights are dropped: f.
 * @param options Options, as {@linkcode DropConnectOptions} describes them.
 *
 * @example
 * ```ts
 * import { dropConnect } from "./compose.ts";
 * import { linear } from "./constructors.ts";
 * import { show } from "./show.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const layer = dropConnect(linear(784, 256), { rate: 0.25 });
 * assertEquals(show(layer), "drop_connect(linear(784, 256), rate=0.25)");
 * ```
 */
export const dropConnect = <I, O>(
  body: Graph<I, O>,
  { rate = 0.5, rescale = true }: DropConnectOptions = {},
): Graph<I, O> => ({ nodes: [{ _tag: "drop_connect", body: bare(body), rate, rescale }] });

const bare = ({ nodes }: Graph) => ({ nodes });

/**
 * The type of {@linkcode graphCategory}: fp-ts's `Category2<GRAPH_URI>`, spelt out, because Deno finds no types
 * for fp-ts's `HKT` module and takes a graph there for `any`. Here a literal dimension that does not fit is a
 * compile error, as with {@linkcode to}.
 */
export interface GraphCategory {
  /** The name of graphs among fp-ts's types. */
  readonly URI: GRAPH_URI;
  /** f ▷ g, read from the right: `compose(g, f)`. */
  readonly compose: <I1, O1, I2, O2>(
    second: Graph<I2, O2>,
    first: Graph<I1, O1> & MustFit<Resolve<O1, I1>, I2>,
  ) => Graph<InputOf<I1, O1, I2>, OutputOf<I1, O1, I2, O2>>;
  /** {@linkcode identity}. */
  readonly id: () => typeof identity;
}

/**
 * Graphs as a category, for fp-ts's own combinators. A program that calls those with the instance declares the
 * type to fp-ts:
 * `declare module "fp-ts/HKT" { interface URItoKind2<E, A> { readonly [GRAPH_URI]: Graph<E, A> } }`.
 *
 * {@linkcode first} and {@linkcode second} make the category strong, but there is no instance of fp-ts's
 * `Strong`: its `promap` takes arbitrary functions, which are not data.
 *
 * @example Graphs from a space to itself are a monoid, so that fp-ts's `foldMap` stacks any number of layers.
 * ```ts
 * import { graphCategory, residual } from "./compose.ts";
 * import { linear } from "./constructors.ts";
 * import type { Graph } from "./node.ts";
 * import { show } from "./show.ts";
 * import type { Monoid } from "npm:fp-ts@2.16.11/lib/Monoid.js";
 * import { foldMap } from "npm:fp-ts@2.16.11/lib/ReadonlyArray.js";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const blocks: Monoid<Graph> = {
 *   empty: graphCategory.id(),
 *   concat: (f, g) => graphCategory.compose(g, f),
 * };
 * const tower = foldMap(blocks)((units: number) => residual(linear(units)))([64, 64]);
 * assertEquals(show(tower), "residual(linear(64)) ▷ residual(linear(64))");
 * assertEquals(show(foldMap(blocks)(linear)([])), "identity");
 * ```
 */
export const graphCategory: GraphCategory = {
  URI: GRAPH_URI,
  compose: (second, first) => to(second)(first),
  id: () => identity,
};
