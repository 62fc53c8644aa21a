/**
 * The figure of what was measured: recall against queries per second.
 *
 * @module
 */
import { linearAxis, logAxis, position } from "../../../pipelines/report/axis.ts";
import { axes, dot, draw, line, text } from "../../../pipelines/report/plot.ts";
import { standalone } from "../../../pipelines/report/standalone.ts";
import type { Row } from "./measured.ts";
import type { Rows, SearchSet } from "./searcher.ts";

/** Sparrow's rows are warm, its peers' cold or grey. */
const colours = {
  sparrow: ["#b3541e", "#c0332b", "#8a6d0b", "#a33a7a"],
  peers: ["#1f5f99", "#2c7a4b", "#5b6770", "#3f7f93", "#6a5acd", "#8a8f98"],
} as const;

/** Pixels between two labels. */
const APART = 14;

const size = { width: 760, height: 420, marginTop: 28, marginBottom: 40, marginLeft: 60 } as const;

/** An SVG file with a line per row; up and to the right is better. */
export function tradeOff({ name, base, queries }: SearchSet<Rows>, rows: readonly Row[]): string {
  const points = rows.flatMap(({ settings }) => settings);
  const rates = points.map(({ rate }) => rate);
  const x = linearAxis(Math.min(...points.map(({ recall }) => recall)), 1, 6);
  const y = logAxis(Math.min(...rates), Math.max(...rates));
  const counts = { sparrow: 0, peers: 0 };
  const lines = rows.map((row) => {
    const kind = row.name.startsWith("Sparrow") ? "sparrow" : "peers";
    const own = colours[kind];
    return { ...row, kind, colour: own[counts[kind]++ % own.length] } as const;
  });
  const inner = size.height - size.marginTop - size.marginBottom;
  // At their ends on the right, moved down as far as the one above needs.
  let above = -Infinity;
  const labels = lines
    .map((row) => ({ ...row, last: row.settings[row.settings.length - 1] }))
    .toSorted((a, b) => b.last.rate - a.last.rate)
    .map((row) => {
      const at = (1 - position(y, row.last.rate)) * inner;
      above = Math.max(at, above + APART);
      return { ...row, dy: above - at };
    });
  const caption = `Recall of the ten nearest against queries per CPU second, one thread: ` +
    `${queries.count} queries among ${base.count} ${base.kind === "dense" ? "vectors" : "codes"} ` +
    `(${name}). Up and to the right is better.`;
  const svg = draw({
    ...size,
    marginRight: 230,
    style: { fontSize: "12px" },
    x: { type: "linear", domain: [...x.domain] },
    y: { type: "log", domain: [...y.domain] },
    marks: [
      ...axes({ axis: x, label: "recall@10" }, { axis: y, label: "queries per CPU second" }),
      ...lines.flatMap(({ settings, colour, kind }) => [
        line(settings, {
          x: "recall",
          y: "rate",
          stroke: colour,
          strokeWidth: kind === "sparrow" ? 2.5 : 1.5,
        }),
        dot(settings, { x: "recall", y: "rate", fill: colour, r: kind === "sparrow" ? 3.5 : 2.5 }),
      ]),
      ...labels.map(({ name, last, colour, dy }) =>
        text([last], {
          x: () => x.domain[1],
          y: "rate",
          text: () => name,
          fill: colour,
          textAnchor: "start",
          dx: 10,
          dy,
        })
      ),
    ],
  }, caption);
  const drawn = standalone({
    id: `recall-${name}`,
    title: `Recall against speed, ${name}`,
    caption,
    drawings: [{ screens: ["wide"], svg }],
    data: { header: [], rows: [] },
    span: "whole",
  });
  if (drawn === null) throw new Error("Cannot draw the figure: it is no single SVG");
  return drawn;
}
