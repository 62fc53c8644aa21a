/**
 * The figure of where the time of each epoch went.
 *
 * @module
 */
import type { History } from "../../core/history.ts";
import { type Axis, epochTicks, linearAxis, range } from "../axis.ts";
import type { Drawing, Figure } from "../figure.ts";
import { compact } from "../format.ts";
import type { Html } from "../html.ts";
import { lineColour } from "../style.ts";
import { axisX, axisY, draw, gridY, rectY, text } from "../plot.ts";

/** The end of a row's name: "evaluation_seconds" is the row of the part "evaluation". */
const SUFFIX = "_seconds";

interface Part {
  readonly name: string;
  /** Seconds by epoch. */
  readonly spent: ReadonlyMap<number, number>;
  readonly sum: number;
}

/** The most parts that are shown; of more, the smaller ones are joined. */
const MOST_PARTS = 7;

/**
 * Seconds per epoch of each part that measures its own: the rows "training_seconds",
 * "evaluation_seconds" and the like, summed where an epoch has several.
 *
 * @returns null when the history has none.
 */
export function timingFigure(history: History): Figure | null {
  const parts = partsOf(history);
  if (parts.length === 0) return null;
  const epochs = [...new Set(parts.flatMap(({ spent }) => [...spent.keys()]))]
    .sort((a, b) => a - b);
  const all = parts.reduce((sum, part) => sum + part.sum, 0);
  const [most] = parts;
  const caption = `${compact(all)} seconds were measured, of which ${most.name} took ${
    Math.round(100 * most.sum / all)
  } %; a bar that stands out marks an epoch in which the machine was busy.`;
  return {
    id: "timing",
    title: "Time of each epoch",
    caption,
    drawings: drawingsOf(parts, epochs, `Bar chart of seconds per epoch. ${caption}`),
    data: {
      header: ["epoch", ...parts.map(({ name }) => name)],
      rows: epochs.map((epoch) => [epoch, ...parts.map(({ spent }) => spent.get(epoch) ?? null)]),
    },
    span: "half",
  };
}

/** The largest first. */
function partsOf(history: History): readonly Part[] {
  const rows = history.filter(({ name, value }) =>
    name.endsWith(SUFFIX) && Number.isFinite(value) && value >= 0
  );
  const parts = [...Map.groupBy(rows, ({ name }) => name)]
    .map(([name, rows]) => partOf(name.slice(0, -SUFFIX.length).replaceAll("_", " "), rows))
    .sort((a, b) => b.sum - a.sum);
  if (!parts.some(({ sum }) => sum > 0)) return [];
  if (parts.length <= MOST_PARTS) return parts;
  const kept = parts.slice(0, MOST_PARTS - 1);
  const names = kept.map(({ name }) => `${name.replaceAll(" ", "_")}${SUFFIX}`);
  return [...kept, partOf("other", rows.filter(({ name }) => !names.includes(name)))];
}

function partOf(name: string, rows: History): Part {
  const spent = new Map<number, number>();
  for (const { epoch, value } of rows) spent.set(epoch, (spent.get(epoch) ?? 0) + value);
  return { name, spent, sum: rows.reduce((sum, { value }) => sum + value, 0) };
}

const sizes = [
  { screens: ["wide"], width: 524, height: 260, fontSize: 12, ticks: 8 },
  { screens: ["medium", "narrow"], width: 350, height: 220, fontSize: 11.5, ticks: 6 },
] as const;

const drawingsOf = (
  parts: readonly Part[],
  epochs: readonly number[],
  label: string,
): readonly Drawing[] =>
  sizes.map(({ screens, ...size }) => ({ screens, svg: drawAt(parts, epochs, size, label) }));

interface Bar {
  readonly left: number;
  readonly right: number;
  readonly low: number;
  readonly high: number;
  readonly title: string;
}

function drawAt(
  parts: readonly Part[],
  epochs: readonly number[],
  { width, height, fontSize, ticks }: {
    readonly width: number;
    readonly height: number;
    readonly fontSize: number;
    readonly ticks: number;
  },
  label: string,
): Html {
  const sumOf = (epoch: number, count: number): number =>
    parts.slice(0, count).reduce((sum, { spent }) => sum + (spent.get(epoch) ?? 0), 0);
  const axis: Axis = linearAxis(0, range(epochs.map((epoch) => sumOf(epoch, parts.length))).high);
  const barsOf = ({ name, spent }: Part, i: number): readonly Bar[] =>
    epochs.filter((epoch) => spent.has(epoch)).map((epoch) => ({
      left: epoch - 0.4,
      right: epoch + 0.4,
      low: sumOf(epoch, i),
      high: sumOf(epoch, i + 1),
      title: `epoch ${epoch}, ${name}: ${compact(spent.get(epoch) ?? 0)} s`,
    }));
  const [first, end] = [epochs[0], epochs[epochs.length - 1]];
  // In rows above the bars, in which no name is cut.
  const legend = parts.reduce<readonly { name: string; x: number; row: number; i: number }[]>(
    (placed, { name }, i) => {
      const before = placed.at(-1);
      const advance = (name: string) => name.length * fontSize * 0.6 + 30;
      const x = before === undefined ? 0 : before.x + advance(before.name);
      const row = before?.row ?? 0;
      return [
        ...placed,
        x + advance(name) > width - 60 && before !== undefined
          ? { name, x: 0, row: row + 1, i }
          : { name, x, row, i },
      ];
    },
    [],
  );
  const marginTop = 30 + 17 * ((legend.at(-1)?.row ?? 0) + 1);
  const marginLeft = Math.ceil(
    Math.max(...axis.ticks.map((tick) => axis.format(tick).length)) * fontSize * 0.64,
  ) + 12;
  return draw({
    width,
    height,
    marginTop,
    marginBottom: 36,
    marginLeft,
    marginRight: 12,
    style: { fontSize: `${fontSize}px` },
    x: { type: "linear", domain: [first - 0.5, end + 0.5] },
    y: { type: "linear", domain: [...axis.domain] },
    marks: [
      gridY({ ticks: [...axis.ticks], stroke: "var(--grid, #e4e7eb)", strokeOpacity: 1 }),
      axisX({
        ticks: [...epochTicks(first, end, ticks)],
        tickFormat: String,
        tickSize: 4,
        label: "epoch",
      }),
      axisY({ ticks: [...axis.ticks], text: axis.format, tickSize: 0, label: "time (seconds)" }),
      ...parts.map((part, i) =>
        rectY(barsOf(part, i), {
          x1: "left",
          x2: "right",
          y1: "low",
          y2: "high",
          fill: lineColour(i),
          title: "title",
        })
      ),
      ...legend.flatMap(({ name, x, row, i }) => {
        const place = { frameAnchor: "top-left", textAnchor: "start", dx: x } as const;
        const dy = 17 * row - marginTop + 22;
        return [
          text(["■"], { ...place, text: String, dy, fill: lineColour(i) }),
          text([name], { ...place, text: String, dx: x + 14, dy }),
        ];
      }),
    ],
  }, label);
}
