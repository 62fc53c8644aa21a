/**
 * Claim 3: kWTA on a trunk that was trained with cross entropy.
 *
 * @module
 */
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import { graph } from "../../../graph/parse.ts";
import { sizeOf } from "../../../graph/shape.ts";
import { contrastiveLoss } from "../../../ops/losses/contrastive.ts";
import { crossEntropyLoss } from "../../../ops/losses/cross_entropy.ts";
import { chain } from "../../../ops/optimisers/chain.ts";
import { freeze } from "../../../ops/optimisers/transforms.ts";
import { fractionAxis } from "../../report/axis.ts";
import { type History, rowsNamed } from "../../core/history.ts";
import { pipeline, repeat } from "../../core/stage.ts";
import { evaluate } from "../../stages/evaluate.ts";
import { newHead } from "../../stages/new_head.ts";
import { type Claim, type Length, lengthOf, type Measured } from "./claim.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import {
  epochOf,
  type Outcome,
  type Recipe,
  referenceOptimiser,
  trainAll,
  type Variant,
} from "./recipes.ts";
import { mean, plusMinus } from "../../report/format.ts";

/** Largest loss of accuracy, against the classifier, at which the claim holds. */
const MARGIN = 0.005;

/** The recipe of the classifier, as in `pretrain_then_kwta.ts`. */
const pretraining: Recipe = {
  loss: crossEntropyLoss(),
  optimiser: referenceOptimiser,
};
const coding: Recipe = {
  loss: contrastiveLoss({ margin: 0.5 }),
  optimiser: () => chain(freeze("0", "2"), referenceOptimiser()),
};
/** The trunk: all of the classifier but its last layer. */
const keep = 4;
const head = graph`linear(64, 512, bias=false) ▷ kwta(0.05)`;

/** Three evaluations: of the classifier, of a random head on its trunk, and of the trained head. */
const pretrainedThenCoded = (length: Length): Variant => {
  const { dataset, epochs } = length;
  const inputs = sizeOf(dataset.shape);
  const classes = dataset.classes.length;
  return {
    name: "pretraining, then kWTA",
    begin: {
      graph: graph`linear(${inputs}, 256) ▷ relu ▷ linear(256, 64) ▷ relu ▷ linear(64, ${classes})`,
      optimiser: pretraining.optimiser(epochs),
    },
    stages: pipeline(
      repeat(epochs)(epochOf(pretraining, length)),
      evaluate(dataset, { by: "argmax" }),
      newHead({ keep, head, optimiser: coding.optimiser(epochs) }),
      evaluate(dataset),
      // The schedule goes by the run's epochs, so that it goes on where the pretraining ended.
      repeat(epochs)(epochOf(coding, length)),
      evaluate(dataset),
    ),
  };
};

/**
 * Claim 3, kWTA on a pretrained trunk: 784-256-64-10 with cross entropy; then the trunk frozen, the last layer swapped
 * for linear(64, 512) ▷ kwta(0.05) and only that trained, with the contrastive loss, for as many epochs.
 */
export const pretrained: Claim = {
  number: 3,
  title: "kWTA can be trained on a network that was pretrained with cross entropy",
  criterion: `With the last layer swapped for linear ▷ kWTA and the trunk frozen, the mean test ` +
    `accuracy is at most ${MARGIN} below that of the pretrained classifier.`,
  test: (setting) => {
    const length = lengthOf(setting);
    return pipe(
      trainAll(setting.seeds, [pretrainedThenCoded(length)]),
      RTE.map(([outcome]) => {
        const [classifier, random, coded] = [
          nth("test accuracy, pretrained classifier", outcome, 0),
          nth("test accuracy, random head ▷ kWTA", outcome, 1),
          nth("test accuracy, trained head ▷ kWTA", outcome, 2),
        ];
        const verdict = `On the frozen trunk kWTA reaches a test accuracy of ` +
          `${plusMinus(coded.values)} where the classifier had ${plusMinus(classifier.values)}; ` +
          `with a random head it is ${plusMinus(random.values)}.`;
        const measured = [classifier, random, coded];
        return {
          holds: mean(coded.values) >= mean(classifier.values) - MARGIN,
          verdict,
          measured,
          figure: panelFigure({
            id: "pretrained",
            title: "A kWTA head on a pretrained trunk",
            caption: "A trained trunk, frozen, under three heads.",
            panels: [{
              yLabel: "test accuracy (fraction correct)",
              xLabel: "",
              categories: ["classifier", "random head", "trained head"],
              series: [
                {
                  label: "softmax",
                  colour: palette.orange,
                  values: [classifier.values, null, null],
                },
                {
                  label: "kWTA",
                  colour: palette.blue,
                  values: [null, random.values, coded.values],
                },
              ],
              axis: fractionAxis(measured.flatMap(({ values }) => values)),
            }],
          }),
        };
      }),
    );
  },
};

/** The test accuracy of the evaluation with that number. */
const nth = (name: string, outcome: Outcome, i: number): Measured => ({
  name,
  unit: "",
  values: outcome.map((history: History) =>
    rowsNamed(history, "accuracy", "test")[i]?.value ?? NaN
  ),
});
