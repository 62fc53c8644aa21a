/**
 * Claim 7, open in the reference: whether codes compose by set operations.
 *
 * Two digits of different classes, superposed, stand for a scene of two things. If codes compose, the
 * scene's code is made of its parts' codes (it has k bits, so it holds about half of the union at
 * most), and what is left of it once one part's code is taken away tells the other part.
 *
 * An encoder may do so by itself or have to learn it, so two are trained on as many steps: one on the
 * digits alone, and one for which half of the digits of every epoch, drawn at random, have a digit of
 * another class superposed. To the loss such a composite is a sample of the class of its first part.
 * Since either part of a pair is as likely to be the first, composites of a and b are drawn to the a's
 * as often as to the b's, and the supervised contrastive loss is least, on average, where they are as
 * near to both. Nothing in it speaks of unions.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../../graph/error.ts";
import { pipe, RTE } from "../../../graph/fp_ts.ts";
import type { Dataset, ImageSplit } from "../../data/dataset.ts";
import { take } from "../../data/splits.ts";
import { linearAxis } from "../../report/axis.ts";
import type { Element } from "../../report/dom.ts";
import { type Figure, halfDrawings } from "../../report/figure.ts";
import { textAt } from "../../report/figures/stripes.ts";
import type { Html } from "../../report/html.ts";
import { colours } from "../../report/line_chart.ts";
import { axisX, customMark, draw, svgElement } from "../../report/plot.ts";
import { mean, plusMinus } from "../../report/format.ts";
import { pipeline, repeat, type Stage } from "../../core/stage.ts";
import { evaluate } from "../../stages/evaluate.ts";
import type { Claim, Findings } from "./claim.ts";
import { evaluateComposites, quantities, type Quantity, superposeSome } from "./composites.ts";
import {
  encoderFor,
  epochOf,
  kwtaRecipe,
  measure,
  type Outcome,
  trainAll,
  type Variant,
} from "./recipes.ts";

/** A way of training, and its results. */
export interface Training {
  /** Name that tells the training from the other. */
  readonly name: string;
  /** Values of each quantity, one per seed. */
  readonly values: Readonly<Record<Quantity, readonly number[]>>;
}

/** Looks of the first training and the second: colour, and pixels that the dots lie below a row's middle. */
const looks = [
  { colour: colours.test, dy: -5 },
  { colour: colours.train, dy: 5 },
] as const;

const rows = Object.keys(quantities) as readonly Quantity[];

/** Returns the accuracy of a guess for a quantity; null where there is none. */
const guessOf = (row: Quantity, chance: number): number | null => {
  if (row === "by_difference" || row === "by_itself") return chance;
  // 1 / (n − 1) of the other classes is 1 / n of all.
  return row.endsWith("_of_all") ? chance / (1 + chance) : null;
};

/**
 * A row for each quantity, with a dot for each seed.
 *
 * @param trainings Trainings with composites and without.
 * @param chance Probability of guessing the second part, in [0, 1].
 */
export function compositionFigure(
  trainings: readonly [learned: Training, plain: Training],
  chance: number,
): Figure {
  const [learned, plain] = trainings;
  const of = ({ values }: Training, quantity: Quantity): string =>
    mean(values[quantity]).toFixed(2);
  const caption = `${of(learned, "own_union")} of a composite's bits lie in the union of its ` +
    `parts' codes where composites were trained on (${
      of(plain, "own_union")
    } where not), and the ` +
    `set difference tells the second part in ${of(learned, "by_difference")} of cases ` +
    `(${
      of(plain, "by_difference")
    }). A dot is a seed; where codes compose, the first row lies far ` +
    "to the right of the next two, and the fifth of its tick, which is what a guess finds.";
  const label = `Dot plot of fractions by quantity and training. ${caption}`;
  return {
    id: "composition",
    title: "Set operations on codes of superposed images",
    caption,
    drawings: halfDrawings((width) => drawAt(trainings, chance, width, label)),
    data: {
      header: ["quantity", "training", "repetition", "value"],
      rows: rows.flatMap((row) =>
        trainings.flatMap(({ name, values }) =>
          values[row].map((value, i) => [quantities[row], name, i + 1, value])
        )
      ),
    },
    span: "half",
  };
}

const rowHeight = 46;
const marginTop = 26;
const marginBottom = 36;
const marginSide = 12;

/** Distance of a row's line below its top, under the row's name. */
const lineAt = 28;

function drawAt(
  trainings: readonly Training[],
  chance: number,
  width: number,
  label: string,
): Html {
  const axis = linearAxis(0, 1);
  return draw({
    width,
    height: marginTop + rows.length * rowHeight + marginBottom,
    marginTop,
    marginBottom,
    marginLeft: marginSide,
    marginRight: marginSide,
    style: { fontSize: width > 500 ? "12px" : "11px" },
    x: { type: "linear", domain: [...axis.domain] },
    marks: [
      customMark(({ left, top, width, height }) => [
        ...legend(trainings, left),
        ...axis.ticks.map((tick) =>
          vertical(left + tick * width, top, top + height, "var(--grid, #e4e7eb)")
        ),
        ...rows.flatMap((row, i) =>
          rowElements(trainings, row, chance, { left, width, top: top + i * rowHeight })
        ),
      ]),
      axisX({
        ticks: [...axis.ticks],
        tickFormat: axis.format,
        tickSize: 4,
        label: "fraction (mean over composites)",
      }),
    ],
  }, label);
}

function rowElements(
  trainings: readonly Training[],
  row: Quantity,
  chance: number,
  { left, width, top }: { readonly left: number; readonly width: number; readonly top: number },
): readonly Element[] {
  const y = top + lineAt;
  const guess = guessOf(row, chance);
  return [
    textAt(left, top + 14, quantities[row], { fill: "currentColor" }),
    ...(guess === null ? [] : [tick(left + guess * width, y)]),
    ...trainings.flatMap(({ name, values }, i) =>
      values[row].map((value) =>
        dot(left + value * width, y + looks[i].dy, looks[i].colour, `${name}: ${value.toFixed(4)}`)
      )
    ),
  ];
}

/** The names of the trainings in their colours. */
const legend = (trainings: readonly Training[], left: number): readonly Element[] =>
  trainings.flatMap(({ name }, i) => {
    const x = left + 5 + 136 * i;
    return [dot(x, 8, looks[i].colour, name), textAt(x + 9, 12, name, { fill: looks[i].colour })];
  });

function dot(cx: number, cy: number, fill: string, tells: string): Element {
  const title = svgElement("title", {});
  title.textContent = tells;
  return svgElement("circle", { cx, cy, r: 4, fill, "fill-opacity": 0.8 }, [title]);
}

const tick = (x: number, y: number): Element =>
  vertical(x, y - 10, y + 10, "var(--muted, #59626d)");

const vertical = (x: number, y1: number, y2: number, stroke: string): Element =>
  svgElement("line", { x1: x, x2: x, y1, y2, stroke });

/** Share of an epoch's digits that become composites. */
const SHARE = 0.5;

/** Unrelated pairs are of two classes besides a composite's own two. */
const LEAST_CLASSES = 4;

/** Seed of the test set's composites. */
const SEED = 7;

/** The images of each split at most, epochs of a training, and composites of the test set. */
const lengths = {
  quick: { most: 8_000, epochs: 5, count: 2_000 },
  full: { most: Infinity, epochs: 10, count: 10_000 },
} as const;

/** Claim 7. */
export const composition: Claim = {
  number: 7,
  title: "Codes compose by set operations: two superposed digits have the union of their codes, " +
    "and the set difference with one tells the other",
  criterion:
    "With composites in the batches, in every seed, both are at least halfway from chance " +
    "to perfect: the part of a composite's bits that are in the union of its parts' codes, where " +
    "chance is the larger of what random codes and unrelated pairs reach; and the fraction of " +
    "second parts whose class is nearest to the set difference, where chance is 1 / (classes − 1). " +
    "Without composites in the batches the same is measured and said, and does not decide.",
  test: ({ dataset: whole, seeds, quick }) => {
    const { most, ...length } = lengths[quick ? "quick" : "full"];
    const dataset = take(whole, most);
    const bad = misfit(dataset);
    return bad !== null ? RTE.left(bad) : pipe(
      trainAll(seeds, variants(dataset, length)),
      RTE.map(([composed, plain]) => conclude(composed, plain, 1 / (dataset.classes.length - 1))),
    );
  },
};

const misfit = ({ train, test }: Dataset<ImageSplit>): SparrowError | null => {
  const classes = Math.min(new Set(train.labels).size, new Set(test.labels).size);
  return classes >= LEAST_CLASSES
    ? null
    : invalidOption("dataset", `images of ${classes} classes`, `at least ${LEAST_CLASSES} classes`);
};

/** The encoder and the recipe of `mnist_kwta.ts --loss supcon`, with composites and without. */
function variants(
  dataset: Dataset<ImageSplit>,
  { epochs, count }: { readonly epochs: number; readonly count: number },
): readonly Variant[] {
  const begin = { graph: encoderFor(dataset), optimiser: kwtaRecipe.optimiser(epochs) };
  const plain = epochOf(kwtaRecipe, { dataset });
  const composed: Stage = (run) => (env) => () => {
    const [train, rng] = superposeSome(dataset.train, SHARE, run.rng);
    return epochOf(kwtaRecipe, { dataset: { ...dataset, train } })({ ...run, rng })(env)();
  };
  const variant = (name: string, epoch: Stage): Variant => ({
    name,
    begin,
    stages: pipeline(
      repeat(epochs)(epoch),
      evaluate(dataset),
      evaluateComposites(dataset, { count, seed: SEED }),
    ),
  });
  return [variant("with composites", composed), variant("without composites", plain)];
}

function conclude(composed: Outcome, plain: Outcome, chance: number): Findings {
  const trainings = [
    trainingOf("with composites", composed),
    trainingOf("without composites", plain),
  ] as const;
  const [holds, alone] = trainings.map(composes(chance));
  const [learned, emerged] = trainings.map(sentence(chance));
  return {
    holds,
    verdict: `Trained with composites, ${learned}: they ${holds ? "compose" : "do not compose"}. ` +
      `Trained without, ${emerged}: they ${alone ? "compose" : "do not"} by themselves.`,
    measured: trainings.flatMap(({ name, values }, i) => [
      ...Object.entries(quantities).map(([key, quantity]) => ({
        name: `${quantity}, ${name}`,
        unit: "",
        values: values[key as Quantity],
      })),
      measure(`test accuracy of single images, ${name}`, [composed, plain][i], "accuracy"),
    ]),
    figure: compositionFigure(trainings, chance),
  };
}

const trainingOf = (name: string, outcome: Outcome): Training => {
  const of = (quantity: Quantity) => measure(name, outcome, quantity).values;
  return {
    name,
    values: {
      own_union: of("own_union"),
      unrelated_union: of("unrelated_union"),
      random_union: of("random_union"),
      weaker_part: of("weaker_part"),
      by_difference: of("by_difference"),
      by_itself: of("by_itself"),
      by_difference_of_all: of("by_difference_of_all"),
      by_itself_of_all: of("by_itself_of_all"),
    },
  };
};

/** Whether, in every seed, both are at least halfway from chance to perfect. */
const composes = (chance: number) => ({ values }: Training): boolean =>
  values.own_union.every((own, i) =>
    isHalfway(own, Math.max(values.random_union[i], values.unrelated_union[i])) &&
    isHalfway(values.by_difference[i], chance)
  );

const isHalfway = (value: number, chance: number): boolean => value >= (chance + 1) / 2;

const sentence = (chance: number) => ({ values }: Training): string => {
  const of = (quantity: Quantity): string => plusMinus(values[quantity]);
  return "the union of the parts' codes has " +
    `${of("own_union")} of a composite's bits (unrelated pairs ${of("unrelated_union")}, random ` +
    `codes ${of("random_union")}), and set difference finds the second part in ` +
    `${of("by_difference")} of cases (chance ${chance.toFixed(4)}; leaving out the first part's ` +
    `class and none of its bits ${of("by_itself")})`;
};
