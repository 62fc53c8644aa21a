/**
 * The figure of claim 7: what composites share with their parts, and whether the parts are found.
 *
 * @module
 */
import { linearAxis } from "../../report/axis.ts";
import type { Element } from "../../report/dom.ts";
import type { Drawing, Figure, Screen } from "../../report/figure.ts";
import type { Html } from "../../report/html.ts";
import { colours } from "../../report/line_chart.ts";
import { axisX, customMark, draw, svgElement } from "../../report/plot.ts";
import { quantities, type Quantity } from "./evaluate_composites.ts";
import { mean } from "../../report/statistics.ts";

/** A way of training, and what came of it. */
export interface Training {
  /** As a person tells it from the other. */
  readonly name: string;
  /** Of each quantity one value per seed. */
  readonly values: Readonly<Record<Quantity, readonly number[]>>;
}

/** Of the first training and of the second: the colour, and how far below a row's middle dots lie. */
const looks = [
  { colour: colours.test, dy: -5 },
  { colour: colours.train, dy: 5 },
] as const;

const rows = Object.keys(quantities) as readonly Quantity[];

/** What a guess gets right of a quantity, where it can, if it does so of the other classes. */
const guessOf = (row: Quantity, chance: number): number | null => {
  if (row === "by_difference" || row === "by_itself") return chance;
  // 1 / (n − 1) of the other classes is 1 / n of all.
  return row.endsWith("_of_all") ? chance / (1 + chance) : null;
};

/**
 * A row for each quantity, with a dot for each seed.
 *
 * @param trainings With composites and without.
 * @param chance Of finding the second part by guessing, in [0, 1].
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
    drawings: widths.map(([screens, width]): Drawing => ({
      screens,
      svg: drawAt(trainings, chance, width, label),
    })),
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

/** In pixels of CSS at a page's usual width on each screen. */
const widths: readonly (readonly [readonly Screen[], number])[] = [
  [["wide"], 524],
  [["medium", "narrow"], 350],
];

const rowHeight = 46;
const marginTop = 26;
const marginBottom = 36;
const marginSide = 12;

/** Where the line of a row lies below its top, under the row's name. */
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
    textAt(left, top + 14, quantities[row], "currentColor"),
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
    return [dot(x, 8, looks[i].colour, name), textAt(x + 9, 12, name, looks[i].colour)];
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

function textAt(x: number, y: number, content: string, fill: string): Element {
  const element = svgElement("text", { x, y, fill, "text-anchor": "start" });
  element.textContent = content;
  return element;
}
