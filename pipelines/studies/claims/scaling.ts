/**
 * Claim 6: synaptic scaling.
 *
 * @module
 */
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import { tripletCosineLoss } from "../../../ops/losses/triplet.ts";
import { take } from "../../data/splits.ts";
import { type Axis, fractionAxis, linearAxis } from "../../report/axis.ts";
import { pipeline, repeat, skip, type Stage } from "../../core/stage.ts";
import { evaluate } from "../../stages/evaluate.ts";
import { synapticScaling, weightHomeostasis } from "../../stages/homeostasis.ts";
import { type Claim, type Length, lengthOf, type Measured } from "./claim.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import {
  encoderFor,
  epochOf,
  measure,
  type Outcome,
  type Recipe,
  referenceOptimiser,
  trainAll,
  type Variant,
} from "./recipes.ts";
import { separate, unitUse } from "./code_use.ts";
import { mean, plusMinus, standardDeviation } from "../../report/format.ts";

/** The reference's, in which many units fall silent. */
const triplets: Recipe = {
  loss: tripletCosineLoss({ margin: 0.5 }),
  optimiser: referenceOptimiser,
};

/** Samples on which homeostasis measures rates: enough for rates of a thousandth. */
const HOMEOSTASIS_IMAGES = 5000;

const variant = (name: string, before: Stage, length: Length): Variant => ({
  name,
  begin: { graph: encoderFor(length.dataset), optimiser: triplets.optimiser(length.epochs) },
  stages: pipeline(
    repeat(length.epochs)(pipeline(before, epochOf(triplets, length))),
    evaluate(length.dataset),
    unitUse(length.dataset),
    separate(length.dataset),
  ),
});

const upTo = (values: readonly number[]): Axis => linearAxis(0, Math.max(...values));

/** The measurements of each variant: name, row, and unit. */
const quantities = [
  ["entropy of the duty cycles", "duty_entropy", "bit per unit"],
  ["entropy, of the largest", "duty_entropy_part", ""],
  ["dead units", "dead_units", ""],
  ["over-active units", "overactive_units", ""],
  ["cosine of codes of different classes", "between_cosine", ""],
  ["test accuracy", "accuracy", ""],
] as const;

/**
 * Claim 6, synaptic scaling: 784-64-512 with a kWTA of 5 %, trained with random triplets as in the
 * reference: plain, under its synaptic scaling (strength 1, target 0), and with homeostasis of the
 * weights after every epoch.
 */
export const scaling: Claim = {
  number: 6,
  title: "Synaptic scaling raises the entropy of the codes and leaves no dead unit",
  criterion:
    "The mean entropy of the test codes' duty cycles with synaptic scaling is above that " +
    "without it by more than two standard deviations (the larger of the two), and with it no unit " +
    "is dead (fires for less than 0.1 % of the test set).",
  test: (setting) => {
    const length = lengthOf(setting);
    const { train } = take(length.dataset, HOMEOSTASIS_IMAGES);
    const variants = [
      variant("no scaling", skip, length),
      variant("synaptic scaling", synapticScaling({ strength: 1, target: 0 }), length),
      variant("weight homeostasis", weightHomeostasis({ data: train }), length),
    ];
    return pipe(
      trainAll(setting.seeds, variants),
      RTE.map((outcomes) => {
        const of = (outcome: Outcome, row: string) => measure(row, outcome, row).values;
        const measured = quantities.flatMap(([what, row, unit]) =>
          outcomes.map((outcome, i): Measured => ({
            name: `${what}, ${variants[i].name}`,
            unit,
            values: of(outcome, row),
          }))
        );
        const [plain, scaled, homeostatic] = outcomes;
        const [before, after] = [of(plain, "duty_entropy"), of(scaled, "duty_entropy")];
        const spread = Math.max(standardDeviation(before) ?? 0, standardDeviation(after) ?? 0);
        const rises = mean(after) - mean(before) > 2 * spread;
        const dead = of(scaled, "dead_units");
        const verdict = `The entropy is ${plusMinus(before)} bit per unit without scaling and ` +
          `${plusMinus(after)} with it; ${plusMinus(of(plain, "dead_units"))} units are dead ` +
          `without, ${plusMinus(dead)} with. Homeostasis of the weights reaches ` +
          `${plusMinus(of(homeostatic, "duty_entropy"))} bit and leaves ` +
          `${plusMinus(of(homeostatic, "dead_units"))} dead.`;
        const panel = (
          row: string,
          yLabel: string,
          axisOf: (values: readonly number[]) => Axis,
        ) => {
          const values = outcomes.map((outcome) => of(outcome, row));
          return {
            yLabel,
            xLabel: "",
            categories: ["none", "scaling", "weights"],
            series: [{ label: "", colour: palette.blue, values }],
            axis: axisOf(values.flat()),
          };
        };
        return {
          holds: rises && Math.max(...dead) === 0,
          verdict,
          measured,
          figure: panelFigure({
            id: "scaling",
            title: "Synaptic scaling",
            caption: verdict,
            panels: [
              panel("duty_entropy", "entropy (bit per unit)", upTo),
              panel("dead_units", "dead units of 512", upTo),
              panel("accuracy", "test accuracy (fraction correct)", fractionAxis),
            ],
          }),
        };
      }),
    );
  },
};
