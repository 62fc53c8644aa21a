import * as fc from "npm:fast-check@4.3.0";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "../assert.ts";
import { E, pipe } from "../../graph/fp_ts.ts";
import { cost } from "../../graph/cost.ts";
import type { Nodes } from "../../graph/node.ts";
import { initialParams, type ParamArrays, paramSpecs } from "../../graph/params.ts";
import { graph } from "../../graph/parse.ts";
import { draw, seed } from "../../graph/rng.ts";
import { inferShapes, sizeOf } from "../../graph/shape.ts";
import { runs, wellShaped } from "./arbitrary.ts";

const initial = (graph: Nodes, from: number): ParamArrays => initialParams(graph, seed(from))[0];

Deno.test("every weight has the path of its node, its shape and its bound, in order", () => {
  assertEquals(
    paramSpecs(graph`
      linear(784, 64)
      ▷ relu
      ▷ fanout(linear(64, 4, bias=false), residual(relu ▷ linear(64, 64)))
      ▷ split(identity, linear(64, 4))
      ▷ add
      ▷ kwta(0.5)`),
    [
      { path: "0.weight", shape: [784, 64], mean: 0, bound: 1 / 28 },
      { path: "0.bias", shape: [64], mean: 0, bound: 1 / 28 },
      { path: "2.first.0.weight", shape: [64, 4], mean: 0, bound: 1 / 8 },
      { path: "2.second.0.body.1.weight", shape: [64, 64], mean: 0, bound: 1 / 8 },
      { path: "2.second.0.body.1.bias", shape: [64], mean: 0, bound: 1 / 8 },
      { path: "3.second.0.weight", shape: [64, 4], mean: 0, bound: 1 / 8 },
      { path: "3.second.0.bias", shape: [4], mean: 0, bound: 1 / 8 },
    ],
  );
  assertEquals(paramSpecs(graph`relu ▷ kwta(0.5)`), []);
});

Deno.test("an MLP of 784-64-512 has 83,520 parameters", () => {
  const sizes = paramSpecs(graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`)
    .map(({ shape }) => sizeOf(shape));
  assertEquals(sizes, [50_176, 64, 32_768, 512]);
  assertEquals(sizes.reduce((sum, size) => sum + size), 50_240 + 33_280);
});

Deno.test("the paths are unique, and there are as many numbers as `cost` counts", () => {
  fc.assert(
    fc.property(wellShaped, ({ graph, input }) => {
      const total = pipe(
        inferShapes(graph, input),
        E.map((shapes) => {
          const specs = paramSpecs(shapes.graph);
          assertEquals(new Set(specs.map(({ path }) => path)).size, specs.length);
          return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
        }),
      );
      assertEquals(total, pipe(cost(graph, input), E.map(({ parameters }) => parameters)));
    }),
    runs(200),
  );
});

Deno.test("a graph whose dimensions are unknown has no weights to speak of", () => {
  const message = "Cannot tell the weights of linear(64) at position 1.body.0: " +
    "its inputs are unknown; infer the shapes first";
  assertThrows(() => paramSpecs(graph`relu ▷ residual(linear(64))`), TypeError, message);
  assertThrows(
    () => initialParams(graph`relu ▷ residual(linear(64))`, seed(26)),
    TypeError,
    message,
  );
});

Deno.test("the initial weights have the shapes of the specs and keep within the bound", () => {
  fc.assert(
    fc.property(wellShaped, fc.nat(), ({ graph, input }, from) => {
      const shapes = inferShapes(graph, input);
      assert(E.isRight(shapes));
      const params = initial(shapes.right.graph, from);
      const specs = paramSpecs(shapes.right.graph);
      assertEquals(Object.keys(params), specs.map(({ path }) => path));
      for (const { path, shape, mean, bound } of specs) {
        assertEquals(params[path].shape, shape);
        assertEquals(params[path].data.length, sizeOf(shape));
        assert(params[path].data.every((w) => Math.abs(w - mean) <= Math.fround(bound)), path);
      }
    }),
    runs(100),
  );
});

Deno.test("the same seed gives the same weights, another seed others", () => {
  const model = graph`linear(16, 4) ▷ relu ▷ linear(4, 4)`;
  assertEquals(initial(model, 26), initial(model, 26));
  assertNotEquals(initial(model, 26)["0.weight"].data, initial(model, 27)["0.weight"].data);
  assertNotEquals(initial(model, 26)["0.bias"].data, initial(model, 26)["2.bias"].data);
});

Deno.test("the weights of a seed are for ever the same", () => {
  const { "0.weight": weight, "0.bias": bias } = initial(graph`linear(2, 2)`, 26);
  assertEquals([...weight.data, ...bias.data], [
    0.12709370255470276,
    -0.11611223965883255,
    0.3912676274776459,
    0.2577741742134094,
    0.6514707803726196,
    0.3545576333999634,
  ]);
});

Deno.test("the generator goes on after the weights", () => {
  const model = graph`linear(16, 4)`;
  const [, next] = initialParams(model, seed(26));
  const [other] = initialParams(model, next);
  assertNotEquals(other["0.weight"].data, initial(model, 26)["0.weight"].data);
  assertEquals(initialParams(graph`relu`, seed(26))[1], seed(26));
  const unit = ({ unit }: { unit: () => number }) => unit();
  assertNotEquals(draw(next, unit)[0], draw(seed(26), unit)[0]);
});

Deno.test("a large layer is uniform: mean 0, variance bound² / 3, each tenth alike", () => {
  const { data } = initial(graph`linear(400, 500, bias=false)`, 26)["0.weight"];
  const [n, bound] = [data.length, 1 / 20];
  const mean = data.reduce((sum, w) => sum + w, 0) / n;
  const variance = data.reduce((sum, w) => sum + (w - mean) ** 2, 0) / n;
  // Five standard errors of the mean: bound / √3 / √n each.
  assertAlmostEquals(mean, 0, 5 * bound / Math.sqrt(3 * n));
  assertAlmostEquals(variance / (bound ** 2 / 3), 1, 0.01);
  const tenths = new Float64Array(10);
  for (const w of data) tenths[Math.min(9, Math.floor((w / bound + 1) * 5))] += 10 / n;
  for (const share of tenths) assertAlmostEquals(share, 1, 0.04);
});
