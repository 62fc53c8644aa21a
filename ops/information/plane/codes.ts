/**
 * The information plane of codes as symbols.
 *
 * @module
 */
import { E, pipe, TE } from "../../../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../../../graph/error.ts";
import type { Embeddings } from "../../embeddings.ts";
import { entropy } from "../discrete/entropy.ts";
import { type LayerInformation, layerInformation } from "../discrete/mutual_information.ts";
import { checkSamples, type Samples } from "../samples.ts";
import { symbolsOfCodes, symbolsOfRows } from "../discrete/symbols.ts";
import type { PlaneEstimator, PlanePoint, PlaneTask } from "./estimator.ts";

/**
 * Takes each whole code as one symbol, and counts.
 *
 * An evaluated layer is a function of its input, so I(X;T) = H(T), and where no two images are equal
 * this is exact on the sample. As an estimate of the population it saturates: where nearly every image
 * has a code of its own, H(T) is near log₂ n and I(T;Y) near H(Y), whatever the code is worth. It tells
 * about small or collapsed codes, not about 512 bits. A real-valued layer is refused: see `binnedPlane`.
 *
 * @example
 * ```ts
 * import { codesPlane } from "./codes.ts";
 * import { E } from "../../../graph/fp_ts.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const inputs = { count: 4, width: 1, values: Float32Array.of(1, 2, 3, 4) };
 * const task = await codesPlane().prepare(inputs, [0, 0, 1, 1], seed(1))();
 * if (E.isLeft(task)) throw new Error("no task");
 * const words = Uint32Array.of(1, 1, 2, 4);
 * assertEquals(
 *   await task.right.locate({ kind: "binary", count: 4, width: 3, words })(),
 *   E.right({ input: 1.5, label: 1, varianceKept: null }),
 * );
 * ```
 */
export const codesPlane = (): PlaneEstimator => ({
  name: "codes",
  problem: null,
  prepare: (inputs, labels) => TE.fromEither(pipe(inputBound(inputs), E.map(taskOf(labels)))),
});

const taskOf = (labels: ArrayLike<number>) => (inputEntropy: number): PlaneTask => ({
  inputEntropy,
  inputVarianceKept: null,
  locate: (layer) =>
    TE.fromEither(pipe(
      codeSymbols(layer),
      E.chain((symbols) => layerInformation(symbols, labels)),
      E.map(pointOf),
    )),
});

function codeSymbols(layer: Embeddings): E.Either<InvalidOption, Int32Array> {
  if (layer.kind === "binary") return E.right(symbolsOfCodes(layer));
  return E.left(invalidOption("layer", "real-valued outputs", "binary codes, those of a kWTA"));
}

/** H(X) of the sample in bits: equal inputs are one symbol. */
export const inputBound = (inputs: Samples): E.Either<InvalidOption, number> => {
  const bad = checkSamples("inputs", inputs);
  if (bad !== null) return E.left(bad);
  // The same numbers, bit by bit: two words of 32 for each of 64.
  const { values, width } = inputs;
  const words = values.BYTES_PER_ELEMENT / Int32Array.BYTES_PER_ELEMENT;
  const bits = new Int32Array(values.slice().buffer);
  return entropy(symbolsOfRows(bits, width * words));
};

/** As a point of the plane. */
export const pointOf = (information: LayerInformation): PlanePoint => ({
  ...information,
  varianceKept: null,
});
