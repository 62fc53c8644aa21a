/**
 * The information plane: the path of each layer over training.
 *
 * @module
 */
import type { History } from "../../core/history.ts";
import { type Axis, linearAxis, range } from "../axis.ts";
import type { Figure } from "../figure.ts";
import type { Html } from "../html.ts";
import {
  axisX,
  axisY,
  customMark,
  dot,
  draw,
  gridX,
  gridY,
  line,
  type Markish,
  ruleX,
  ruleY,
  svgElement,
} from "../plot.ts";

/** The point of a layer at one moment. */
interface Place {
  readonly epoch: number;
  readonly step: number;
  /** I(X;T) in bits. */
  readonly input: number;
  /** I(T;Y) in bits. */
  readonly label: number;
  /** Progress of the training: 0 at the first measurement, 1 at the last. */
  readonly progress: number;
}

/** A layer's path, in order of time. */
interface Path {
  readonly layer: string;
  readonly places: readonly Place[];
}

/** The paths of all layers by one estimator. */
interface Plane {
  readonly estimator: string;
  readonly paths: readonly Path[];
  /** The bounds in bits, where they are known. */
  readonly inputEntropy: number | null;
  readonly labelEntropy: number | null;
}

/**
 * A plane for each estimator, of the rows that the stage `infoPlane` leaves: a path per layer, coloured
 * from before training to its end, with the bounds H(X) and H(Y).
 */
export const informationPlaneFigures = (history: History): readonly Figure[] =>
  planes(history).map(planeFigure);

const INPUT = "information_input:";

function planes(history: History): readonly Plane[] {
  const rows = history.filter(({ name, value }) =>
    name.startsWith(INPUT) && Number.isFinite(value)
  );
  const moments = [...new Set(rows.map(({ step }) => step))].toSorted((a, b) => a - b);
  const latestOf = (name: string): number | null =>
    history.findLast((row) => row.name === name)?.value ?? null;
  const labels = new Map(
    history.filter(({ name }) => name.startsWith("information_label:"))
      .map(({ name, step, value }) => [`${name} ${step}`, value]),
  );
  const byEstimator = Map.groupBy(rows, ({ name }) => name.slice(INPUT.length).split(":")[0]);
  return Array.from(byEstimator, ([estimator, found]): Plane => {
    const layerOf = (name: string) => name.slice(INPUT.length + estimator.length + 1);
    const paths = Array.from(
      Map.groupBy(found, ({ name }) => layerOf(name)),
      ([layer, points]) => ({
        layer,
        places: points.flatMap(({ epoch, step, value }): readonly Place[] => {
          const label = labels.get(`information_label:${estimator}:${layer} ${step}`);
          if (label === undefined || !Number.isFinite(label)) return [];
          const progress = moments.indexOf(step) / Math.max(1, moments.length - 1);
          return [{ epoch, step, input: value, label, progress }];
        }),
      }),
    );
    return {
      estimator,
      paths: paths.filter(({ places }) => places.length > 0),
      inputEntropy: latestOf(`entropy_input:${estimator}`),
      labelEntropy: latestOf("entropy_label"),
    };
  }).filter(({ paths }) => paths.length > 0);
}

const bits = (value: number): string => value.toFixed(2);

function planeFigure(plane: Plane): Figure {
  const { estimator, paths, labelEntropy } = plane;
  const ends = paths.map(({ layer, places }) => {
    const end = places[places.length - 1];
    return `${layer} ends at I(X;T) = ${bits(end.input)} and I(T;Y) = ${bits(end.label)} bit`;
  });
  const of = labelEntropy === null ? "" : ` of H(Y) = ${bits(labelEntropy)}`;
  const caption =
    `${ends.join("; ")}${of}. Each dot is a measurement, from orange (the first) to ` +
    `blue (the last): a path that turns left has begun to forget its input.`;
  return {
    id: `information-plane-${estimator.replaceAll(/[^a-z0-9]+/gi, "-").toLowerCase()}`,
    title: `Information plane, ${estimator}`,
    caption,
    drawings: [
      {
        screens: ["wide"],
        svg: drawPlane(plane, { width: 524, height: 380, fontSize: 12 }, caption),
      },
      {
        screens: ["medium", "narrow"],
        svg: drawPlane(plane, { width: 350, height: 290, fontSize: 11.5 }, caption),
      },
    ],
    data: {
      header: ["layer", "epoch", "step", "I(X;T) bits", "I(T;Y) bits"],
      rows: paths.flatMap(({ layer, places }) =>
        places.map(({ epoch, step, input, label }) => [layer, epoch, step, input, label])
      ),
    },
    span: "half",
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

const symbols = ["circle", "square", "triangle", "diamond", "star", "cross", "wye"] as const;

const symbolOf = (i: number) => symbols[i % symbols.length];

/** The colours from orange to blue, on light paper and on dark. */
const colourAt = (progress: number): string =>
  `color-mix(in oklab, var(--train, #b3541e), var(--test, #1f5f99) ${Math.round(100 * progress)}%)`;

/** Makes an axis from zero, or from below where a bias leads there, up to the bound where there is one. */
function axisOver(values: readonly number[], bound: number | null, intervals: number): Axis {
  // A bound that is far off would squeeze all else into a corner: the caption has it.
  const { low, high: most } = range(values);
  const far = bound !== null && bound > 1.6 * most;
  const high = far ? most : Math.max(most, bound ?? 0);
  return linearAxis(Math.min(0, low), high * 1.02, intervals);
}

function drawPlane(plane: Plane, { width, height, fontSize }: Size, caption: string): Html {
  const { paths, inputEntropy, labelEntropy, estimator } = plane;
  const all = paths.flatMap(({ places }) => places);
  const x = axisOver(all.map(({ input }) => input), inputEntropy, width > 500 ? 8 : 5);
  const y = axisOver(all.map(({ label }) => label), labelEntropy, 6);
  const within = ({ domain }: Axis, value: number | null): readonly number[] =>
    value !== null && value <= domain[1] ? [value] : [];
  const marks: readonly Markish[] = [
    gridX({ ticks: [...x.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    gridY({ ticks: [...y.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
    axisX({
      ticks: [...x.ticks],
      tickFormat: x.format,
      tickSize: 4,
      label: "I(X;T), what the layer knows of the input (bit)",
      labelArrow: "none",
    }),
    axisY({
      ticks: [...y.ticks],
      tickFormat: y.format,
      tickSize: 0,
      label: "I(T;Y), what it knows of the class (bit)",
      labelArrow: "none",
    }),
    ruleY(within(y, labelEntropy), bound),
    ruleX(within(x, inputEntropy), bound),
    ...paths.flatMap(({ layer, places }, i) => [
      line(places, {
        x: "input",
        y: "label",
        stroke: "var(--muted, #59626d)",
        strokeOpacity: 0.6,
        strokeWidth: 1,
      }),
      dot(places, {
        x: "input",
        y: "label",
        symbol: symbolOf(i),
        fill: ({ progress }: Place) => colourAt(progress),
        r: width > 500 ? 3.6 : 3,
        title: ({ epoch, step, input, label }: Place) =>
          `${layer}, epoch ${epoch}, step ${step}: I(X;T) ${input}, I(T;Y) ${label}`,
      }),
    ]),
    keyMark(plane, fontSize),
  ];
  return draw({
    width,
    height,
    marginTop: 66,
    marginRight: 16,
    marginBottom: 40,
    marginLeft: Math.ceil(
      Math.max(...y.ticks.map((tick) => y.format(tick).length)) * fontSize * 0.64,
    ) +
      12,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [...x.domain] },
    y: { type: "linear", domain: [...y.domain] },
    color: { type: "identity" },
    symbol: { type: "identity" },
    marks: [...marks],
  }, `Information plane by ${estimator}. ${caption}`);
}

const bound = { stroke: "var(--muted, #59626d)", strokeDasharray: "4 3" } as const;

/** The layers with their symbols, above the plane: two rows where one is too short. */
const keyMark = ({ paths, inputEntropy, labelEntropy }: Plane, fontSize: number): Markish =>
  customMark(({ left, top, width }) => {
    const entropies = [
      ...labelEntropy === null ? [] : [`H(Y) = ${bits(labelEntropy)}`],
      ...inputEntropy === null ? [] : [`H(X) = ${bits(inputEntropy)}`],
    ];
    const entries = [
      ...paths.map(({ layer }, i) => ({ text: layer, mark: shapes[symbolOf(i)] })),
      { text: `bounds ${entropies.join(", ")}`, mark: "M-6,0h4m4,0h4" },
    ];
    let [x, y] = [left + 8, top - 34];
    return entries.flatMap(({ text, mark }) => {
      const size = Math.ceil(text.length * fontSize * 0.6) + 26;
      if (x + size > left + width && x > left + 8) [x, y] = [left + 8, y + fontSize + 4];
      const name = svgElement("text", { x: x + 10, y: y + 4, "text-anchor": "start" });
      name.textContent = text;
      const shape = svgElement("path", {
        d: mark,
        transform: `translate(${x},${y})`,
        fill: "var(--muted, #59626d)",
        stroke: "var(--muted, #59626d)",
      });
      x += size;
      return [shape, name];
    });
  });

/** The symbols as paths of about eight pixels. */
const shapes: Readonly<Record<typeof symbols[number], string>> = {
  circle: "M3.5,0a3.5,3.5 0 1,1 -7,0a3.5,3.5 0 1,1 7,0",
  square: "M-3,-3h6v6h-6z",
  triangle: "M0,-4l4,7h-8z",
  diamond: "M0,-4.5l3,4.5l-3,4.5l-3,-4.5z",
  star: "M0,-4.5l1.2,3h3l-2.4,2l1,3l-2.8,-1.8l-2.8,1.8l1,-3l-2.4,-2h3z",
  cross: "M-1,-4h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
  wye: "M0,0v4M0,0l-3.5,-2M0,0l3.5,-2",
};
