/**
 * Trains a code of winners for float vectors: one layer that begins as random rotations and learns that codes overlap as
 * their vectors are near.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import type { SparrowError } from "../../../graph/error.ts";
import type { ParamArrays } from "../../../graph/params.ts";
import { kwta, linear } from "../../../graph/constructors.ts";
import { sequence } from "../../../graph/compose.ts";
import { rankDistillationLoss } from "../../../ops/losses/distillation.ts";
import { adam } from "../../../ops/optimisers/adam.ts";
import type { LinearCoder } from "../../../ops/codes/coders.ts";
import type { DenseEmbeddings } from "../../../ops/embeddings.ts";
import { winnerCount } from "../../../ops/kernels/select_edges.ts";
import type { Env } from "../../core/env.ts";
import type { History } from "../../core/history.ts";
import { createRun, dispose } from "../../core/run.ts";
import { repeat } from "../../core/stage.ts";
import type { Dataset, DataSplit } from "../../data/dataset.ts";
import type { ModelFile } from "../../files/model.ts";
import { modelOf } from "../../stages/save.ts";
import { train } from "../../stages/train.ts";

/** Options of the training. */
export interface TrainKwtaOptions {
  /** Part of the units that win, in (0, 1). */
  readonly sparsity: number;
  /** Epochs, at least 1. */
  readonly epochs: number;
  /** Name of the vectors, for the model. */
  readonly name: string;
}

/** A trained code of winners. */
export interface TrainedKwta {
  /** The coder. */
  readonly coder: LinearCoder;
  /**
   * Coder as a model: a layer and kWTA. The layer has a bias where the coder that it began as takes a mean out; then it
   * needs vectors of length 1, else any.
   */
  readonly model: ModelFile;
  /** Losses by epoch. */
  readonly history: History;
}

/** Temperatures of cosines and of overlaps: so low that only near vectors of a batch count. */
const TEMPERATURES = { inputTemperature: 0.02, codeTemperature: 0.03 };

/** Samples per step: more have nearer neighbours among them. */
const BATCH = 512;

/** Slope of the winners' gate, and length of the directions at first: projections of unit vectors are small. */
const [HARDNESS, LENGTH] = [10, 5];

/**
 * Trains a code of winners.
 *
 * @param vectors Vectors of length 1.
 * @param begin The coder to begin with: its directions, as many as the code has units.
 * @param env On the backend that it is trained on.
 * @returns The code; what training refuses, and `Interrupted`.
 */
export async function trainKwta(
  vectors: DenseEmbeddings,
  begin: LinearCoder,
  { sparsity, epochs, name }: TrainKwtaOptions,
  env: Env,
): Promise<E.Either<SparrowError, TrainedKwta>> {
  const { inputs, width } = begin;
  const bias = begin.offsets.some((offset) => offset !== 0);
  const graph = sequence(
    linear(inputs, width, { bias }),
    kwta(sparsity, { hardness: HARDNESS }),
  );
  const weight = turned(begin.directions, width, inputs).map((value) => LENGTH * value);
  const run = createRun({
    graph,
    optimiser: adam({ learningRate: 1e-3 }),
    params: {
      "0.weight": { shape: [inputs, width], data: weight },
      ...bias
        ? { "0.bias": { shape: [width], data: begin.offsets.map((offset) => LENGTH * offset) } }
        : {},
    },
  });
  if (E.isLeft(run)) return run;
  const split: DataSplit = {
    count: vectors.count,
    values: vectors.values,
    labels: null,
    normalisation: { mean: [0], std: [1] },
  };
  const loss = rankDistillationLoss(TEMPERATURES);
  const epoch = train({ data: split, loss, batchSize: BATCH });
  const done = await repeat(epochs)(epoch)(run.right)(env)();
  if (E.isLeft(done)) return done;
  const trained = done.right;
  const model = await modelOf(trained, { name, train: split } as Dataset)();
  const { history } = trained;
  dispose(trained);
  return E.map((model: ModelFile) => ({
    coder: coderOf(model.params, begin, sparsity),
    model,
    history,
  }))(model);
}

const coderOf = (
  params: ParamArrays,
  { kind, inputs, width, offsets }: LinearCoder,
  sparsity: number,
): LinearCoder => ({
  kind,
  inputs,
  width,
  directions: turned(params["0.weight"].data, inputs, width),
  offsets: Object.hasOwn(params, "0.bias") ? Float32Array.from(params["0.bias"].data) : offsets,
  winners: winnerCount(sparsity, width),
});

/** A matrix [rows, columns] with its columns as rows. */
const turned = (matrix: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(
    { length: matrix.length },
    (_, at) => matrix[at % rows * columns + Math.floor(at / rows)],
  );
