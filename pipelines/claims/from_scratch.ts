/**
 * Claim 2: kWTA from random weights.
 *
 * @module
 */
import { pipe, RTE, type TE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import { denoDataEnv } from "../data/environment.ts";
import type { Env } from "../env.ts";
import { linearAxis } from "../report/axis.ts";
import type { Claim, Findings } from "./claim.ts";
import { harderImages, type Sought } from "./harder.ts";
import { lengthOf } from "./length.ts";
import { palette, panelFigure } from "../report/panel.ts";
import { kwta, softmax } from "./recipes.ts";
import { mean, plusMinus } from "../report/statistics.ts";
import { measure, measureFirst, type Outcome, trainAll } from "./variant.ts";

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

/** With Fashion-MNIST and CIFAR-10, where they are at hand. */
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
