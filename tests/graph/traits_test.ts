import { E } from "../../graph/fp_ts.ts";
import type { Leaf, Node, Nodes } from "../../graph/node.ts";
import { initialParams, type ParamArrays, paramSpecs } from "../../graph/params.ts";
import { graph } from "../../graph/parse.ts";
import { initialPlasticity, plasticitySpecs } from "../../graph/plasticity.ts";
import {
  competesNamed,
  leafTraitsOf,
  nodeTraits,
  requiredInput,
  traitsOf,
} from "../../graph/traits.ts";
import { draw, seed } from "../../graph/rng.ts";
import { inferShapes, isPair, sizeOf } from "../../graph/shape.ts";
import type { Shape, Space } from "../../graph/types.ts";
import { defineNode } from "../../ops/custom_node.ts";
import type { Value } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { apply } from "../ops/apply.ts";
import { numbers, onEachBackend, tensor } from "../ops/backends.ts";

const shifted = defineNode({
  name: "shifted_kwta",
  params: (input) => [{ name: "shift", shape: input, bound: 1 }],
  state: () => [{ name: "seen", shape: [] }],
  evaluate: (x, _, { shift }) => tf.add(x, shift),
});

const pair = { first: [6], second: [6] };
const image = [4, 4, 3];

/** Each node with what can be left out left out, and an input that it takes. */
const cases: Readonly<Record<Node["_tag"], readonly [Nodes, Space]>> = {
  linear: [graph`linear(4)`, [6]],
  conv2d: [graph`conv2d(2, 3)`, image],
  max_pool2d: [graph`max_pool2d(2)`, image],
  avg_pool2d: [graph`avg_pool2d(2)`, image],
  global_avg_pool2d: [graph`global_avg_pool2d`, image],
  batch_norm: [graph`batch_norm`, [6]],
  dropout: [graph`dropout(0.5)`, [6]],
  relu: [graph`relu`, [6]],
  leaky_relu: [graph`leaky_relu`, [6]],
  clip: [graph`clip(-0.5, 0.5)`, [6]],
  gelu: [graph`gelu`, [6]],
  sigmoid: [graph`sigmoid`, [6]],
  tanh: [graph`tanh`, [6]],
  softmax: [graph`softmax`, [6]],
  log_softmax: [graph`log_softmax`, [6]],
  flatten: [graph`flatten`, image],
  reshape: [graph`reshape([6, 8])`, image],
  kwta: [graph`kwta(0.3)`, [6]],
  learned_kwta: [graph`learned_kwta`, [6]],
  predicted_kwta: [graph`predicted_kwta(0.5)`, [6]],
  k_winners: [graph`k_winners(0.3)`, [6]],
  winner_take_all: [graph`winner_take_all`, [6]],
  add: [graph`add`, pair],
  concat: [graph`concat`, pair],
  custom: [shifted(), [6]],
  fanout: [graph`fanout(relu, tanh)`, [6]],
  split: [graph`split(relu, tanh)`, pair],
  residual: [graph`residual(tanh)`, [6]],
  drop_connect: [graph`drop_connect(tanh)`, [6]],
};

const entries = Object.entries(cases) as (readonly [Node["_tag"], readonly [Nodes, Space]])[];

function inferred(nodes: Nodes, input: Space) {
  const found = inferShapes(nodes, input);
  assert(E.isRight(found));
  return found.right;
}

const isLeaf = (node: Node): node is Leaf => !traitsOf(node).branch;

for (const [tag, [nodes, input]] of entries) {
  const [bare] = nodes.nodes;
  const known = inferred(nodes, input);
  const [node] = known.graph.nodes;

  Deno.test(`the traits of ${tag} are those of its weights, its state and its arguments`, () => {
    const traits = nodeTraits[tag];
    assertEquals(bare._tag, tag);
    assertEquals(traits.branch, "body" in node || "first" in node);
    assertEquals(traits.weights, paramSpecs(known.graph).length > 0);
    assertEquals(traits.state, plasticitySpecs(known.graph).length > 0);
  });

  if (isLeaf(bare) && isLeaf(node)) {
    Deno.test(`the traits of ${tag} say what shape inference fills in`, () => {
      const { inferred } = leafTraitsOf(bare);
      const filled = Object.entries(node).filter(([name, value]) =>
        value !== (bare as unknown as Record<string, unknown>)[name]
      );
      assertEquals(filled.map(([name]) => name), inferred === null ? [] : [inferred]);
    });

    Deno.test(`the input that ${tag} demands is one that it takes`, () => {
      const demanded = leafTraitsOf(node).input(node);
      if (demanded === "any") {
        for (const shape of [[2], [6], image]) {
          assertEquals(inferred({ nodes: [node] }, shape).output, shape);
        }
        assertEquals(requiredInput({ nodes: [node, ...graph`linear(9, 2)`.nodes] }), [9]);
      } else if (demanded !== null) {
        assertEquals(demanded, input);
      }
      assertEquals(requiredInput(known.graph), demanded === "any" ? null : demanded);
    });
  }
}

const tensors = (arrays: ParamArrays): Params =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
  );

/** Three samples of every tensor in a space, of reals from −1 to 1 or of bits. */
function samples(space: Space, bits: boolean, from: number): Value {
  if (isPair(space)) {
    return {
      first: samples(space.first, bits, from),
      second: samples(space.second, bits, from + 1),
    };
  }
  const [data] = draw(
    seed(from),
    ({ unit }) =>
      Float32Array.from({ length: 3 * sizeOf(space as Shape) }, () => {
        const x = 2 * unit() - 1;
        return bits ? Number(x > 0) : x;
      }),
  );
  return tensor(data, [3, ...space as Shape]);
}

const areBits = (values: Float32Array): boolean => values.every((x) => x === 0 || x === 1);

onEachBackend("what the table says of binary outputs is what evaluation gives", async () => {
  for (const [tag, [nodes, input]] of entries) {
    const { graph: known, output } = inferred(nodes, input);
    if (isPair(output)) continue;
    const evaluated = (bits: boolean) =>
      numbers(() => [apply(
        known,
        tensors(initialParams(known, seed(26))[0]),
        samples(input, bits, 26),
        "evaluate",
        tensors(initialPlasticity(known)),
      )]);
    const [[ofReals], [ofBits]] = [await evaluated(false), await evaluated(true)];
    const { binary } = nodeTraits[tag];
    assertEquals(areBits(ofReals), binary === "always", tag);
    if (binary !== "no") assert(areBits(ofBits), tag);
  }
});

/** The tags of which something holds, in the table's order. */
const those = (holds: (tag: Node["_tag"]) => boolean): readonly string[] =>
  (Object.keys(nodeTraits) as Node["_tag"][]).filter(holds);

Deno.test("the nodes that compete, are scaled, carry bits and are activations", () => {
  const kwtas = ["kwta", "learned_kwta", "predicted_kwta"];
  assertEquals(those((tag) => nodeTraits[tag].scalable), kwtas);
  assertEquals(those((tag) => nodeTraits[tag].binary === "always"), [...kwtas, "winner_take_all"]);
  assertEquals(those((tag) => nodeTraits[tag].binary === "kept"), [
    "max_pool2d",
    "flatten",
    "reshape",
  ]);
  assertEquals(those((tag) => nodeTraits[tag].competes), [
    ...kwtas,
    "k_winners",
    "winner_take_all",
  ]);
  assertEquals(those((tag) => nodeTraits[tag].activation), [
    "relu",
    "leaky_relu",
    "clip",
    "gelu",
    "sigmoid",
    "tanh",
    "softmax",
    "log_softmax",
    ...kwtas,
    "k_winners",
    "winner_take_all",
  ]);
  assertEquals(those((tag) => !nodeTraits[tag].ownOutput), [
    "dropout",
    "fanout",
    "split",
    "drop_connect",
  ]);
});

Deno.test("the units of a node compete by its kind, and not by what a program calls it", () => {
  for (const name of ["kwta", "k_winners"]) assert(competesNamed(name));
  for (const name of ["relu", "shifted_kwta", "input", "+", "toString"]) {
    assert(!competesNamed(name), name);
  }
});
