import * as fc from "npm:fast-check@4.3.0";
import type { Category2 } from "npm:fp-ts@2.16.11/lib/Category.js";
import { flow } from "npm:fp-ts@2.16.11/lib/function.js";
import { concatAll } from "npm:fp-ts@2.16.11/lib/Monoid.js";
import { split as strongSplit } from "npm:fp-ts@2.16.11/lib/Strong.js";
import { assert, assertEquals } from "../assert.ts";
import { add, concat, flatten, kwta, linear, relu, sigmoid } from "../../graph/constructors.ts";
import {
  fanout,
  first,
  GRAPH_URI,
  graphCategory,
  identity,
  residual,
  second,
  sequence,
  split,
  to,
} from "../../graph/compose.ts";
import { E, type Monoid, pipe } from "../../graph/fp_ts.ts";
import type { Graph, Nodes } from "../../graph/node.ts";
import { graph } from "../../graph/parse.ts";
import { inferShapes } from "../../graph/shape.ts";
import type { Alike, First, Pair, Part, Same, Shape, Space } from "../../graph/types.ts";
import { show } from "../../graph/show.ts";
import { anyGraph, runs, wellShaped } from "./arbitrary.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true
  : false;

/** Compiles when the graph's input and output are just these. */
const typed = <I, O>() => <G>(_graph: G & (Equal<G, Graph<I, O>> extends true ? unknown : never)) =>
  undefined;

/** Asserts that shape inference refuses a graph, as the compiler does. */
const refused = (graph: Nodes, input?: Space) => assert(E.isLeft(inferShapes(graph, input)));

const fits = (graph: Nodes, input?: Space) => {
  const shapes = inferShapes(graph, input);
  assert(E.isRight(shapes), JSON.stringify(shapes));
};

Deno.test("a literal mismatch does not compile, and shape inference refuses it too", () => {
  // @ts-expect-error 64 is not 65
  refused(pipe(linear(784, 64), to(linear(65, 10))));
  // @ts-expect-error the mismatch is in the middle
  refused(pipe(linear(784, 64), to(linear(65, 10)), to(linear(10, 3))));
  // @ts-expect-error the mismatch is at the end
  refused(pipe(linear(784, 64), to(linear(64, 10)), to(linear(11, 3))));
});

Deno.test("a literal mismatch shows through nodes that keep the shape", () => {
  // @ts-expect-error relu keeps 64
  refused(pipe(linear(784, 64), to(relu), to(linear(65, 10))));
  // @ts-expect-error kwta and sigmoid keep 64
  refused(pipe(linear(784, 64), to(kwta(0.05)), to(sigmoid), to(linear(65, 10))));
  // @ts-expect-error identity keeps 64
  refused(pipe(linear(784, 64), to(identity), to(linear(65, 10))));
  // @ts-expect-error a residual keeps 64
  refused(pipe(linear(784, 64), to(residual(linear(64, 64))), to(linear(65, 10))));
  // @ts-expect-error what comes before may be a composition as well
  refused(pipe(linear(784, 64), to(pipe(relu, to(kwta(0.05)))), to(linear(65, 10))));
  // @ts-expect-error relu first takes what linear takes
  refused(pipe(linear(9, 783), to(pipe(relu, to(linear(784, 10))))));
});

Deno.test("a literal mismatch shows through pairs", () => {
  // @ts-expect-error the branches of a fanout take one input
  refused(fanout(linear(784, 64), linear(783, 64)));
  // @ts-expect-error add takes equal shapes
  refused(pipe(fanout(linear(784, 64), linear(784, 32)), to(add)));
  // @ts-expect-error the sum has 64
  refused(pipe(fanout(linear(784, 64), linear(784, 64)), to(add), to(linear(65, 10))));
  // @ts-expect-error relu in a fanout keeps the 20 of the input
  refused(pipe(linear(10, 20), to(fanout(relu, linear(20, 5))), to(add)));
  // @ts-expect-error the sum has the 20 of relu's input, not the 10 of the whole
  refused(pipe(linear(10, 20), to(fanout(relu, linear(20, 20))), to(add), to(linear(10, 3))));
  refused(pipe(
    fanout(linear(3, 4), linear(3, 5)),
    to(split(relu, kwta(0.5))),
    // @ts-expect-error the second component has 5
    to(split(linear(4, 1), linear(6, 1))),
  ));
  // @ts-expect-error the first component has 4
  refused(pipe(fanout(linear(3, 4), linear(3, 5)), to(first(linear(5, 1)))));
  // @ts-expect-error the second component has 5
  refused(pipe(fanout(linear(3, 4), linear(3, 5)), to(second(linear(4, 1)))));
  // @ts-expect-error `first` keeps the second component
  refused(pipe(fanout(linear(3, 4), linear(3, 5)), to(first(linear(4, 4))), to(add)));
  // @ts-expect-error concat takes a fanout's pair, but its branches do not fit the input
  refused(pipe(linear(3, 4), to(fanout(linear(5, 4), linear(5, 4))), to(concat)));
});

Deno.test("a tensor where a pair is wanted, and the other way round, does not compile", () => {
  // @ts-expect-error add takes a pair
  refused(pipe(linear(3, 4), to(add)));
  // @ts-expect-error concat takes a pair
  refused(pipe(relu, to(concat)), [4]);
  // @ts-expect-error split takes a pair
  refused(pipe(linear(3, 4), to(split(relu, relu))));
  // @ts-expect-error relu takes a tensor
  refused(pipe(fanout(linear(3, 4), linear(3, 4)), to(relu)));
  // @ts-expect-error a residual adds tensors
  refused(residual(split(relu, relu)), { first: [1], second: [1] });
  // @ts-expect-error a residual's body gives a tensor
  refused(residual(fanout(relu, relu)), [4]);
});

Deno.test("a residual whose body changes the shape does not compile", () => {
  // @ts-expect-error 64 becomes 32
  refused(residual(linear(64, 32)));
  // @ts-expect-error 64 becomes 63 in two steps
  refused(residual(pipe(linear(64, 32), to(relu), to(linear(32, 63)))));
  // @ts-expect-error 4 is not 5
  refused(pipe(linear(3, 4), to(residual(linear(5, 5)))));
});

Deno.test("what fits compiles, and its type says what shape inference says", () => {
  const mlp = pipe(linear(784, 64), to(relu), to(linear(64, 512)), to(kwta(0.05)));
  typed<readonly [784], readonly [512]>()(mlp);
  // @ts-expect-error the helper itself must refuse
  typed<readonly [784], readonly [511]>()(mlp);
  // @ts-expect-error a number is not a literal
  typed<readonly [784], readonly [number]>()(mlp);
  fits(mlp);

  const leftOut = pipe(linear(784, 64), to(linear(32)), to(relu), to(linear(10)));
  typed<readonly [784], readonly [10]>()(leftOut);
  fits(leftOut);

  const reluFirst = pipe(relu, to(sigmoid), to(linear(784, 64)));
  typed<readonly [784], readonly [64]>()(reluFirst);
  fits(reluFirst);

  const flat = pipe(relu, to(flatten), to(linear(784, 10)));
  typed<Shape, readonly [10]>()(flat);
  fits(flat, [28, 28]);

  const kept = pipe(relu, to(kwta(0.5)), to(identity));
  typed<Shape, Same>()(kept);
  fits(kept, [4]);
});

Deno.test("a dimension that is a mere number is left to shape inference", () => {
  const n: number = 64;
  const right = pipe(linear(784, n), to(linear(64, 10)));
  typed<readonly [784], readonly [10]>()(right);
  fits(right);
  const wrong = pipe(linear(784, n), to(relu), to(linear(65, 10)));
  typed<readonly [784], readonly [10]>()(wrong);
  refused(wrong);
  const block = pipe(linear(784, n), to(residual(linear(64, 64))));
  typed<readonly [784], readonly [64]>()(block);
  fits(block);
});

Deno.test("identity fits on both sides of anything", () => {
  const encoder = linear(784, 64);
  typed<readonly [784], readonly [64]>()(pipe(encoder, to(identity)));
  typed<readonly [784], readonly [64]>()(pipe(identity, to(encoder)));
  typed<unknown, Same>()(pipe(identity, to(identity)));
  typed<Shape, Same>()(pipe(identity, to(relu)));
  typed<Alike, First>()(pipe(identity, to(add)));
  typed<readonly [3], Pair<readonly [4], readonly [5]>>()(
    pipe(fanout(linear(3, 4), linear(3, 5)), to(identity)),
  );
});

Deno.test("pairs have their types", () => {
  const joined = pipe(fanout(linear(784, 64), linear(784, 64)), to(concat), to(linear(128)));
  typed<readonly [784], readonly [128]>()(joined);
  fits(joined);

  const skip = pipe(linear(10, 20), to(fanout(relu, linear(20, 20))), to(add));
  typed<readonly [10], readonly [20]>()(skip);
  fits(skip);

  const both = fanout(relu, linear(20, 5));
  typed<readonly [20], Pair<readonly [20], readonly [5]>>()(both);
  fits(both);

  const open = fanout(relu, kwta(0.5));
  typed<Shape, Pair<Same, Same>>()(open);
  typed<Shape, Same>()(pipe(open, to(add)));
  fits(pipe(open, to(add)), [4]);

  const sides = pipe(
    fanout(linear(3, 4), linear(3, 5)),
    to(split(relu, relu)),
    to(split(linear(4, 1), kwta(0.5))),
  );
  typed<readonly [3], Pair<readonly [1], readonly [5]>>()(sides);
  fits(sides);

  typed<Pair<Shape, Shape>, Pair<First, Part<readonly ["second"]>>>()(split(relu, relu));
  typed<readonly [3], Pair<readonly [1], readonly [5]>>()(
    pipe(fanout(linear(3, 4), linear(3, 5)), to(first(linear(4, 1)))),
  );
  typed<readonly [3], Pair<readonly [4], readonly [1]>>()(
    pipe(fanout(linear(3, 4), linear(3, 5)), to(second(linear(5, 1)))),
  );
  typed<Pair<readonly [4], unknown>, Pair<readonly [1], Part<readonly ["second"]>>>()(
    first(linear(4, 1)),
  );
  typed<Pair<readonly [4], readonly [6]>, Pair<readonly [1], readonly [1]>>()(
    pipe(split(relu, kwta(0.5)), to(split(linear(4, 1), linear(6, 1)))),
  );
  typed<readonly [9], Pair<Pair<readonly [9], readonly [2]>, readonly [9]>>()(
    fanout(fanout(relu, linear(9, 2)), identity),
  );
});

Deno.test("a residual keeps its type", () => {
  typed<readonly [64], readonly [64]>()(residual(linear(64, 64)));
  typed<readonly [64], readonly [64]>()(residual(linear(64)));
  typed<readonly [64], readonly [64]>()(residual(pipe(linear(64, 9), to(relu), to(linear(9, 64)))));
  typed<Shape, Same>()(residual(relu));
  typed<Shape, Same>()(residual(identity));
  typed<readonly [64], readonly [64]>()(pipe(relu, to(residual(linear(64, 64)))));
  fits(pipe(linear(3, 64), to(residual(relu)), to(linear(64, 2))));
  const annotated: Graph<readonly [64], readonly [64]> = residual(linear(64));
  fits(annotated, [64]);
});

Deno.test("`flow` makes a reusable tail that still checks", () => {
  const head = flow(to(linear(64, 10)), to(sigmoid));
  typed<readonly [784], readonly [10]>()(pipe(linear(784, 64), head));
  // @ts-expect-error 63 is not 64
  refused(pipe(linear(784, 63), head));
});

Deno.test("the template and functions mix: its shapes are unknown to the compiler", () => {
  const trunk = graph`linear(784, 64) ▷ relu`;
  fits(pipe(trunk, to(linear(64, 10))));
  fits(pipe(linear(9, 784), to(trunk)));
  refused(pipe(trunk, to(linear(65, 10))));
  fits(pipe(fanout(trunk, linear(784, 64)), to(add)));
  fits(residual(graph`linear(64)`), [64]);
});

Deno.test("the functions and the template say the same", () => {
  const pairs: readonly (readonly [Nodes, Nodes])[] = [
    [
      pipe(linear(784, 64), to(relu), to(linear(64, 512)), to(kwta(0.05))),
      graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`,
    ],
    [
      pipe(fanout(linear(4, { bias: false }), relu), to(split(sigmoid, identity)), to(concat)),
      graph`fanout(linear(4, bias=false), relu) ▷ split(sigmoid, identity) ▷ concat`,
    ],
    [residual(pipe(linear(4), to(relu))), graph`residual(linear(4) ▷ relu)`],
    [first(relu), graph`split(relu, identity)`],
    [second(relu), graph`split(identity, relu)`],
    [
      kwta(0.05, { hardness: 4, gate: "hard_sigmoid" }),
      graph`kwta(0.05, hardness=4, gate=hard_sigmoid)`,
    ],
    [kwta(0.05, { hard: true }), graph`kwta(0.05, hard)`],
    [identity, graph`identity`],
    [sequence(linear(3, 4), relu, graph`tanh ▷ add`), graph`linear(3, 4) ▷ relu ▷ tanh ▷ add`],
    [sequence(), graph`identity`],
  ];
  for (const [functions, template] of pairs) assertEquals(functions, template);
});

Deno.test("a branch holds its sub-graphs as plain data", () => {
  const tagged = Object.assign(linear(3, 3), { note: "not part of a graph" });
  assertEquals(residual(tagged), graph`residual(linear(3, 3))`);
  assertEquals(fanout(tagged, tagged), graph`fanout(linear(3, 3), linear(3, 3))`);
});

Deno.test("category laws hold by value, for `to` and for fp-ts's instance", () => {
  const { compose, id } = graphCategory;
  fc.assert(
    fc.property(anyGraph, anyGraph, anyGraph, (f, g, h) => {
      assertEquals<Nodes>(pipe(f, to(identity)), f);
      assertEquals<Nodes>(pipe(identity, to(f)), f);
      assertEquals(pipe(f, to(g), to(h)), pipe(f, to(pipe(g, to(h)))));
      assertEquals<Nodes>(compose(f, id()), f);
      assertEquals<Nodes>(compose(id(), f), f);
      assertEquals(compose(compose(h, g), f), compose(h, compose(g, f)));
      assertEquals(compose(g, f), pipe(f, to(g)));
      assertEquals(sequence(f, g, h), pipe(f, to(g), to(h)));
    }),
    runs(100),
  );
});

Deno.test("composition changes neither of the two", () => {
  const [f, g] = [Object.freeze(linear(3, 4)), Object.freeze(relu)];
  Object.freeze(f.nodes);
  pipe(f, to(g));
  assertEquals(show(f), "linear(3, 4)");
});

Deno.test("fp-ts takes the instance, and what it composes is typed", () => {
  const instance: Category2<GRAPH_URI> = graphCategory;
  assertEquals(instance.URI, GRAPH_URI);
  typed<readonly [784], readonly [64]>()(graphCategory.compose(relu, linear(784, 64)));
  typed<readonly [64], readonly [3]>()(graphCategory.compose(linear(64, 3), relu));
  typed<readonly [64], readonly [3]>()(graphCategory.compose(linear(64, 3), graphCategory.id()));
  // @ts-expect-error 64 is not 65
  refused(graphCategory.compose(linear(65, 3), linear(784, 64)));
});

Deno.test("graphs from a space to itself are a monoid, which fp-ts folds", () => {
  const blocks: Monoid<Graph> = {
    concat: (f, g) => graphCategory.compose(g, f),
    empty: graphCategory.id(),
  };
  assertEquals(
    show(concatAll(blocks)([relu, residual(linear(9)), kwta(0.5)])),
    "relu ▷ residual(linear(9)) ▷ kwta(0.5)",
  );
  assertEquals(show(concatAll(blocks)([])), "identity");
});

Deno.test("fp-ts's split, made of `first` and `second`, is ours up to identities", () => {
  // A graph is no profunctor; fp-ts's split uses `first` and `second` only.
  const Strong = { URI: GRAPH_URI, first, second };
  const theirs = strongSplit(Strong as never, graphCategory as never) as unknown as (
    f: Graph,
    g: Graph,
  ) => Graph;
  assertEquals(
    show(theirs(linear(3, 4), relu)),
    "split(linear(3, 4), identity) ▷ split(identity, relu)",
  );
  fc.assert(
    fc.property(wellShaped, wellShaped, (f, g) => {
      const input = { first: f.input, second: g.input };
      const output = (graph: Nodes) =>
        pipe(inferShapes(graph, input), E.map((shapes) => shapes.output));
      assertEquals(output(theirs(f.graph, g.graph)), output(split(f.graph, g.graph)));
    }),
    runs(50),
  );
});
