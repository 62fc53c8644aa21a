/**
 * The stages that measure how far the weights move.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import type { ParamArrays } from "../../graph/params.ts";
import { distanceFromInitial, signFlips } from "../../ops/metrics/weight_change.ts";
import type { Row } from "../history.ts";
import { toArrays } from "../run.ts";
import { pipeline, type Stage, stage } from "../stage.ts";

/**
 * The stages that are made of the weights as they are when the run gets there: a bind, for stages that
 * compare later weights with them.
 *
 * It is how {@linkcode watchWeights} comes by the weights from before training. A stage is a function
 * from run to run and remembers nothing from one epoch to the next, and a field of the run would have
 * every run carry a copy of its weights; so they are an argument, and end with the stages that use it.
 * A run that is resumed starts from the weights that it is resumed with.
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
 * @param initial W₀, from {@linkcode withWeights}; without it only signs are compared.
 *
 * @example
 * ```ts
 * import { watchWeights, withWeights } from "./watch_weights.ts";
 * import { train } from "./train.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../env.ts";
 * import { rowsNamed } from "../history.ts";
 * import { createRun, dispose } from "../run.ts";
 * import { repeat } from "../stage.ts";
 * import { E } from "../../graph/fp_ts.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/sup_con.ts";
 * import { sgd } from "../../ops/optimisers/sgd.ts";
 *
 * const { train: data } = strokes({ seed: 1, train: 40, test: 10 });
 * const optimiser = sgd({ learningRate: 0.1 });
 * const epoch = train({ data, loss: supConLoss() });
 * const backend = await startBackend("cpu")();
 * const run = createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser });
 * if (E.isLeft(run) || E.isLeft(backend)) throw new Error("no start");
 *
 * const experiment = withWeights((initial) => repeat(2)(watchWeights(epoch, initial)));
 * const done = await experiment(run.right)(quietEnv(backend.right))();
 * if (E.isLeft(done)) throw new Error("no end");
 * const [first, second] = rowsNamed(done.right.history, "distance_from_initial:0.weight");
 * if (!(0 < first.value && first.value < second.value)) throw new Error("it stood still");
 * dispose(done.right);
 * ```
 */
export const watchWeights = (body: Stage, initial: ParamArrays = {}): Stage =>
  withWeights((before) => pipeline(body, addRows(before, initial)));

const addRows = (before: ParamArrays, initial: ParamArrays): Stage =>
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
