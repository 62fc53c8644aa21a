/**
 * Claim 2: trained from random weights, on simple images and on harder ones, where they can be had.
 *
 * @module
 */
import type { SparrowError } from "../../../graph/error.ts";
import { pipe, RTE, TE } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { type DataEnv, denoDataEnv } from "../../data/environment.ts";
import { loadImages } from "../../data/images.ts";
import type { Env } from "../../core/env.ts";
import { linearAxis } from "../../report/axis.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import { mean, plusMinus } from "../../report/format.ts";
import { type Claim, type Findings, lengthOf } from "./claim.ts";
import { kwta, measure, measureFirst, type Outcome, softmax, trainAll } from "./recipes.ts";

/** Result of the search for a dataset. */
export type Sought =
  | {
    /** The dataset. */
    readonly found: Dataset<ImageSplit>;
  }
  | {
    /** The name of one that is nowhere to be had: "CIFAR-10". */
    readonly missing: string;
  };

/** The datasets in question. Only the smaller one is worth a download for one claim. */
const candidates = [
  { dataset: "fashion_mnist", download: true },
  { dataset: "cifar10", download: false },
] as const;

/**
 * Fashion-MNIST and CIFAR-10, or a part of it, each from the place where `loadImages` finds it; both
 * of them only from this machine in a quick form.
 *
 * @returns A dataset or a missing one for each; the error of a damaged copy.
 */
export const harderImages = (
  quick: boolean,
  env: DataEnv,
): TE.TaskEither<SparrowError, readonly Sought[]> =>
  TE.traverseSeqArray(({ dataset, download }: typeof candidates[number]) =>
    sought(
      loadImages({ dataset, seed: 0 }, download && !quick ? env : { ...env, fetch: offline }),
    )
  )(candidates);

const sought = (
  load: TE.TaskEither<SparrowError, Dataset<ImageSplit>>,
): TE.TaskEither<SparrowError, Sought> =>
  pipe(
    load,
    TE.map((found): Sought => ({ found })),
    TE.orElse((error): TE.TaskEither<SparrowError, Sought> =>
      error._tag === "DatasetUnavailable" ? TE.right({ missing: error.dataset }) : TE.left(error)
    ),
  );

const offline: DataEnv["fetch"] = () =>
  Promise.reject(new Error("it is not downloaded for a claim"));

/** The part of softmax's accuracy that is to be reached. */
const PART = 0.95;

/** One dataset's outcomes. */
interface OnDataset {
  readonly dataset: string;
  readonly softmax: Outcome;
  readonly kwta: Outcome;
}

/**
 * The encoder and the baseline of claim 1, from random weights, on the simple dataset and on harder
 * ones.
 *
 * @param harder Where those come from: given whether a quick form is wanted.
 */
export const fromScratchWith = (
  harder: (quick: boolean) => TE.TaskEither<SparrowError, readonly Sought[]>,
): Claim => ({
  number: 2,
  title: "kWTA can be trained from random weights, on simple images and on harder ones",
  criterion:
    `On every dataset the mean test accuracy of kWTA, trained from random weights, is at ` +
    `least ${PART} of that of softmax, trained alike.`,
  test: (setting) =>
    pipe(
      RTE.fromTaskEither<SparrowError, readonly Sought[], Env>(harder(setting.quick)),
      RTE.chain((sought) =>
        pipe(
          [
            setting.dataset,
            ...sought.flatMap((one) =>
              "found" in one && one.found.name !== setting.dataset.name ? [one.found] : []
            ),
          ],
          RTE.traverseSeqArray((dataset) => {
            const length = lengthOf({ dataset, quick: setting.quick });
            return pipe(
              trainAll(setting.seeds, [softmax(length), kwta(length)]),
              RTE.map(([softmax, kwta]): OnDataset => ({ dataset: dataset.name, softmax, kwta })),
            );
          }),
          RTE.map((outcomes) =>
            findings(outcomes, sought.flatMap((one) => "missing" in one ? [one.missing] : []))
          ),
        )
      ),
    ),
});

/** Claim about training from scratch, with Fashion-MNIST and CIFAR-10 where they are available. */
export const fromScratch: Claim = fromScratchWith((quick) => harderImages(quick, denoDataEnv));

function findings(outcomes: readonly OnDataset[], missing: readonly string[]): Findings {
  const rows = outcomes.map(({ dataset, softmax, kwta }) => ({
    dataset,
    untrained: measureFirst(`test accuracy on ${dataset}, untrained kWTA`, kwta, "accuracy"),
    kwta: measure(`test accuracy on ${dataset}, kWTA`, kwta, "accuracy"),
    softmax: measure(`test accuracy on ${dataset}, softmax`, softmax, "accuracy"),
  }));
  const results = rows.map(({ dataset, kwta, softmax }) =>
    `on ${dataset} kWTA reaches ${plusMinus(kwta.values)} and softmax ${plusMinus(softmax.values)}`
  );
  const sentence = `From random weights, ${results.join("; ")}.`;
  const verdict = missing.length === 0
    ? sentence
    : `${sentence} Not tested for want of the data: ${missing.join(", ")}.`;
  const series = ([
    ["untrained kWTA", palette.grey, "untrained"],
    ["softmax", palette.orange, "softmax"],
    ["kWTA", palette.blue, "kwta"],
  ] as const).map(([label, colour, key]) => ({
    label,
    colour,
    values: rows.map((row) => row[key].values),
  }));
  return {
    holds: rows.every(({ kwta, softmax }) => mean(kwta.values) >= PART * mean(softmax.values)),
    verdict,
    measured: rows.flatMap(({ untrained, kwta, softmax }) => [untrained, kwta, softmax]),
    figure: panelFigure({
      id: "from-scratch",
      title: "Training from random weights",
      caption: "The layers of Claim 1, from random weights, on each dataset that was at hand.",
      panels: [{
        yLabel: "test accuracy (fraction correct)",
        xLabel: "",
        categories: rows.map(({ dataset }) => dataset),
        series,
        axis: linearAxis(0, 1),
      }],
    }),
  };
}
