/**
 * The stage that measures the gradients of the stages in it.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { gradientStatistics, type GradientSums, sumGradients } from "../../ops/gradient_sums.ts";
import { tf } from "../../ops/tfjs.ts";
import type { ObserveGradients } from "../../ops/train_step.ts";
import type { Row } from "../history.ts";
import { pipeline, type Stage, stage } from "../stage.ts";

/**
 * Runs stages that are given an observer of gradients, and adds what it saw to the history, over
 * all of their steps.
 *
 *     watchGradients((observe) => train({ …, observe }))
 *
 * A stage around `train` and no option of it, so that without it a step does nothing more than before.
 * The gradients stay on the backend, where moments are summed, and are read once, at the end.
 *
 * Rows, for "train", of every weight that had a gradient, each name followed by a colon and the
 * weight's path, as in "gradient_norm:0.weight": "gradient_norm" (mean over the steps of the L2 norm),
 * "gradient_mean" (norm of the mean gradient over that of the weights), "gradient_deviation" (norm of
 * the standard deviations over that of the weights) and "gradient_snr", the ratio of the two: above 1
 * training drifts down the loss, below 1 it diffuses. What is undefined or not finite is left out, as
 * the ratio is after a single step. The gradients are those of the loss, before clipping, weight decay
 * and freezing; a batch without a term counts with a gradient of 0.
 *
 * Source: Monitor.update_grad_norm, which takes the last step's norm, and
 * Monitor.update_gradient_signal_to_noise_ratio of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @param body Is called with a fresh observer each time the stage runs: stages of one epoch, usually.
 *
 * @example
 * ```ts
 * import { watchGradients } from "./watch_gradients.ts";
 * import { train } from "./train.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../env.ts";
 * import { latest } from "../history.ts";
 * import { createRun, dispose } from "../run.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { orThrow } from "../../graph/or_throw.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/sup_con.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assertGreater } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train: data } = strokes({ seed: 1, train: 60, test: 10 });
 * const optimiser = sgd({ learningRate: 0.1 });
 * const options = { data, loss: supConLoss(), batchSize: 20 };
 * const backend = await startBackend("cpu")();
 * const run = createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser });
 * if (E.isLeft(run) || E.isLeft(backend)) throw new Error("no start");
 *
 * const epoch = watchGradients((observe) => train({ ...options, observe }));
 * const done = await epoch(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error("no end");
 * assertGreater(orThrow(latest(done.right.history, "gradient_snr:0.weight")), 0);
 * dispose(done.right);
 * ```
 */
export const watchGradients =
  (body: (observe: ObserveGradients) => Stage): Stage => (run) => (env) => async () => {
    let sums: GradientSums = {};
    const observed: Stage = body((gradients) => {
      sums = sumGradients(sums, gradients);
    });
    try {
      return await pipeline(observed, addRows(() => sums))(run)(env)();
    } finally {
      tf.dispose(sums as unknown as tf.TensorContainer);
    }
  };

const addRows = (sums: () => GradientSums): Stage =>
  stage(async (run) => {
    const statistics = await gradientStatistics(sums(), run.params);
    const { epoch, step } = run;
    const rows = Object.entries(statistics).flatMap(([path, one]) =>
      ([
        ["gradient_norm", one.norm],
        ["gradient_mean", one.mean],
        ["gradient_deviation", one.deviation],
        ["gradient_snr", one.signalToNoise],
      ] as const).flatMap(([name, value]): readonly Row[] =>
        value === null || !Number.isFinite(value)
          ? []
          : [{ epoch, step, split: "train", name: `${name}:${path}`, value }]
      )
    );
    return E.right({ ...run, history: [...run.history, ...rows] });
  });
