import fc from "npm:fast-check@4.3.0";
import { E } from "../../graph/fp_ts.ts";
import { sequence } from "../../graph/compose.ts";
import type { Graph } from "../../graph/node.ts";
import { initialParams, type ParamArrays } from "../../graph/params.ts";
import { graph, parse } from "../../graph/parse.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { lower } from "../../ops/interpreter.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertEquals } from "../assert.ts";
import { apply, type Mode } from "./apply.ts";
import { assertClose, numbers, onEachBackend, tensor } from "./backends.ts";
import * as reference from "./reference.ts";

const tensors = (arrays: ParamArrays): Params =>
  Object.fromEntries(
    Object.entries(arrays).map(([path, { shape, data }]) => [path, tensor(data, shape)]),
  );

const resolved = (g: Graph, width: number): Graph => {
  const inferred = inferShapes(g, [width]);
  assert(E.isRight(inferred), JSON.stringify(inferred));
  return inferred.right.graph;
};

/** Graphs from vectors to vectors that accept any width. */
const pieces = [
  "relu",
  "sigmoid",
  "tanh",
  "identity",
  "flatten",
  "linear(7)",
  "linear(5, bias=false)",
  "kwta(0.3)",
  "kwta(0.3, hardness=1, gate=hard_sigmoid)",
  "kwta(0.4, hard)",
  "residual(tanh)",
  "residual(linear(6) ▷ sigmoid) ",
  "fanout(linear(4), tanh) ▷ concat",
  "fanout(relu, sigmoid) ▷ add",
  "fanout(tanh, relu) ▷ split(sigmoid, identity) ▷ add",
  "leaky_relu(0.2)",
  "clip(-0.6, 0.7)",
  "gelu",
  "softmax",
  "log_softmax",
  "winner_take_all",
  "learned_kwta(hardness=3)",
  "learned_kwta(gate=hard_sigmoid)",
  "predicted_kwta(0.4)",
  "batch_norm(momentum=0.3)",
  "batch_norm(affine=false, epsilon=0.1)",
  "dropout(0.3)",
  "drop_connect(linear(6) ▷ tanh, rate=0.4)",
  "drop_connect(linear(5), rate=0.4, rescale=false)",
];

/** Graphs on vectors of 6. */
const imagePieces = [
  "reshape([3, 2, 1]) ▷ conv2d(2, 2) ▷ tanh ▷ flatten",
  "reshape([3, 2, 1]) ▷ conv2d(3, 3, stride=2, padding=1, bias=false) ▷ sigmoid ▷ flatten",
  "reshape([1, 3, 2]) ▷ conv2d(2, 1) ▷ avg_pool2d(1, 2) ▷ flatten",
  "reshape([3, 2, 1]) ▷ tanh ▷ max_pool2d(2, 1) ▷ flatten",
  "reshape([3, 2, 1]) ▷ avg_pool2d(2) ▷ flatten",
  "reshape([3, 2, 1]) ▷ max_pool2d(3, 2, padding=1) ▷ flatten",
  "reshape([3, 1, 2]) ▷ global_avg_pool2d ▷ flatten",
  "reshape([1, 3, 2]) ▷ conv2d(4, 3, padding=1, groups=2) ▷ tanh ▷ flatten",
  "reshape([3, 2, 1]) ▷ conv2d(4, 1) ▷ conv2d(6, 3, stride=2, padding=1, groups=2) ▷ flatten",
  "reshape([1, 3, 2]) ▷ batch_norm ▷ flatten",
  "reshape([1, 3, 2]) ▷ kwta(0.5, over=channel) ▷ flatten",
  "reshape([1, 2, 3]) ▷ kwta(0.5, over=location) ▷ flatten",
];

const chain = fc.array(
  fc.constantFrom(...pieces.filter((piece) => !piece.startsWith("residual(linear"))),
  { maxLength: 4 },
).map((parts) => parse(parts.length === 0 ? "identity" : parts.join(" ▷ ")))
  .map((parsed) => {
    assert(E.isRight(parsed));
    return parsed.right;
  });

onEachBackend("lower(f ▷ g) = lower(g) ∘ lower(f), to the bit", async (name) => {
  await fc.assert(
    fc.asyncProperty(
      chain,
      chain,
      fc.constantFrom<Mode>("train", "evaluate"),
      fc.nat(),
      async (f, g, mode, start) => {
        const whole = resolved(sequence(f, g), 6);
        const first = { nodes: whole.nodes.slice(0, f.nodes.length) };
        const second = { nodes: whole.nodes.slice(f.nodes.length) };
        const [arrays, rng] = initialParams(whole, seed(start));
        const [{ x }] = initialParams(graph`linear(6, 3)`, rng).slice(0, 1).map((made) => ({
          x: (made as ParamArrays)["0.weight"].data,
        }));
        // The second graph's paths begin at 0 again.
        const shift = (arrays: ParamArrays): ParamArrays =>
          Object.fromEntries(
            Object.entries(arrays).map(([path, value]) => {
              const [head, ...rest] = path.split(".");
              return [[Number(head) - f.nodes.length, ...rest].join("."), value];
            }),
          );
        const remembered = initialPlasticity(whole);
        const [together, apart] = await numbers(() => {
          const input = tensor(x, [3, 6]);
          const params = tensors(arrays);
          const plasticity = tensors(remembered);
          const later = { params: tensors(shift(arrays)), plasticity: tensors(shift(remembered)) };
          if (mode === "evaluate") {
            const middle = apply(first, params, input, mode, plasticity);
            return [
              apply(whole, params, input, mode, plasticity),
              apply(second, later.params, middle, mode, later.plasticity),
            ].map((result) => result.clone());
          }
          const start = { value: input, plasticity, rng: seed(0) };
          const once = lower(whole).train(params, start);
          const middle = lower(first).train(params, start);
          const twice = lower(second).train(later.params, {
            ...middle,
            plasticity: later.plasticity,
          });
          assertEquals(twice.rng, once.rng);
          return [once.value, twice.value].map((result) => (result as tf.Tensor).clone());
        });
        assertEquals(apart, together);
      },
    ),
    { numRuns: name === "webgpu" ? 20 : 60, seed: 26 },
  );
});

/** Computes a node in float64: the plain counterpart of the interpreter for whole graphs. */
const plain: Readonly<Record<string, (x: number[]) => number[]>> = {
  relu: (x) => x.map((v) => Math.max(v, 0)),
  sigmoid: (x) => x.map((v) => 1 / (1 + Math.exp(-v))),
  tanh: (x) => x.map(Math.tanh),
  "kwta(0.3)": (x) => reference.softKwta(x, 2, 2, "sigmoid"),
  "kwta(0.3, hard)": (x) => reference.hardKwta(x, 2),
  "residual(tanh)": (x) => x.map((v) => v + Math.tanh(v)),
  "fanout(relu, tanh) ▷ concat": (x) => [...x.map((v) => Math.max(v, 0)), ...x.map(Math.tanh)],
  "fanout(relu, tanh) ▷ add": (x) => x.map((v) => Math.max(v, 0) + Math.tanh(v)),
  "fanout(relu, tanh) ▷ split(tanh, identity) ▷ add": (x) =>
    x.map((v) => Math.tanh(Math.max(v, 0)) + Math.tanh(v)),
  flatten: (x) => x,
  identity: (x) => x,
  "leaky_relu(0.2)": (x) => x.map((v) => v >= 0 ? v : 0.2 * v),
  "clip(-0.5, 1)": (x) => x.map((v) => Math.min(Math.max(v, -0.5), 1)),
  // Φ(0.3), Φ(−1.2), …, of a table of the normal distribution, to 7 digits.
  gelu: (x) =>
    x.map((v, i) => v * [0.6179114, 0.1150697, 0.9937903, 0.8159399, 0.4601722, 0.5199388][i]),
  softmax: (x) => x.map((v) => Math.exp(v) / x.reduce((sum, w) => sum + Math.exp(w), 0)),
  log_softmax: (x) => x.map((v) => v - Math.log(x.reduce((sum, w) => sum + Math.exp(w), 0))),
  winner_take_all: (x) => x.map((v) => v === Math.max(...x) ? 1 : 0),
  "reshape([3, 2, 1]) ▷ max_pool2d(2, 1) ▷ flatten": (x) => [
    Math.max(...x.slice(0, 4)),
    Math.max(...x.slice(2, 6)),
  ],
  "reshape([3, 2, 1]) ▷ max_pool2d(3, 2, padding=1) ▷ flatten": (x) => [
    Math.max(...x.slice(0, 4)),
    Math.max(...x.slice(2, 6)),
  ],
  "reshape([3, 1, 2]) ▷ global_avg_pool2d ▷ flatten": (x) => [
    (x[0] + x[2] + x[4]) / 3,
    (x[1] + x[3] + x[5]) / 3,
  ],
  "reshape([3, 2, 1]) ▷ avg_pool2d(2) ▷ flatten": (x) => [
    x.slice(0, 4).reduce((sum, v) => sum + v, 0) / 4,
  ],
};

onEachBackend("every node computes what it says", async () => {
  const row = [0.3, -1.2, 2.5, 0.9, -0.1, 0.05];
  for (const [text, f] of Object.entries(plain)) {
    const parsed = parse(text);
    assert(E.isRight(parsed));
    const [y] = await numbers(() => {
      const x = tf.tensor2d([row]);
      return [apply(parsed.right, {}, x, "train").clone()];
    });
    assertClose(y, f(row), 1e-6, text);
  }
});

onEachBackend(
  "kwta over channels and over locations is kwta of the rows and of the maps",
  async () => {
    const data = Float32Array.from({ length: 2 * 3 * 2 * 5 }, (_, i) => Math.sin(7 * i));
    const shape = [2, 3, 2, 5];
    const at = (n: number, place: number, c: number) => data[(n * 6 + place) * 5 + c];
    for (const soft of ["hard", "hardness=3"]) {
      const plain = (row: number[], k: number) =>
        soft === "hard" ? reference.hardKwta(row, k) : reference.softKwta(row, k, 3, "sigmoid");
      const [maps, places] = await numbers(() =>
        ["channel", "location"].map((over) => {
          const parsed = parse(`kwta(0.4, ${soft}, over=${over})`);
          assert(E.isRight(parsed));
          return apply(parsed.right, {}, tensor(data, shape), "train").clone();
        })
      );
      const expected = { maps: new Float32Array(60), places: new Float32Array(60) };
      for (let n = 0; n < 2; n++) {
        for (let c = 0; c < 5; c++) {
          plain(Array.from({ length: 6 }, (_, place) => at(n, place, c)), 3)
            .forEach((value, place) => expected.maps[(n * 6 + place) * 5 + c] = value);
        }
        for (let place = 0; place < 6; place++) {
          plain(Array.from({ length: 5 }, (_, c) => at(n, place, c)), 2)
            .forEach((value, c) => expected.places[(n * 6 + place) * 5 + c] = value);
        }
      }
      assertClose(maps, expected.maps, 1e-6, `channel, ${soft}`);
      assertClose(places, expected.places, 1e-6, `location, ${soft}`);
    }
  },
);

onEachBackend("linear is x·W + b, flatten row-major, evaluated kWTA binary", async () => {
  const [y, flat, code] = await numbers(() => {
    const params = {
      "0.weight": tf.tensor2d([[1, 2], [3, 4], [5, 6]]),
      "0.bias": tf.tensor1d([10, 20]),
    };
    return [
      apply(graph`linear(3, 2)`, params, tf.tensor2d([[1, 0, -1]]), "train"),
      apply(graph`flatten`, {}, tf.tensor3d([[[1, 2], [3, 4]]]), "train"),
      apply(graph`kwta(0.5)`, {}, tf.tensor2d([[3, 1, 2, 4]]), "evaluate"),
    ];
  });
  assertEquals(Array.from(y), [1 - 5 + 10, 2 - 6 + 20]);
  assertEquals(Array.from(flat), [1, 2, 3, 4]);
  assertEquals(Array.from(code), [1, 0, 0, 1]);
});

onEachBackend("gradients are those of finite differences, for every node", async () => {
  for (const piece of [...pieces, ...imagePieces]) {
    const parsed = parse(`linear(6, 6) ▷ ${piece} ▷ linear(3)`);
    assert(E.isRight(parsed), piece);
    const g = resolved(parsed.right, 6);
    // A hard kWTA's gradient is not that of its output.
    if (piece.includes("hard)") || piece === "winner_take_all") continue;
    const [arrays, rng] = initialParams(g, seed(5));
    const x = initialParams(graph`linear(6, 4)`, rng)[0]["0.weight"].data.map((v) => 4 * v);
    const loss = (params: Params) =>
      tf.sum(
        tf.square(apply(g, params, tensor(x, [4, 6]), "train", tensors(initialPlasticity(g)))),
      ) as tf.Scalar;
    const paths = Object.keys(arrays);
    const gradients = await numbers(() => {
      const params = tensors(arrays);
      const found = valueAndGradients(() => loss(params), params).gradients;
      return paths.map((path) => found[path]);
    });
    // Along one random direction per graph: all parameters are checked at once.
    const directions = initialParams(g, seed(6))[0];
    const epsilon = 1e-2;
    const moved = (sign: number): ParamArrays =>
      Object.fromEntries(
        Object.entries(arrays).map(([path, { shape, data }]) => [path, {
          shape,
          data: data.map((v, i) => v + sign * epsilon * directions[path].data[i]),
        }]),
      );
    const [up, down] = await numbers(() => [loss(tensors(moved(1))), loss(tensors(moved(-1)))]);
    const numeric = (up[0] - down[0]) / (2 * epsilon);
    const exact = paths.reduce(
      (sum, path, p) =>
        sum + gradients[p].reduce((dot, v, i) => dot + v * directions[path].data[i], 0),
      0,
    );
    // Differences of float32 values around 1 over 0.02, and the curvature within it.
    assertClose([exact], [numeric], 2e-3, piece);
  }
});
