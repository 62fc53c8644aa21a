import fc from "npm:fast-check@4.3.0";
import { E } from "../../graph/fp_ts.ts";
import { initialParams, type ParamArrays } from "../../graph/params.ts";
import { parse } from "../../graph/parse.ts";
import { initialPlasticity } from "../../graph/plasticity.ts";
import { draw, type Rng, seed } from "../../graph/rng.ts";
import { inferShapes } from "../../graph/shape.ts";
import type { Shape } from "../../graph/types.ts";
import { valueAndGradients } from "../../ops/train_step.ts";
import { type Params, tf } from "../../ops/tfjs.ts";
import { assert, assertGreater } from "../assert.ts";
import { apply } from "./apply.ts";
import { numbers, onEachBackend, tensor } from "./backends.ts";

/** A node with arguments, and a shape that it takes. */
interface Case {
  readonly text: string;
  readonly shape: Shape;
}

const width = fc.integer({ min: 2, max: 7 });
const side = fc.integer({ min: 3, max: 6 });
const channels = fc.integer({ min: 1, max: 3 });
const image = fc.tuple(side, side, channels);
const vector = width.map((n): Shape => [n]);
const gate = fc.constantFrom("sigmoid", "hard_sigmoid");
const flag = fc.boolean();

const on = (shape: fc.Arbitrary<Shape>, ...texts: readonly fc.Arbitrary<string>[]) =>
  texts.map((text) => fc.record({ text, shape }));

const any = fc.oneof(vector, image);
const text = (value: string) => fc.constant(value);

/** Every differentiable node; hard kWTA, whose gradient is not that of its output, is left out. */
const nodes: readonly fc.Arbitrary<Case>[] = [
  ...on(
    any,
    fc.tuple(
      fc.double({ min: -2, max: -0.1, noNaN: true }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    )
      .map(([min, max]) => `clip(${min}, ${max})`),
    ...["relu", "gelu", "sigmoid", "tanh", "softmax", "log_softmax", "flatten"].map(text),
    fc.double({ min: -2, max: 2, noNaN: true }).map((slope) => `leaky_relu(${slope})`),
    fc.tuple(fc.double({ min: 0.5, max: 5, noNaN: true }), gate)
      .map(([h, g]) => `learned_kwta(hardness=${h}, gate=${g})`),
    fc.tuple(fc.double({ min: 0.1, max: 0.9, noNaN: true }), gate)
      .map(([s, g]) => `predicted_kwta(${s}, gate=${g})`),
    fc.tuple(fc.double({ min: 0.1, max: 0.9, noNaN: true }), gate)
      .map(([s, g]) => `kwta(${s}, gate=${g})`),
    fc.tuple(flag, fc.double({ min: 1e-3, max: 1, noNaN: true }))
      .map(([affine, epsilon]) => `batch_norm(affine=${affine}, epsilon=${epsilon})`),
    fc.double({ min: 0, max: 0.9, noNaN: true }).map((rate) => `dropout(${rate})`),
    flag.map((relu) => `k_winners(0.5, boost=1.5, relu=${relu})`),
    text("residual(tanh)"),
    text("fanout(relu, sigmoid) ▷ add"),
    text("fanout(tanh, sigmoid) ▷ concat"),
  ),
  ...on(
    vector,
    fc.tuple(width, flag).map(([n, bias]) => `linear(${n}, bias=${bias})`),
    fc.tuple(width, flag, fc.double({ min: 0, max: 0.9, noNaN: true }))
      .map(([n, rescale, rate]) => `drop_connect(linear(${n}), rate=${rate}, rescale=${rescale})`),
  ),
  ...on(
    image,
    fc.tuple(channels, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }), flag)
      .map(([n, size, stride, bias]) =>
        `conv2d(${n}, ${size}, stride=${stride}, padding=${size - 1}, bias=${bias})`
      ),
    fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 1, max: 3 }))
      .map(([size, stride]) => `max_pool2d(${size}, ${stride}, padding=${size - 1})`),
    text("global_avg_pool2d"),
    ...["max_pool2d", "avg_pool2d"].map((pool) =>
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
        .map(([size, stride]) => `${pool}(${size}, ${stride})`)
    ),
    text("kwta(0.5, over=channel)"),
    fc.constantFrom("k_winners(0.5, over=channel)", "k_winners(0.3, over=channel, break_ties)"),
  ),
  // With one input channel per group a depthwise convolution, with more one by groups.
  ...[1, 2].map((inputs) =>
    fc.record({
      sides: fc.tuple(side, side),
      groups: fc.integer({ min: 2, max: 3 }),
      outputs: fc.integer({ min: 1, max: 2 }),
      size: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      bias: flag,
    }).map(({ sides, groups, outputs, size, stride, bias }): Case => ({
      text: `conv2d(${groups * outputs}, ${size}, stride=${stride}, padding=${size - 1}, ` +
        `groups=${groups}, bias=${bias})`,
      shape: [...sides, groups * inputs],
    }))
  ),
  fc.tuple(side, side, fc.integer({ min: 2, max: 4 })).map((shape): Case => ({
    text: "kwta(0.5, over=location)",
    shape,
  })),
];

const SAMPLES = 3;

/** Numbers in [−1, 1). */
const uniform = (n: number, rng: Rng) =>
  draw(rng, ({ unit }) => Float32Array.from({ length: n }, () => 2 * unit() - 1));

/** The slope of Σ y · upstream along a direction, by the tape and by differences, and how it bends. */
async function slopes({ text, shape }: Case, from: number) {
  const parsed = parse(text);
  assert(E.isRight(parsed), text);
  const inferred = inferShapes(parsed.right, shape);
  assert(E.isRight(inferred), `${text} on [${shape}]`);
  const { graph } = inferred.right;
  const size = shape.reduce((n, m) => n * m, 1);
  const [weights, a] = initialParams(graph, seed(from));
  const [data, b] = uniform(SAMPLES * size, a);
  const arrays: ParamArrays = {
    ...weights,
    x: { shape: [SAMPLES, ...shape], data: data.map((value) => 2 * value) },
  };
  const paths = Object.keys(arrays);
  let rng = b;
  const direction = paths.map((path) => {
    const [values, next] = uniform(arrays[path].data.length, rng);
    rng = next;
    return values;
  });
  const state = initialPlasticity(graph);
  const along = (distance: number): Params =>
    Object.fromEntries(paths.map((path, p) => {
      const { data, shape } = arrays[path];
      return [path, tensor(data.map((v, i) => v + distance * direction[p][i]), shape)];
    }));
  const plasticity = () =>
    Object.fromEntries(
      Object.entries(state).map(([path, { data, shape }]) => [path, tensor(data, shape)]),
    );
  const value = (params: Params): tf.Scalar => {
    const result = apply(graph, params, params.x, "train", plasticity());
    const [upstream] = uniform(result.size, seed(from + 1));
    return tf.sum(tf.mul(result, tensor(upstream, result.shape))) as tf.Scalar;
  };
  const read = await numbers(() => {
    const params = along(0);
    const { gradients } = valueAndGradients(() => value(params), params);
    return [
      ...[0, 1e-2, -1e-2, 5e-3, -5e-3].map((distance) => value(along(distance))),
      ...paths.map((path) => gradients[path] ?? tf.zerosLike(params[path])),
    ];
  });
  const [here, up, down, nearUp, nearDown] = read.map(([first]) => first);
  const exact = paths.reduce(
    (sum, _, p) => sum + read[5 + p].reduce((dot, v, i) => dot + v * direction[p][i], 0),
    0,
  );
  const [wide, near] = [(up - down) / 2e-2, (nearUp - nearDown) / 1e-2];
  // Slopes to the two sides differ by as much as the step is long, but at a kink right here.
  const turn = (nearUp - 2 * here + nearDown) / 5e-3 - 0.5 * (up - 2 * here + down) / 1e-2;
  return { exact, near, kink: Math.max(Math.abs(wide - near), Math.abs(turn)) };
}

onEachBackend("gradients of every node are those of differences, on any shape", async (name) => {
  const perNode = name === "webgpu" ? 2 : 12;
  for (const node of nodes) {
    let smooth = 0;
    const seen: string[] = [];
    await fc.assert(
      fc.asyncProperty(node, fc.nat({ max: 1e6 }), async (given, from) => {
        const { exact, near, kink } = await slopes(given, from);
        const scale = Math.max(1, Math.abs(near));
        seen.push(given.text);
        // At a relu's corner, or where a winner changes, differences do not tell the slope.
        if (kink > 2e-3 * scale) return;
        smooth++;
        // float32 values around 1 over 0.01, and what a small kink leaves unseen.
        const error = Math.abs(exact - near) / scale;
        assert(error < 5e-3, `${given.text} on [${given.shape}]: ${exact}, by differences ${near}`);
      }),
      { numRuns: perNode, seed: 26, endOnFailure: true },
    );
    assertGreater(smooth, 0, `${seen[0]}: every case had a kink`);
  }
});
