/**
 * Claim 5: pairs of one class only.
 *
 * @module
 */
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import type { Nodes } from "../../../graph/node.ts";
import { contrastiveLoss, cosineEmbedding } from "../../../ops/losses/contrastive.ts";
import { type Loss, nothing } from "../../../ops/losses/loss.ts";
import { drawPairs, drawsOf } from "../../../ops/losses/samplers.ts";
import { selectRows } from "../../../ops/select_rows.ts";
import { tf } from "../../../ops/tfjs.ts";
import { linearAxis } from "../../report/axis.ts";
import { palette, panelFigure } from "../../report/panel.ts";
import { mean, plusMinus } from "../../report/format.ts";
import { pipeline, repeat } from "../../core/stage.ts";
import { evaluate } from "../../stages/evaluate.ts";
import { type Claim, type Findings, type Length, lengthOf, type Measured } from "./claim.ts";
import { separate } from "./code_use.ts";
import {
  encoderFor,
  epochOf,
  measure,
  measureFirst,
  type Outcome,
  referenceOptimiser,
  trainAll,
  type Variant,
} from "./recipes.ts";

/**
 * Loss of pairs of one class: the mean of 1 − cos(x, y) over random ones, which remains of the contrastive loss when
 * its pairs of different classes are dropped. A constant output makes it 0.
 *
 * Source: Hadsell, Chopra & LeCun, "Dimensionality reduction by learning an invariant mapping" (CVPR
 * 2006), section 2: without dissimilar pairs the mapping collapses.
 *
 * @example
 * ```ts
 * import { sameClassLoss } from "./same_class.ts";
 * import { seed } from "../../../graph/rng.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(sameClassLoss().draw([0, 0, 1], seed(1))[0].terms, 1);
 * ```
 */
export const sameClassLoss = (): Loss => ({
  name: "contrastive_cosine_same_class",
  options: {},
  draw: (labels, rng) => {
    const [drawn, next] = drawPairs(labels, drawsOf(labels, 1), rng);
    const isAlike = (at: number) => labels[drawn[at]] === labels[drawn[at + 1]];
    const [left, right] = [0, 1].map((side) =>
      drawn.filter((_, i) => i % 2 === side && isAlike(i - side))
    );
    const evaluate = (outputs: tf.Tensor) => {
      if (left.length === 0) return nothing(outputs);
      const codes = tf.reshape(outputs, [labels.length, -1]) as tf.Tensor2D;
      const targets = new Int32Array(left.length).fill(1);
      return cosineEmbedding(selectRows(codes, left), selectRows(codes, right), targets);
    };
    return [{ evaluate, terms: left.length }, next];
  },
});

/** The most that codes of different classes may share. */
const MOST_SHARED = 0.5;

const coded = (name: string, encoder: Nodes, loss: Loss, length: Length): Variant => {
  const { dataset, epochs } = length;
  const measures = pipeline(evaluate(dataset), separate(dataset));
  return {
    name,
    begin: { graph: encoder, optimiser: referenceOptimiser() },
    stages: pipeline(
      measures,
      repeat(epochs)(epochOf({ loss }, length)),
      measures,
    ),
  };
};

/** Measured quantities of each way of training, with their names. */
const quantities = [
  ["accuracy", "test accuracy"],
  ["between_cosine", "overlap between classes"],
  ["within_cosine", "overlap within classes"],
  ["distinct_codes", "distinct test codes"],
] as const;

type Quantity = typeof quantities[number][0];

/** Measurements of one way to train an embedding. */
type Way = Readonly<Record<Quantity, Measured>>;

/**
 * Claim 5, pairs of one class only: 784-64-512 trained by the cosine between samples of one class, with and without
 * kWTA; beside the untrained encoder, and one that is trained with pairs of different classes as well.
 *
 * The overlap is the mean cosine, which for codes is the fraction of their bits that two share.
 */
export const sameClass: Claim = {
  number: 5,
  title: "Trained on pairs of one class only, kWTA alone keeps the classes apart",
  criterion:
    `After training on pairs of one class only, codes of different classes share at most ` +
    `${MOST_SHARED} of their bits on average, and the mean test accuracy is not below that of the ` +
    `untrained codes.`,
  test: (setting) => {
    const length = lengthOf(setting);
    const encoder = encoderFor(length.dataset);
    const dense: Nodes = { nodes: encoder.nodes.slice(0, -1) };
    return pipe(
      trainAll(setting.seeds, [
        coded("same-class pairs, without kWTA", dense, sameClassLoss(), length),
        coded("same-class pairs, kWTA", encoder, sameClassLoss(), length),
        coded("all pairs, kWTA", encoder, contrastiveLoss({ margin: 0.5 }), length),
      ]),
      RTE.map(([without, alone, all]) =>
        findings(
          {
            untrained: wayOf("untrained kWTA", alone, measureFirst),
            without: wayOf("same-class pairs without kWTA", without, measure),
            alone: wayOf("same-class pairs, kWTA", alone, measure),
            all: wayOf("all pairs, kWTA", all, measure),
          },
          length.dataset.test.count,
        )
      ),
    );
  },
};

const wayOf = (name: string, outcome: Outcome, of: typeof measure): Way => {
  const quantity = (row: Quantity, what: string) => of(`${what}, ${name}`, outcome, row);
  return Object.fromEntries(quantities.map(([row, what]) => [row, quantity(row, what)])) as Way;
};

function findings(
  { untrained, without, alone, all }: Readonly<
    Record<"untrained" | "without" | "alone" | "all", Way>
  >,
  samples: number,
): Findings {
  const verdict = `With kWTA, codes of different classes share ` +
    `${plusMinus(alone.between_cosine.values)} of their bits, ` +
    `${plusMinus(alone.distinct_codes.values)} of ${samples.toLocaleString("en-GB")} test codes ` +
    `are distinct, and the test accuracy is ${plusMinus(alone.accuracy.values)} (untrained ` +
    `${plusMinus(untrained.accuracy.values)}); without kWTA the mean cosine between classes is ` +
    `${plusMinus(without.between_cosine.values)} and the accuracy ` +
    `${plusMinus(without.accuracy.values)}.`;
  const values = (row: Quantity, ...places: readonly (Way | null)[]) =>
    places.map((way) => way && way[row].values);
  const panel = (
    row: Quantity,
    yLabel: string,
    axis: ReturnType<typeof linearAxis>,
  ) => ({
    yLabel,
    xLabel: "",
    categories: ["untrained", "same-class pairs", "all pairs"],
    series: [
      {
        label: "without kWTA",
        colour: palette.orange,
        values: values(row, null, without, null),
      },
      { label: "kWTA", colour: palette.blue, values: values(row, untrained, alone, all) },
    ],
    axis,
  });
  return {
    holds: mean(alone.between_cosine.values) <= MOST_SHARED &&
      mean(alone.accuracy.values) >= mean(untrained.accuracy.values),
    verdict,
    measured: [untrained, without, alone, all].flatMap((way) =>
      quantities.map(([row]) => way[row])
    ),
    figure: panelFigure({
      id: "same-class",
      title: "Pairs of one class only",
      caption:
        "Codes of different classes should share few bits, and samples not all have one code.",
      panels: [
        panel("accuracy", "test accuracy (fraction correct)", linearAxis(0, 1)),
        panel("between_cosine", "overlap between classes (cosine)", linearAxis(0, 1)),
        panel("distinct_codes", "distinct test codes", linearAxis(0, samples)),
      ],
    }),
  };
}
