/**
 * Encoding: images, which are bytes, to packed codes; and where its time goes.
 *
 * "images to packed codes" is `encode` as the evaluation calls it, on the training set. The others are
 * its parts on one batch of 1,000 images: bytes gathered and normalised; the upload of the numbers;
 * the forward pass of numbers that are there; the same with its result read back, in whose time the
 * pass is too; the packing of zeros and ones into words.
 *
 * @module
 */
import { lower } from "../../../ops/interpreter.ts";
import { packRows, wordsPerCode } from "../../../ops/embeddings.ts";
import { tf } from "../../../ops/tfjs.ts";
import { normaliser } from "../../../pipelines/data/normalise.ts";
import { encode } from "../../../pipelines/encode/encode.ts";
import { quietEnv } from "../../../pipelines/core/env.ts";
import { dispose } from "../../../pipelines/core/run.ts";
import type { Case } from "../measure.ts";
import { encoder, freshRun, unwrap } from "../mnist_encoder.ts";
import type { Bed, Subject } from "../subject.ts";

/** Number of samples in a batch, as in `encode`. */
const AT_ONCE = 1000;
const WIDTH = 512;

/** Encoding on every backend. */
export const encoding: Subject = {
  name: "encoding",
  where: "device",
  cases: (bed) => [whole(bed), ...onDevice(bed)],
};

/** Parts of encoding that run on the host. */
export const encodingOnHost: Subject = {
  name: "encoding on the host",
  where: "host",
  cases: (bed) => {
    const { count, work, values, fill } = batch(bed);
    const rows = Float32Array.from(
      { length: count * WIDTH },
      // 26 of 512, never two in a row of bits.
      (_, i) => i % WIDTH % 19 === 0 && i % WIDTH < 26 * 19 ? 1 : 0,
    );
    const words = new Uint32Array(count * wordsPerCode(WIDTH));
    const nothing = () => {};
    return [
      {
        name: `gather ${count}`,
        work,
        prepare: () => ({ call: () => fill(values), dispose: nothing }),
      },
      {
        name: `pack ${count} × ${WIDTH}`,
        work,
        prepare: () => ({
          call: () => packRows(rows, WIDTH, words.fill(0), 0),
          dispose: nothing,
        }),
      },
    ];
  },
};

function batch({ data: { train } }: Bed) {
  const count = Math.min(AT_ONCE, train.count);
  const picks = Uint32Array.from({ length: count }, (_, i) => i);
  const gather = normaliser(train.normalisation);
  const values = new Float32Array(count * 784);
  const fill = (into: typeof values) => gather(train, 784, picks, into);
  return { count, work: { count, what: "images" }, values, fill };
}

function whole({ backend, data: { train } }: Bed): Case {
  return {
    name: `${train.count} images to packed codes`,
    work: { count: train.count, what: "images" },
    prepare: () => {
      const run = freshRun();
      const env = quietEnv(backend);
      return {
        call: async () => {
          unwrap(await encode(run, train, { env })());
        },
        dispose: () => dispose(run),
      };
    },
  };
}

function onDevice(bed: Bed): readonly Case[] {
  const { count, work, values, fill } = batch(bed);
  const { evaluate } = lower(encoder);
  const forward = (read: boolean): Case["prepare"] => () => {
    const run = freshRun();
    const x = tf.tensor2d(fill(values), [count, 784]);
    const once = () => tf.tidy(() => evaluate(run, x) as tf.Tensor);
    return {
      call: read
        ? async () => {
          const codes = once();
          await codes.data();
          codes.dispose();
        }
        : () => {
          once().dispose();
        },
      dispose: () => {
        x.dispose();
        dispose(run);
      },
    };
  };
  return [
    {
      name: `upload ${count} × 784`,
      work,
      prepare: () => {
        fill(values);
        return {
          call: () => {
            // Without an operation on it a tensor stays on the host.
            tf.dispose(tf.tidy(() => tf.neg(tf.slice(tf.tensor2d(values, [count, 784]), 0, 1))));
          },
          dispose: () => {},
        };
      },
    },
    { name: `forward ${count}`, work, prepare: forward(false) },
    { name: `forward ${count}, read back`, work, prepare: forward(true) },
  ];
}
