/**
 * Claim 4: kWTA in the place of every relu.
 *
 * @module
 */
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import { mlp } from "../../../graph/models.ts";
import { replaceActivation } from "../../../graph/rewrite.ts";
import { sizeOf } from "../../../graph/shape.ts";
import { fractionAxis, magnitudeAxis } from "../../report/axis.ts";
import { pipeline, repeat } from "../../core/stage.ts";
import { evaluate } from "../../stages/evaluate.ts";
import { watchGradients } from "../../stages/watch.ts";
import { type Claim, type Findings, type Length, lengthOf, type Measured } from "./claim.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import {
  epochOf,
  kwtaRecipe,
  measure,
  measureFirst,
  type Outcome,
  trainAll,
  type Variant,
} from "./recipes.ts";
import { mean, plusMinus } from "../../report/format.ts";

/** Hidden layers. */
const depths = [2, 3, 4, 5] as const;
/** Units of each. */
const HIDDEN = 64;
const SPARSITY = 0.05;
/** Loss of test accuracy from which on the claim holds. */
const LOSS = 0.1;
/** Half of the other claims': here are eight trainings per seed. */
const MOST_EPOCHS = 10;

const activations = ["relu", "kWTA"] as const;
type Activation = typeof activations[number];

/** inputs-64-…-64-512 ▷ kwta(0.05), with a relu or a kWTA after each hidden layer. */
const network = (length: Length, depth: number, hidden: Activation): Variant => {
  const { dataset, epochs } = length;
  const sizes = [sizeOf(dataset.shape), ...new Array<number>(depth).fill(HIDDEN), 512];
  const withRelu = mlp(sizes, { head: { sparsity: SPARSITY } });
  const withKwta = replaceActivation("relu", {
    _tag: "kwta",
    sparsity: SPARSITY,
    soft: { hardness: 2, gate: "sigmoid" },
    over: "sample",
  });
  return {
    name: `${depth} hidden layers with ${hidden}`,
    begin: {
      graph: hidden === "relu" ? withRelu : withKwta(withRelu),
      optimiser: kwtaRecipe.optimiser(epochs),
    },
    stages: pipeline(
      repeat(epochs)(watchGradients((observe) => epochOf(kwtaRecipe, length, observe))),
      evaluate(dataset),
    ),
  };
};

const quantities = ["accuracy", "gradient", "loss"] as const;

/** One depth's measurements, by quantity and activation. */
interface AtDepth
  extends Readonly<Record<typeof quantities[number], Readonly<Record<Activation, Measured>>>> {
  readonly depth: number;
}

/**
 * The encoder with 2 to 5 hidden layers of 64 units, trained with the recipe of claim 1: with relu, and
 * with every relu replaced by the same soft kWTA as at the end (5 %, hardness 2).
 */
export const allKwta: Claim = {
  number: 4,
  title: "Replacing every relu by kWTA loses the ability to train",
  criterion: `At every depth from ${depths[0]} to ${depths.at(-1)} hidden layers the mean test ` +
    `accuracy with kWTA everywhere is at least ${LOSS} below that with relu.`,
  test: (setting) => {
    const { dataset, epochs } = lengthOf(setting);
    const length = { dataset, epochs: Math.min(epochs, MOST_EPOCHS) };
    return pipe(
      trainAll(
        setting.seeds,
        depths.flatMap((depth) => activations.map((hidden) => network(length, depth, hidden))),
      ),
      RTE.map((outcomes) => findings(depths.map((depth, i) => atDepth(depth, outcomes, i)))),
    );
  },
};

function atDepth(depth: number, outcomes: readonly Outcome[], i: number): AtDepth {
  const [relu, kWTA] = outcomes.slice(2 * i, 2 * i + 2);
  const accuracy = (name: string, outcome: Outcome) =>
    measure(`test accuracy, ${depth} hidden layers, ${name}`, outcome, "accuracy");
  const gradient = (name: string, outcome: Outcome) =>
    measureFirst(
      `gradient norm of the first layer in the first epoch, ${depth} hidden layers, ${name}`,
      outcome,
      "gradient_norm:0.weight",
      "train",
    );
  const loss = (name: string, outcome: Outcome) =>
    measure(`loss of the last epoch, ${depth} hidden layers, ${name}`, outcome, "loss", "train");
  return {
    depth,
    accuracy: { relu: accuracy("relu", relu), kWTA: accuracy("kWTA", kWTA) },
    gradient: { relu: gradient("relu", relu), kWTA: gradient("kWTA", kWTA) },
    loss: { relu: loss("relu", relu), kWTA: loss("kWTA", kWTA) },
  };
}

function findings(byDepth: readonly AtDepth[]): Findings {
  const [first, last] = [byDepth[0], byDepth[byDepth.length - 1]];
  const ends = ({ depth, accuracy }: AtDepth) =>
    `with ${depth} hidden layers kWTA everywhere reaches ${plusMinus(accuracy.kWTA.values)} and ` +
    `relu ${plusMinus(accuracy.relu.values)}`;
  const verdict = `In test accuracy, ${ends(first)}, ${ends(last)}; there the first layer's ` +
    `gradient has a norm of ${plusMinus(last.gradient.kWTA.values)} against ` +
    `${plusMinus(last.gradient.relu.values)}.`;
  const series = (key: typeof quantities[number]) =>
    activations.map((hidden) => ({
      label: hidden,
      colour: hidden === "relu" ? palette.orange : palette.blue,
      values: byDepth.map((one) => one[key][hidden].values),
    }));
  const all = (key: typeof quantities[number]) =>
    series(key).flatMap(({ values }) => values.flat()).filter(Number.isFinite);
  const shared = {
    xLabel: "hidden layers",
    categories: byDepth.map(({ depth }) => String(depth)),
    joined: true,
  };
  return {
    holds: byDepth.every(({ accuracy }) =>
      mean(accuracy.kWTA.values) <= mean(accuracy.relu.values) - LOSS
    ),
    verdict,
    measured: quantities.flatMap((key) =>
      byDepth.flatMap((one) => activations.map((hidden) => one[key][hidden]))
    ),
    figure: panelFigure({
      id: "all-kwta",
      title: "kWTA in the place of every relu",
      caption:
        "Accuracy after training, the gradient that reaches the first layer, and the loss, by depth.",
      panels: [
        {
          ...shared,
          yLabel: "test accuracy (fraction correct)",
          series: series("accuracy"),
          axis: fractionAxis(all("accuracy")),
        },
        {
          ...shared,
          yLabel: "gradient norm of the first layer, first epoch",
          series: series("gradient"),
          axis: magnitudeAxis(all("gradient")),
        },
        {
          ...shared,
          yLabel: "training loss, last epoch",
          series: series("loss"),
          axis: magnitudeAxis(all("loss")),
        },
      ],
    }),
  };
}
