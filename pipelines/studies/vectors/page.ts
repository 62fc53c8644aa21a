/**
 * The page of a comparison of codes for float vectors: the trade-off between bytes, recall and speed, as figures and as
 * a table, and the sentence that recommends a search.
 *
 * @module
 */
import { type Axis, logAxis } from "../../report/axis.ts";
import { type Figure, halfDrawings } from "../../report/figure.ts";
import { count } from "../../report/format.ts";
import { type Html, html } from "../../report/html.ts";
import { axes, dot, draw, line, type Markish, text } from "../../report/plot.ts";
import { lineColour, lineDash } from "../../report/style.ts";
import { asHtml, type Columns } from "../../report/table.ts";
import { studyPage } from "../page.ts";
import type { JsonObject } from "../record.ts";
import type { IndexMeasurement, Measurement, Wish } from "./measure.ts";

/** Queries per second in two digits: 1,400. */
const speed = (value: number): string => Number(value.toPrecision(2)).toLocaleString("en-GB");

/** Describes a search: "the query as floats, 100 ranked anew". */
const wayOf = ({ query, candidates }: Measurement): string =>
  query === "floats"
    ? candidates === null ? "the query as floats" : `the query as floats, ${candidates} ranked anew`
    : candidates === null
    ? "by codes"
    : `by codes, ${candidates} ranked anew`;

/** The sentence that names the recommended search, and why it is. */
export function reasonFor(chosen: Measurement, { bytes, recall }: Wish): string {
  const { method, queriesPerSecond, recallAt10 } = chosen;
  const found = `it finds ${recallAt10.toFixed(4)} of the ten nearest at ${
    speed(queriesPerSecond)
  } queries/s`;
  const why = recallAt10 >= recall
    ? `the best of the fastest that find at least ${recall} in at most ${bytes} bytes`
    : `the best in at most ${bytes} bytes, none of which finds ${recall}`;
  return `Recommended: ${method}, ${count(chosen.bytes, "byte")} per vector, ${
    wayOf(chosen)
  }: ${found}, ${why}.`;
}

/** The measurements of one code side by side, as tables of the field have them. */
interface TableRow {
  readonly method: string;
  readonly bytes: number;
  readonly query: string;
  readonly plain: Measurement;
  readonly ranked: Measurement;
}

const tableRows = (rows: readonly Measurement[]): readonly TableRow[] =>
  rows.filter(({ candidates }) => candidates === null).map((plain) => ({
    method: plain.method,
    bytes: plain.bytes,
    query: plain.query,
    plain,
    ranked: rows.find((row) =>
      row.method === plain.method && row.bytes === plain.bytes && row.query === plain.query &&
      row.candidates !== null
    )!,
  }));

/** The trade-off as a table: a row for each code and form of query. */
export const tradeOffTable = (rows: readonly Measurement[]): Columns<TableRow> => ({
  columns: [
    { heading: "code", key: "method", value: ({ method }) => method, names: true },
    { heading: "bytes", value: ({ bytes }) => bytes },
    { heading: "query", value: ({ query }) => query, text: true },
    ...([
      ["recall@1", "recall_1", "plain", "recallAt1"],
      ["recall@10", "recall_10", "plain", "recallAt10"],
      ["queries/s", "queries_per_second", "plain", "queriesPerSecond"],
      ["@1 ranked anew", "reranked_recall_1", "ranked", "recallAt1"],
      ["@10", "reranked_recall_10", "ranked", "recallAt10"],
      ["queries/s", "reranked_queries_per_second", "ranked", "queriesPerSecond"],
    ] as const).map(([heading, key, kind, name]) => ({
      heading,
      key,
      value: (row: TableRow) => row[kind][name],
      show: (row: TableRow) =>
        name === "queriesPerSecond" ? speed(row[kind][name]) : row[kind][name].toFixed(3),
    })),
  ],
  rows: tableRows(rows),
});

/** The searches in an index of lists as a table. */
export const indexTable = (rows: readonly IndexMeasurement[]): Columns<IndexMeasurement> => ({
  columns: [
    { heading: "lists read", key: "probes", value: ({ probes }) => probes },
    {
      heading: "bytes",
      value: ({ bytes }) => bytes,
      show: ({ bytes }) => bytes.toFixed(0),
    },
    {
      heading: "recall@1",
      key: "recall_1",
      value: ({ recallAt1 }) => recallAt1,
      show: ({ recallAt1 }) => recallAt1.toFixed(3),
    },
    {
      heading: "recall@10",
      key: "recall_10",
      value: ({ recallAt10 }) => recallAt10,
      show: ({ recallAt10 }) => recallAt10.toFixed(3),
    },
    {
      heading: "queries/s",
      key: "queries_per_second",
      value: ({ queriesPerSecond }) => queriesPerSecond,
      show: ({ queriesPerSecond }) => speed(queriesPerSecond),
    },
  ],
  rows,
});

/**
 * The sentence that says what an index of lists does for the same recall: the fewest lists that have it, or most
 * lists where none has.
 */
export function indexReason(rows: readonly IndexMeasurement[], { recall }: Wish): string {
  const { probes, bytes, recallAt10, queriesPerSecond } =
    rows.find((row) => row.recallAt10 >= recall) ?? rows[rows.length - 1];
  return `Where the vectors are kept and speed counts: an index of lists (index_vectors.ts) of ${
    bytes.toFixed(0)
  } bytes per vector beside them, ${probes} lists read, finds ${recallAt10.toFixed(4)} at ${
    speed(queriesPerSecond)
  } queries/s.`;
}

/** Size, margins and scales that the figures share. */
const frame = (width: number, x: Axis, y: Axis) => ({
  width,
  height: 320,
  marginTop: 26,
  marginRight: 28,
  marginBottom: 38,
  marginLeft: 44,
  style: { fontSize: width > 500 ? "12px" : "11px" },
  x: { type: x.type, domain: [...x.domain] },
  y: { type: y.type, domain: [...y.domain] },
});

/** Least part that figures show as missed, also of searches that miss less or nothing. */
const LEAST = 1e-4;

/** The part of the ten nearest that is missed. */
const missed = ({ recallAt10 }: Measurement): number => Math.max(LEAST, 1 - recallAt10);

/** Axis of the missed part, from much at its foot to little at its top. */
function missedAxis(rows: readonly Measurement[]): Axis {
  const parts = rows.map(missed);
  const axis = logAxis(Math.min(...parts), Math.max(...parts));
  return { ...axis, domain: [axis.domain[1], axis.domain[0]] };
}

/** Recall over speed of the codes of one size; the number beside a dot is that of the method. */
function speedFigure(
  rows: readonly Measurement[],
  methods: readonly string[],
  chosen: Measurement,
  bytes: number,
): Figure {
  const shown = rows.filter((row) => row.bytes <= bytes && 2 * row.bytes > bytes);
  const all = shown.includes(chosen) ? shown : [...shown, chosen];
  const caption =
    `Codes of more than ${
      bytes / 2
    } and at most ${bytes} bytes: filled dots are searched by the query as ` +
    "floats, rings by codes; large ones have their candidates ranked anew. The circled one is recommended. Up " +
    "and to the right is better.";
  const label = `What is missed over queries per second. ${caption}`;
  const speeds = all.map(({ queriesPerSecond }) => queriesPerSecond);
  const [x, y] = [logAxis(Math.min(...speeds), Math.max(...speeds)), missedAxis(all)];
  const colour = ({ method }: Measurement) => lineColour(methods.indexOf(method));
  const radius = ({ candidates }: Measurement) => candidates === null ? 3 : 5;
  const marks: readonly Markish[] = [
    ...axes({ axis: x, label: "queries per second of one thread" }, {
      axis: y,
      label: "missed of the ten nearest",
    }),
    dot(all, {
      x: "queriesPerSecond",
      y: missed,
      r: radius,
      fill: (row: Measurement) => row.query === "floats" ? colour(row) : "none",
      stroke: colour,
      title: (row: Measurement) =>
        `${row.method}, ${row.bytes} bytes, ${wayOf(row)}: ${row.recallAt10.toFixed(3)} at ${
          speed(row.queriesPerSecond)
        } queries/s`,
    }),
    text(all.filter(({ candidates }) => candidates !== null), {
      x: "queriesPerSecond",
      y: missed,
      text: ({ method }: Measurement) => String(methods.indexOf(method) + 1),
      dx: 9,
      textAnchor: "start",
      fill: colour,
    }),
    dot([chosen], { x: "queriesPerSecond", y: missed, r: 9, stroke: "var(--ink, #1c2127)" }),
  ];
  return {
    id: "speed",
    title: "What is missed, and how fast",
    caption,
    drawings: halfDrawings((width) => draw({ ...frame(width, x, y), marks: [...marks] }, label)),
    data: {
      header: ["code", "bytes", "query", "candidates", "queries_per_second", "recall_10"],
      rows: all.map((row) => [
        row.method,
        row.bytes,
        row.query,
        row.candidates,
        row.queriesPerSecond,
        row.recallAt10,
      ]),
    },
    span: "half",
  };
}

/** Draws the recall over the bytes of each method, with reranked candidates and the query as floats. */
function bytesFigure(rows: readonly Measurement[], methods: readonly string[]): Figure {
  const shown = rows.filter(({ query, candidates }) => query === "floats" && candidates !== null);
  const caption =
    "The part of the ten nearest that is missed with the query as floats and candidates ranked anew; higher is " +
    "better, and what misses less than 0.0001 is at the top.";
  const label = `What is missed over bytes per vector. ${caption}`;
  const sizes = shown.map(({ bytes }) => bytes);
  const [x, y] = [logAxis(Math.min(...sizes), Math.max(...sizes), 2), missedAxis(shown)];
  const lines = [...Map.groupBy(shown, ({ method }) => method)];
  const marks: readonly Markish[] = [
    ...axes({ axis: x, label: "bytes per vector" }, {
      axis: y,
      label: "missed of the ten nearest",
    }),
    ...lines.flatMap(([method, of]) => {
      const at = methods.indexOf(method);
      const sorted = of.toSorted((a, b) => a.bytes - b.bytes);
      const stroke = lineColour(at);
      return [
        line(sorted, {
          x: "bytes",
          y: missed,
          stroke,
          strokeDasharray: lineDash(at) || "none",
          strokeWidth: 1.6,
        }),
        dot(sorted, {
          x: "bytes",
          y: missed,
          r: 3,
          fill: stroke,
          title: ({ bytes, recallAt10 }: Measurement) =>
            `${method}, ${bytes} bytes: ${recallAt10.toFixed(3)}`,
        }),
        text(sorted.slice(-1), {
          x: "bytes",
          y: missed,
          text: () => String(at + 1),
          dx: 7,
          textAnchor: "start",
          fill: stroke,
        }),
      ];
    }),
  ];
  return {
    id: "bytes",
    title: "What is missed, in how many bytes",
    caption,
    drawings: halfDrawings((width) => draw({ ...frame(width, x, y), marks: [...marks] }, label)),
    data: {
      header: ["code", "bytes", "recall_10"],
      rows: shown.map(({ method, bytes, recallAt10 }) => [method, bytes, recallAt10]),
    },
    span: "half",
  };
}

/** The numbers of the methods, with the looks of their lines. */
const key = (methods: readonly string[]): Html =>
  html`
    <ol>
    ${methods.map((method, at) =>
      html`
        <li><svg width="26" height="8" aria-hidden="true"><path d="M0 4h26" stroke="${lineColour(
          at,
        )}" stroke-width="2" stroke-dasharray="${lineDash(at)}"/></svg> ${method}</li>
      `
    )}</ol>
  `;

/** Results for the page. */
export interface VectorsResults {
  /** All measurements. */
  readonly rows: readonly Measurement[];
  /** The recommended one of them. */
  readonly chosen: Measurement;
  /** Measurements with it on the user's own queries; null where there are none. */
  readonly queries: Measurement | null;
  /** Searches in an index of lists. */
  readonly lists: readonly IndexMeasurement[];
  /** Requirements of the recommended search. */
  readonly wish: Wish;
  /** Number of vectors that were searched. */
  readonly base: number;
}

/**
 * The page as the text of an HTML file with nothing to load.
 *
 * @param held Vectors that were held out as queries.
 */
export function vectorsPage(
  { rows, chosen, queries, lists, wish, base }: VectorsResults,
  { held, seed }: { readonly held: number; readonly seed: number },
  config: JsonObject,
): string {
  const methods = [...new Set(rows.map(({ method }) => method))];
  return studyPage({
    tab: "Codes of vectors",
    title: "Codes of vectors: bytes, recall, speed",
    task: `${base.toLocaleString("en-GB")} vectors, searched for the ten nearest by cosine of ${
      held.toLocaleString("en-GB")
    } others that were held out of them.`,
    reading:
      "Recall is the part of the exact neighbours that is found; a query's time is all that it takes on one thread.",
    circumstances: { seeds: [seed] },
    overview: html`
      <p><b>${reasonFor(chosen, wish)}</b></p>
      <p>${indexReason(lists, wish)}</p>
      ${queries === null ? null : html`
        <p>On the given queries, looked at once: recall@1 ${queries.recallAt1.toFixed(
          4,
        )}, recall@10 ${queries.recallAt10.toFixed(4)}, ${speed(
          queries.queriesPerSecond,
        )} queries/s.</p>
      `}
    `,
    sections: [{
      title: "Trade-off",
      before: key(methods),
      figures: [speedFigure(rows, methods, chosen, wish.bytes), bytesFigure(rows, methods)],
      after: asHtml(tradeOffTable(rows), {
        label: "Recall and speed by code",
        file: "vectors",
        note: "Queries per second of processor time on one thread, two digits.",
      }),
    }, {
      title: "An index of lists",
      figures: [],
      after: asHtml(indexTable(lists), {
        label: "Recall and speed by the lists that are read",
        file: "lists",
        note: "Bytes are those of the index per vector; the vectors are kept beside it.",
      }),
    }],
    config,
  });
}
