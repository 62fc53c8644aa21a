/**
 * Stages around a training that measure its gradients and how far its weights move.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { gradientStatistics, type GradientSums, sumGradients } from "../../ops/gradient_signal.ts";
import { distanceFromInitial, signFlips } from "../../ops/metrics/weight_change.ts";
import { tf } from "../../ops/tfjs.ts";
import type { ObserveGradients } from "../../ops/train_step.ts";
import type { Row } from "../core/history.ts";
import { toArrays } from "../core/run.ts";
import { pipeline, type Stage, stage } from "../core/stage.ts";

/**
 * Runs stages that are given an observer of gradients, and adds statistics of all their steps to the history.
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
 * @param body Makes the stages, usually of one epoch; it is called with a fresh observer each time.
 *
 * @example
 * ```ts
 * import { watchGradients } from "./watch.ts";
 * import { train } from "./train.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { latest } from "../core/history.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/contrastive.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assertGreater } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train: data } = strokes({ seed: 1, train: 60, test: 10 });
 * const optimiser = sgd({ learningRate: 0.1 });
 * const options = { data, loss: supConLoss(), batchSize: 20 };
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser }));
 *
 * const epoch = watchGradients((observe) => train({ ...options, observe }));
 * const done = await orThrow(epoch(run)(quietEnv(backend)));
 * assertGreater(orThrow(latest(done.history, "gradient_snr:0.weight")), 0);
 * dispose(done);
 * ```
 */
export const watchGradients =
  (body: (observe: ObserveGradients) => Stage): Stage => (run) => (env) => async () => {
    let sums: GradientSums = {};
    const observed: Stage = body((gradients) => {
      sums = sumGradients(sums, gradients);
    });
    try {
      return await pipeline(observed, addGradientRows(() => sums))(run)(env)();
    } finally {
      tf.dispose(sums as unknown as tf.TensorContainer);
    }
  };

const addGradientRows = (sums: () => GradientSums): Stage =>
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

// ---- Weights

/**
 * Makes stages from the run's present weights (a bind), for stages that compare later weights with them.
 *
 * It is how {@linkcode watchWeights} comes by the weights from before training. A stage is a function
 * from run to run and remembers nothing from one epoch to the next, and a field of the run would have
 * every run carry a copy of its weights; so they are an argument, and end with the stages that use it.
 * A run that is resumed starts from the weights that it is resumed with.
 *
 * @param body Function that makes the stages from the weights.
 */
export const withWeights = (body: (weights: ParamArrays) => Stage): Stage =>
  stage(async (run, env) => body(await toArrays(run.params))(run)(env)());

/**
 * Runs stages, of one epoch usually, and adds to the history how the weights have changed.
 *
 *     withWeights((initial) => repeat(20)(watchWeights(train(…), initial)))
 *
 * Rows, for "run", of every weight that was there before, each name followed by a colon and the
 * weight's path, as in "sign_flips:0.weight": "sign_flips" (how many weights have another sign than
 * before the stages) and, where initial weights are given, "distance_from_initial" (‖W − W₀‖₂ / ‖W₀‖₂).
 * That is left out for weights that began as all zero, as the shift of a batch norm does, and where the
 * initial ones are more, fewer or not there: a new head has no beginning.
 *
 * It reads the weights from the backend twice.
 *
 * Source: ParamRecord.count_sign_flips, which compares after every step, and
 * Monitor.update_initial_difference of dizcza/pytorch-mighty, mighty/monitor/monitor.py.
 *
 * @param body Stages to run.
 * @param initial The initial weights W₀, from {@linkcode withWeights}. @default none, and only signs are compared
 *
 * @example
 * ```ts
 * import { watchWeights, withWeights } from "./watch.ts";
 * import { train } from "./train.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { rowsNamed } from "../core/history.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { repeat } from "../core/stage.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/contrastive.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train: data } = strokes({ seed: 1, train: 40, test: 10 });
 * const optimiser = sgd({ learningRate: 0.1 });
 * const epoch = train({ data, loss: supConLoss() });
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser }));
 *
 * const experiment = withWeights((initial) => repeat(2)(watchWeights(epoch, initial)));
 * const done = await orThrow(experiment(run)(quietEnv(backend)));
 * const [first, second] = rowsNamed(done.history, "distance_from_initial:0.weight");
 * assert(0 < first.value && first.value < second.value);
 * dispose(done);
 * ```
 */
export const watchWeights = (body: Stage, initial: ParamArrays = {}): Stage =>
  withWeights((before) => pipeline(body, addWeightRows(before, initial)));

const addWeightRows = (before: ParamArrays, initial: ParamArrays): Stage =>
  stage(async (run) => {
    const { epoch, step } = run;
    const rows = Object.entries(await toArrays(run.params)).flatMap(([path, { data }]) => {
      const comparable = (past: ParamArrays) =>
        Object.hasOwn(past, path) && past[path].data.length === data.length;
      return ([
        ["sign_flips", comparable(before) ? signFlips(before[path].data, data) : null],
        [
          "distance_from_initial",
          comparable(initial) ? distanceFromInitial(initial[path].data, data) : null,
        ],
      ] as const).flatMap(([name, value]): readonly Row[] =>
        value === null || !Number.isFinite(value)
          ? []
          : [{ epoch, step, split: "run", name: `${name}:${path}`, value }]
      );
    });
    return E.right({ ...run, history: [...run.history, ...rows] });
  });
