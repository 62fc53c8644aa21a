/**
 * Claim 1: kWTA against softmax.
 *
 * @module
 */
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import { fractionAxis } from "../../report/axis.ts";
import { type Claim, lengthOf } from "./claim.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import { kwta, measure, softmax, trainAll } from "./recipes.ts";
import { mean, plusMinus } from "../../report/format.ts";

/** Largest loss of test accuracy, against softmax, at which the claim holds. */
const MARGIN = 0.002;

/**
 * Claim 1, kWTA against softmax. One encoder is 784-64-512 with a kWTA of 5 % and the supervised contrastive loss,
 * classified by the nearest class centroid; the other has the same layers with a relu, a read-out and cross entropy.
 * Both are trained with AdamW, a cosine schedule and as many epochs. On another dataset the inputs are that of its
 * images.
 */
export const competitive: Claim = {
  number: 1,
  title: "kWTA is competitive with softmax cross entropy",
  criterion: `The mean test accuracy of kWTA is at most ${MARGIN} below that of softmax.`,
  test: (setting) => {
    const length = lengthOf(setting);
    return pipe(
      trainAll(setting.seeds, [softmax(length), kwta(length)]),
      RTE.map(([bySoftmax, byKwta]) => {
        const [softmaxTest, kwtaTest, softmaxTrain, kwtaTrain] = [
          measure("test accuracy, softmax", bySoftmax, "accuracy"),
          measure("test accuracy, kWTA", byKwta, "accuracy"),
          measure("train accuracy, softmax", bySoftmax, "accuracy", "train"),
          measure("train accuracy, kWTA", byKwta, "accuracy", "train"),
        ];
        const bits = measure("bits set per test code", byKwta, "active_mean");
        const measured = [softmaxTest, kwtaTest, softmaxTrain, kwtaTrain, bits];
        const verdict = `kWTA reaches a test accuracy of ${plusMinus(kwtaTest.values)} and ` +
          `softmax ${plusMinus(softmaxTest.values)}, after ${length.epochs} epochs.`;
        return {
          holds: mean(kwtaTest.values) >= mean(softmaxTest.values) - MARGIN,
          verdict,
          measured,
          figure: panelFigure({
            id: "competitive",
            title: "kWTA against softmax",
            caption: "Accuracy of the same layers with the two objectives and read-outs.",
            panels: [{
              yLabel: "accuracy (fraction correct)",
              xLabel: "",
              categories: ["train", "test"],
              series: [
                {
                  label: "softmax",
                  colour: palette.orange,
                  values: [softmaxTrain.values, softmaxTest.values],
                },
                {
                  label: "kWTA",
                  colour: palette.blue,
                  values: [kwtaTrain.values, kwtaTest.values],
                },
              ],
              axis: fractionAxis(measured.slice(0, 4).flatMap(({ values }) => values)),
            }],
          }),
        };
      }),
    );
  },
};
