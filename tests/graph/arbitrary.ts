/**
 * Random graphs for property tests.
 *
 * @module
 */
import * as fc from "npm:fast-check@4.3.0";
import type { Graph, Node, Nodes } from "../../graph/node.ts";
import { isPair, sizeOf } from "../../graph/shape.ts";
import type { Shape, Space } from "../../graph/types.ts";

/**
 * Runs of a property, and the seed that makes them the same every time. What fails is shrunk for a
 * while only: graphs that are drawn step by step would be for ever.
 */
export const runs = (numRuns: number): fc.Parameters<unknown> => ({
  numRuns,
  seed: 26,
  interruptAfterTimeLimit: 25_000,
  markInterruptAsFailure: true,
});

const elementwise: readonly Node[] = [
  { _tag: "relu" },
  { _tag: "leaky_relu", slope: 0.01 },
  { _tag: "leaky_relu", slope: -2.5 },
  { _tag: "clip", min: 0, max: 6 },
  { _tag: "clip", min: -3.4028235e38, max: 1e-7 },
  { _tag: "gelu" },
  { _tag: "sigmoid" },
  { _tag: "tanh" },
];

const anyCount = fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.maxSafeNat().map((n) => n || 1));

const anyLinear: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("linear" as const),
  inputs: fc.option(anyCount, { nil: null }),
  outputs: anyCount,
  bias: fc.boolean(),
});

const anyConv2d: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("conv2d" as const),
  inputs: fc.option(anyCount, { nil: null }),
  outputs: anyCount,
  size: anyCount,
  stride: anyCount,
  padding: fc.nat(),
  groups: fc.oneof(fc.constantFrom(1, 2, 3), anyCount),
  bias: fc.boolean(),
}).map((node) => node.outputs % node.groups === 0 ? node : { ...node, groups: 1 });

const anyPool: fc.Arbitrary<Node> = fc.oneof(
  fc.record({
    _tag: fc.constant("avg_pool2d" as const),
    size: anyCount,
    stride: fc.option(anyCount, { nil: null }),
  }),
  fc.record({
    _tag: fc.constant("max_pool2d" as const),
    size: anyCount,
    stride: fc.option(anyCount, { nil: null }),
    padding: fc.nat(),
  }).map((node) => ({ ...node, padding: node.padding % node.size })),
  fc.constant<Node>({ _tag: "global_avg_pool2d" }),
);

/** Any soft activation, the extremes among them. */
const anySoft = fc.option(
  fc.record({
    hardness: fc.oneof(
      fc.constantFrom(2, Number.MIN_VALUE, Number.MAX_VALUE),
      fc.double({ min: 0, minExcluded: true, noDefaultInfinity: true, noNaN: true }),
    ),
    gate: fc.constantFrom("sigmoid" as const, "hard_sigmoid" as const),
  }),
  { nil: null },
);

const anyFraction = fc.oneof(
  fc.constantFrom(1, Number.MIN_VALUE, 0.05),
  fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true }),
);

const anyRate = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5),
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
);

/** A kWTA with any options in range, the extremes among them. */
const anyKwta: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("kwta" as const),
  sparsity: anyFraction,
  soft: anySoft,
  over: fc.constantFrom("sample" as const, "channel" as const, "location" as const),
});

const anyBatchNorm: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("batch_norm" as const),
  inputs: fc.option(anyCount, { nil: null }),
  affine: fc.boolean(),
  momentum: anyFraction,
  epsilon: fc.constantFrom(1e-5, 0.5, Number.MIN_VALUE),
});

const anyDropout: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("dropout" as const),
  rate: anyRate,
});

const anyLearnedKwta: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("learned_kwta" as const),
  shape: fc.option(fc.array(anyCount, { minLength: 1, maxLength: 4 }), { nil: null }),
  soft: anySoft,
});

const anyPredictedKwta: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("predicted_kwta" as const),
  inputs: fc.option(anyCount, { nil: null }),
  max_sparsity: anyFraction,
  min_sparsity: anyFraction,
  soft: anySoft,
}).filter(({ min_sparsity, max_sparsity }) => min_sparsity < max_sparsity);

const anyKWinners: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("k_winners" as const),
  sparsity: anyFraction,
  inputs: fc.option(anyCount, { nil: null }),
  boost: fc.constantFrom(0, 1, 1.5, Number.MAX_VALUE),
  period: anyCount,
  inference_factor: fc.constantFrom(1, 1.5, Number.MIN_VALUE),
  over: fc.constantFrom("sample" as const, "channel" as const, "location" as const),
  break_ties: fc.boolean(),
  relu: fc.boolean(),
});

const anyReshape: fc.Arbitrary<Node> = fc.record({
  _tag: fc.constant("reshape" as const),
  shape: fc.array(anyCount, { minLength: 1, maxLength: 4 }),
});

/** Any graph whose arguments are in range; its shapes need not fit. */
export const anyGraph: fc.Arbitrary<Graph> = fc.letrec<{ graph: Graph; node: Node }>((tie) => ({
  graph: fc.record({ nodes: fc.array(tie("node"), { maxLength: 5, depthIdentifier: "graph" }) }),
  node: fc.oneof(
    { maxDepth: 4, depthIdentifier: "graph" },
    fc.constantFrom<Node>(
      ...elementwise,
      { _tag: "flatten" },
      { _tag: "softmax" },
      { _tag: "log_softmax" },
      { _tag: "winner_take_all" },
      { _tag: "add" },
      { _tag: "concat" },
    ),
    anyKwta,
    anyConv2d,
    anyPool,
    anyReshape,
    anyLinear,
    anyBatchNorm,
    anyDropout,
    anyLearnedKwta,
    anyPredictedKwta,
    anyKWinners,
    fc.record({
      _tag: fc.constant("drop_connect" as const),
      body: tie("graph"),
      rate: anyRate,
      rescale: fc.boolean(),
    }),
    fc.record({ _tag: fc.constant("residual" as const), body: tie("graph") }),
    fc.record({
      _tag: fc.constantFrom("fanout" as const, "split" as const),
      first: tie("graph"),
      second: tie("graph"),
    }),
  ),
})).graph;

/** A graph, an input that fits it, and the output that it has then. */
export interface WellShaped {
  readonly graph: Graph;
  readonly input: Space;
  readonly output: Space;
}

/** Any shape, scalars among them. */
export const anyShape: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.integer({ min: 1, max: 9 })) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }) },
);

/** Any space, pairs in pairs among them. */
export const anySpace: fc.Arbitrary<Space> = fc.letrec<{ space: Space }>((tie) => ({
  space: fc.oneof(
    { maxDepth: 2 },
    { weight: 4, arbitrary: anyShape },
    { weight: 1, arbitrary: fc.record({ first: tie("space"), second: tie("space") }) },
  ),
})).space;

/** A graph whose shapes fit, made from its input on. */
export const wellShaped: fc.Arbitrary<WellShaped> = anySpace.chain((input) =>
  wellShapedFrom(input)
);

/** A graph that takes this input. */
export const wellShapedFrom = (input: Space): fc.Arbitrary<WellShaped> =>
  fc.gen().map((draw) => {
    const choose = <A>(...from: readonly A[]) => draw(fc.constantFrom<A[]>, ...from);
    const [graph, output] = steps(choose, input, 2);
    return { graph, input, output };
  });

type Choose = <A>(...from: readonly A[]) => A;
type Typed<A> = readonly [A, Space];

function steps(choose: Choose, input: Space, depth: number): Typed<Nodes> {
  const nodes: Node[] = [];
  let output = input;
  for (let left = choose(0, 1, 2, 3, 4); left > 0; left--) {
    const [node, next] = step(choose, output, depth);
    nodes.push(node);
    output = next;
  }
  return [{ nodes }, output];
}

function step(choose: Choose, input: Space, depth: number): Typed<Node> {
  const can: (() => Typed<Node>)[] = isPair(input)
    ? onPair(choose, input, depth)
    : onTensor(choose, input as Shape);
  if (depth > 0) {
    can.push(() => {
      const [first, a] = steps(choose, input, depth - 1);
      const [second, b] = steps(choose, input, depth - 1);
      return [{ _tag: "fanout", first, second }, { first: a, second: b }];
    });
  }
  return choose(...can)();
}

function onPair(
  choose: Choose,
  { first, second }: Exclude<Space, Shape>,
  depth: number,
): (() => Typed<Node>)[] {
  const can: (() => Typed<Node>)[] = [() => {
    const [f, a] = depth > 0 ? steps(choose, first, depth - 1) : [{ nodes: [] }, first];
    const [g, b] = depth > 0 ? steps(choose, second, depth - 1) : [{ nodes: [] }, second];
    return [{ _tag: "split", first: f, second: g }, { first: a, second: b }];
  }];
  if (isPair(first) || isPair(second)) return can;
  const [a, b] = [first as Shape, second as Shape];
  if (a.join() === b.join() && a.length === b.length) can.push(() => [{ _tag: "add" }, a]);
  if (a.length > 0 && a.length === b.length && a.slice(0, -1).join() === b.slice(0, -1).join()) {
    can.push(() => [{ _tag: "concat" }, [...a.slice(0, -1), (a.at(-1) ?? 0) + (b.at(-1) ?? 0)]]);
  }
  return can;
}

function onTensor(choose: Choose, input: Shape): (() => Typed<Node>)[] {
  const smooth = () => choose(...elementwise);
  const linear = (inputs: number, outputs: number): Node => ({
    _tag: "linear",
    inputs: choose(inputs, null),
    outputs,
    bias: choose(true, false),
  });
  const soft = [null, { hardness: 2, gate: "sigmoid" }, { hardness: 0.5, gate: "hard_sigmoid" }];
  const can: (() => Typed<Node>)[] = [
    () => [smooth(), input],
    () => [{ _tag: "flatten" }, [sizeOf(input)]],
    () => [{ _tag: "residual", body: { nodes: choose([], [smooth()]) } }, input],
  ];
  if (input.length > 0) {
    const channels = input[input.length - 1];
    can.push(() => [{
      _tag: "batch_norm",
      inputs: choose(channels, null),
      affine: choose(true, false),
      momentum: choose(0.1, 1),
      epsilon: 1e-5,
    }, input], () => [
      { _tag: "learned_kwta", shape: choose(input, null), soft: choose(...soft) } as Node,
      input,
    ]);
  }
  can.push(() => [{ _tag: "dropout", rate: choose(0, 0.3) }, input]);
  if (sizeOf(input) > 1) {
    if (input.length > 0) {
      const units = input[input.length - 1];
      can.push(() => [
        {
          _tag: "k_winners",
          sparsity: choose(0.1, 0.5),
          inputs: choose(units, null),
          boost: 1,
          period: 1000,
          inference_factor: choose(1, 1.5),
          over: "sample",
          break_ties: choose(true, false),
          relu: choose(true, false),
        },
        input,
      ]);
    }
    can.push(() => [
      {
        _tag: "predicted_kwta",
        inputs: choose(sizeOf(input), null),
        max_sparsity: choose(0.5, 1),
        min_sparsity: 0.001,
        soft: choose(...soft),
      } as Node,
      input,
    ]);
    can.push(() => [
      {
        _tag: "kwta",
        sparsity: choose(0.05, 0.5, 1),
        soft: choose(...soft),
        over: "sample",
      } as Node,
      input,
    ]);
  }
  if (input.length === 1) {
    const outputs = choose(1, 2, 7);
    const dropped = (): Typed<Node> => [{
      _tag: "drop_connect",
      body: { nodes: [linear(input[0], outputs)] },
      rate: choose(0, 0.4),
      rescale: choose(true, false),
    }, [outputs]];
    can.push(dropped, () => [linear(input[0], outputs), [outputs]], () => {
      const nodes = [linear(input[0], outputs), smooth(), linear(outputs, input[0])];
      return [{ _tag: "residual", body: { nodes } }, input];
    });
  }
  return can;
}
