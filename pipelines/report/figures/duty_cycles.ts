/**
 * The figure of duty cycles: how often each unit fires.
 *
 * @module
 */
import { deadUnits, overactiveUnits } from "../../../ops/metrics/activity.ts";
import { linearAxis } from "../axis.ts";
import type { Figure } from "../figure.ts";
import { compact, count } from "../format.ts";
import type { Html } from "../html.ts";
import { axisX, axisY, customMark, draw, gridY, rectY, ruleX, svgElement } from "../plot.ts";
import { textAt } from "./stripes.ts";

/** Units by how much they are used, as their numbers. */
interface UnitUse {
  readonly duty: Float64Array;
  /** The mean duty cycle: the sparsity of the codes. */
  readonly rate: number;
  /** Number of units that never fire. */
  readonly dead: readonly number[];
  /** Units that fire more often than `tooOften` allows. */
  readonly overactive: readonly number[];
  readonly most: number;
}

/**
 * Duty cycle above which a unit counts as overactive: five times the mean, as `overactiveUnits` and
 * so the monitor have it, or half-way from the mean to 1, where that is less.
 */
const tooOften = (rate: number): number => Math.min(5 * rate, (1 + rate) / 2);

function useOf(duty: Float64Array): UnitUse {
  const rate = duty.reduce((sum, p) => sum + p, 0) / duty.length;
  const most = tooOften(rate);
  return {
    duty,
    rate,
    dead: deadUnits(duty, Number.MIN_VALUE),
    overactive: rate === 0 ? [] : overactiveUnits(duty, rate, most / rate),
    most,
  };
}

/**
 * A histogram of the units' duty cycles over the test set.
 *
 * @param duty Duty cycles, in [0, 1]; null where codes are not binary.
 * @returns null without units.
 */
export function dutyCycleFigure(duty: Float64Array | null): Figure | null {
  if (duty === null || duty.length === 0) return null;
  const use = useOf(duty);
  const caption = describe(use);
  const label = `Histogram of units by duty cycle. ${caption}`;
  return {
    id: "duty-cycles",
    title: "Duty cycles",
    caption,
    drawings: [
      { screens: ["wide"], svg: histogram(use, { width: 524, height: 300, fontSize: 12 }, label) },
      {
        screens: ["medium", "narrow"],
        svg: histogram(use, { width: 350, height: 230, fontSize: 11.5 }, label),
      },
    ],
    data: {
      header: ["unit", "duty_cycle", "state"],
      rows: Array.from(duty, (p, unit) => [
        unit,
        Number(p.toPrecision(6)),
        p === 0 ? "dead" : p > use.most ? "over-active" : "in use",
      ]),
    },
    span: "half",
  };
}

/** Largest number of units that a caption names; the data has all. */
const MOST_NAMED = 5;

const named = (units: readonly number[]): string =>
  units.length === 0
    ? ""
    : `: ${units.length === 1 ? "number" : "numbers"} ${units.slice(0, MOST_NAMED).join(", ")}` +
      (units.length > MOST_NAMED ? ", …" : "");

function describe({ duty, rate, dead, overactive, most }: UnitUse): string {
  return `Of ${count(duty.length, "unit")} ${dead.length} ${
    dead.length === 1 ? "is" : "are"
  } dead (never active in the test set${
    named(dead)
  }) and ${overactive.length} over-active (in more ` +
    `than ${compact(100 * most)} % of samples${named(overactive)}), and they fire for ` +
    `${
      compact(100 * rate)
    } % of samples on average; look for a narrow hill around the dashed mean.`;
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

/** A part of a bar: units of one kind, on those of the kinds below it. */
interface Bar {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
  readonly normal: boolean;
}

function histogram(use: UnitUse, { width, height, fontSize }: Size, label: string): Html {
  const { duty, rate } = use;
  const greatest = duty.reduce((most, p) => Math.max(most, p), 0);
  const bins = linearAxis(0, greatest || 1, width > 500 ? 30 : 20).ticks;
  const bars = barsOf(use, bins);
  const domain = [0, bins[bins.length - 1]] as const;
  const x = linearAxis(0, domain[1], width > 500 ? 8 : 5);
  const y = linearAxis(0, Math.max(1, ...bars.map(({ high }) => high)), 5);
  const seen = y.ticks.filter(Number.isInteger);
  return draw({
    width,
    height,
    marginTop: 44,
    marginBottom: 36,
    marginLeft: Math.ceil(
      Math.max(...y.ticks.map((tick) => y.format(tick).length)) * fontSize * 0.64,
    ) + 12,
    marginRight: 12,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [...domain] },
    y: { type: "linear", domain: [...y.domain] },
    color: { type: "identity" },
    marks: [
      gridY({ ticks: [...seen], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
      rectY(bars, {
        x1: "from",
        x2: "to",
        y1: "low",
        y2: "high",
        insetLeft: 0.5,
        insetRight: 0.5,
        fill: ({ normal }: Bar) => normal ? used : unused,
        title: ({ from, to, low, high, normal }: Bar) =>
          `${high - low} ${normal ? "in use" : "dead or over-active"}, ${from} to ${to}`,
      }),
      axisX({
        ticks: x.ticks.filter((tick) => tick <= domain[1]),
        tickFormat: x.format,
        tickSize: 4,
        label: "duty cycle (fraction of test samples)",
        labelArrow: "none",
      }),
      axisY({ ticks: [...seen], tickFormat: y.format, tickSize: 0, label: "units (count)" }),
      ruleX([rate], { stroke: "currentColor", strokeDasharray: "4 3" }),
      key(fontSize),
    ],
  }, label);
}

const used = "var(--test, #1f5f99)";
const unused = "var(--train, #b3541e)";

/** The bars of each bin from the bottom up: dead, in use, over-active. */
const barsOf = ({ duty, most }: UnitUse, bins: readonly number[]): readonly Bar[] =>
  bins.slice(0, -1).flatMap((from, i) => {
    const to = bins[i + 1];
    const last = i === bins.length - 2;
    const here = Array.from(duty).filter((p) => p >= from && (p < to || (last && p === to)));
    const sizes = [
      here.filter((p) => p === 0).length,
      here.filter((p) => p > 0 && p <= most).length,
      here.filter((p) => p > most).length,
    ];
    const tops = sizes.reduce<readonly number[]>(
      (tops, size) => [...tops, tops[tops.length - 1] + size],
      [0],
    );
    return sizes.flatMap((size, kind) =>
      size === 0 ? [] : [{ from, to, low: tops[kind], high: tops[kind + 1], normal: kind === 1 }]
    );
  });

/** Draws the legend of the colours at the right above the bars. */
const key = (fontSize: number) =>
  customMark(({ left, top, width }) =>
    [{ text: "in use", fill: used }, { text: "dead or over-active", fill: unused }]
      .toReversed()
      .reduce<{ readonly end: number; readonly parts: readonly ReturnType<typeof svgElement>[] }>(
        ({ end, parts }, { text, fill }) => {
          const start = end - text.length * fontSize * 0.58;
          return {
            end: start - 30,
            parts: [
              ...parts,
              textAt(start, top - 26, text),
              svgElement("rect", { x: start - 15, y: top - 36, width: 10, height: 10, fill }),
            ],
          };
        },
        { end: left + width, parts: [] },
      ).parts
  );
