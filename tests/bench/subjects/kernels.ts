/**
 * Each kernel at several sizes, on tensors that are there; with " gradient" the forward pass is in the
 * time too, as the tape needs it. In the time is tfjs's dispatch, and the disposal of the results.
 *
 * Products of digits have a name of their own: most of an image is one number, which the SIMD kernels
 * make use of.
 *
 * @module
 */
import { draw, seed } from "../../../graph/rng.ts";
import { batchNorm, conv2d, linear, maxPool2d } from "../../../ops/layers.ts";
import { columnSums } from "../../../ops/kernels/mat_mul.ts";
import { hardKwta, softKwta } from "../../../ops/kwta.ts";
import { tripletCosine } from "../../../ops/losses/triplet.ts";
import { fusedAdam } from "../../../ops/optimisers/chain.ts";
import { tf } from "../../../ops/tfjs.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import type { Case } from "../measure.ts";
import type { Bed, Subject } from "../subject.ts";

/** A function of tensors, and the shapes of what it is given. */
interface Kernel {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  // deno-lint-ignore no-explicit-any -- each takes tensors of its own ranks
  readonly run: (...inputs: any[]) => tf.TensorContainer;
}

/** Kernels on every backend. */
export const kernels: Subject = {
  name: "kernels",
  where: "device",
  cases: (bed) => [
    ...linearCases(bed),
    ...kwtaCases(bed),
    ...lossCases(bed),
    ...adamCases(bed),
    ...imageCases(bed),
  ],
};

function linearCases({ data, short }: Bed): readonly Case[] {
  const sizes = short ? [[16, 784, 8]] : [[256, 784, 64], [256, 64, 512], [1000, 784, 64], [
    1024,
    1024,
    1024,
  ]];
  const ofNoise = sizes.flatMap(([m, k, n]) => {
    const inputs = [[m, k], [k, n], [n]];
    return [
      kernel({ name: `linear ${m} × ${k} → ${n}`, inputs, run: linear }),
      kernel({
        name: `linear gradient ${m} × ${k} → ${n}`,
        inputs: [...inputs, [m, n]],
        run: (x, w, b, dy) =>
          tf.grads(linear as (...inputs: tf.Tensor[]) => tf.Tensor)([x, w, b], dy),
      }),
    ];
  });
  const m = short ? 16 : 256;
  const digits = (): tf.Tensor => {
    const picks = Uint32Array.from({ length: m }, (_, i) => i);
    return tf.tensor2d(normaliser(data.train.normalisation)(data.train, 784, picks), [m, 784]);
  };
  const ofDigits: Case = {
    name: `linear ${m} × 784 → 64, digits`,
    prepare: () => prepared([digits(), ...[[784, 64], [64]].map(noise)], linear),
  };
  const sums = kernel({ name: `column sums ${m} × 512`, inputs: [[m, 512]], run: columnSums });
  return [...ofNoise, ofDigits, sums];
}

function kwtaCases({ short }: Bed): readonly Case[] {
  const sizes = short ? [[8, 64]] : [[256, 512], [1000, 512], [256, 4096]];
  return sizes.flatMap((size) => {
    const shown = size.join(" × ");
    const soft = (x: tf.Tensor) => softKwta(x, 0.05, 2);
    return [
      kernel({ name: `hard kWTA ${shown}`, inputs: [size], run: (x) => hardKwta(x, 0.05) }),
      kernel({ name: `soft kWTA ${shown}`, inputs: [size], run: soft }),
      kernel({
        name: `soft kWTA gradient ${shown}`,
        inputs: [size, size],
        run: (x, dy) => tf.grad(soft)(x, dy),
      }),
    ];
  });
}

function lossCases({ short }: Bed): readonly Case[] {
  // Of 10 draws per sample in ten classes, 9 of 100 are valid.
  const sizes = short ? [[8, 64]] : [[256, 512], [1024, 512]];
  return sizes.map(([rows, units]) => {
    const count = Math.ceil(0.9 * rows);
    const [triplets] = draw(
      seed(26),
      ({ integer }) => Int32Array.from({ length: 3 * count }, () => integer(0, rows - 1)),
    );
    return kernel({
      name: `triplet cosine gradient ${rows} × ${units}, ${count} triplets`,
      inputs: [[rows, units]],
      run: (codes) =>
        tf.grad((x: tf.Tensor) => tripletCosine(x as tf.Tensor2D, triplets, 0.5))(codes),
    });
  });
}

function adamCases({ short }: Bed): readonly Case[] {
  const attributes = {
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 1e-5,
    decoupledDecay: 0,
    step: 1,
  };
  return (short ? [64] : [784 * 64, 1024 * 1024]).map((size) =>
    kernel({
      name: `Adam ${size}`,
      inputs: [[size], [size], [size], [size]],
      run: (param, gradient, first, second) => [
        ...fusedAdam([{ param, gradient, first, second }], attributes)[0],
      ],
    })
  );
}

function imageCases({ short }: Bed): readonly Case[] {
  const sizes = short ? [[2, 12]] : [[64, 28], [256, 28]];
  return sizes.flatMap(([n, side]) => {
    const convolve = (x: tf.Tensor, w: tf.Tensor) =>
      conv2d(x as tf.Tensor4D, w as tf.Tensor4D, undefined, { stride: 1, padding: 1 });
    const pool = (x: tf.Tensor) => maxPool2d(x as tf.Tensor4D, 3, 3);
    const norm = (x: tf.Tensor) => batchNorm(x, {}, 1e-5)[0];
    const maps = [n, side, side, 8];
    const shown = `${n} × ${side}² × 8`;
    return [
      kernel({
        name: `conv 3 × 3 gradient ${shown}`,
        inputs: [maps, [3, 3, 8, 8], maps],
        run: (x, w, dy) => tf.grads(convolve)([x, w], dy),
      }),
      kernel({
        name: `max pool 3 gradient ${shown}`,
        inputs: [maps],
        run: (x) => tf.grad(pool)(x),
      }),
      kernel({
        name: `batch norm gradient ${shown}`,
        inputs: [maps, maps],
        run: (x, dy) => tf.grad(norm)(x, dy),
      }),
    ];
  });
}

const kernel = ({ name, inputs, run }: Kernel): Case => ({
  name,
  prepare: () => prepared(inputs.map(noise), run),
});

const prepared = (inputs: readonly tf.Tensor[], run: Kernel["run"]) => ({
  call: () => tf.dispose(tf.tidy(() => run(...inputs))),
  dispose: () => tf.dispose([...inputs]),
});

/** Uniform in [0, 1): a second moment has no sign. */
function noise(shape: readonly number[], number: number): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const [values] = draw(
    seed(number),
    ({ unit }) => Float32Array.from({ length: size }, unit),
  );
  return tf.tensor(values, [...shape]);
}
