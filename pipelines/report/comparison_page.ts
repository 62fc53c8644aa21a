/**
 * The report of several runs: a line of each figure, a row or a column of each table for every run.
 *
 * @module
 */
import { type Axis, fractionAxis, magnitudeAxis } from "./axis.ts";
import type { Figure } from "./figure.ts";
import { compact, count, fraction, mean, plusMinus } from "./format.ts";
import { type Html, html, trusted } from "./html.ts";
import { drawLines, type Series, seriesTable, values } from "./line_chart.ts";
import { lineColour, lineDash } from "./style.ts";
import type { ReportFiles } from "./report.ts";
import { type Section, sectionPage } from "./sections.ts";
import { drawingsOf, fileIn } from "./standalone.ts";
import { asHtml, type Column, type Columns } from "./table.ts";
import { type Comparison, finalOf, type Group, isSame, type Quantity } from "./comparison.ts";

/**
 * Folders by the shortest ends of their paths that differ.
 *
 * @example
 * ```ts
 * import { shortNames } from "./comparison_page.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(shortNames(["runs/a/1/", "runs/b/1", "c"]), ["a/1", "b/1", "c"]);
 * ```
 */
export function shortNames(folders: readonly string[]): readonly string[] {
  const parts = folders.map((folder) => folder.split(/[/\\]+/).filter((part) => part !== ""));
  const ends = (count: number) => parts.map((path) => path.slice(-count).join("/") || "/");
  const most = Math.max(...parts.map(({ length }) => length));
  for (let count = 1; count < most; count++) {
    if (new Set(ends(count)).size === folders.length) return ends(count);
  }
  return ends(most);
}

/** Whether a quantity is accuracy or loss, which every training has. */
const isMain = ({ name }: Quantity): boolean => name === "accuracy" || name === "loss";

/** A quantity in words: "test accuracy". */
const titleOf = ({ split, name }: Quantity): string =>
  `${split === "run" ? "" : `${split} `}${name.replaceAll(/[_.]+/g, " ")}`.trim() ||
  "without a name";

/** A value as its quantity is quoted. */
const shownAs = ({ name }: Quantity): (value: number) => string =>
  /accuracy/.test(name) ? fraction : compact;

/** A figure for each of the quantities. */
const comparisonFigures = (
  { runs }: Comparison,
  quantities: readonly Quantity[],
): readonly Figure[] =>
  quantities.map((quantity) => {
    const span = isMain(quantity) ? "half" : "quarter";
    const series = quantity.points.map((points, i): Series => ({ label: String(i + 1), points }));
    const drawn = isMain(quantity) && quantity.name === "accuracy" ? trained(series) : series;
    const title = titleOf(quantity);
    const axis: Axis = /accuracy/.test(quantity.name)
      ? fractionAxis(values(drawn))
      : magnitudeAxis(values(drawn), { intervals: span === "half" ? 5 : 4 });
    const caption = captionOf(quantity, runs.length);
    return drawLines({
      id: `${quantity.split}-${quantity.name}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"),
      title: `${title[0].toUpperCase()}${title.slice(1)}`,
      caption,
      chart: {
        label: `Line chart of ${title} per epoch, by run. ${caption}`,
        lines: drawn.map((one, i) => ({ ...one, colour: lineColour(i), dash: lineDash(i) })),
        axis,
        yLabel: `${title}${axis.type === "log" ? " (log scale)" : ""}`,
        span,
      },
      data: seriesTable(series),
      span,
    });
  });

/** Leaves out the values measured before training, beside which all others would look flat. */
function trained(series: readonly Series[]): readonly Series[] {
  const after = series.map(({ label, points }) => ({
    label,
    points: points.filter(({ epoch }) => epoch > 0),
  }));
  return after.every(({ points }) => points.length > 0) ? after : series;
}

function captionOf(quantity: Quantity, runs: number): string {
  const show = shownAs(quantity);
  const finals = Array.from({ length: runs }, (_, run) => finalOf(quantity, run));
  const [low, high] = [Math.min(...finals), Math.max(...finals)];
  if (runs === 1) return `It ends at ${show(low)}.`;
  if (low === high) return `All runs end at ${show(low)}; the lines bear the numbers of the table.`;
  const at = (value: number) => `${show(value)} (run ${finals.indexOf(value) + 1})`;
  return `The runs end between ${at(low)} and ${
    at(high)
  }; the lines bear the numbers of the table.`;
}

/** Largest number of quantities that are listed: nobody opens a page of tens of megabytes. */
const MOST_LISTED = 5000;

/**
 * Largest number of figures of quantities other than accuracy and loss: nobody would look at more.
 */
const MOST_FIGURES = 16;

const compareStyle = `
.finals tbody th { min-width: 100px; }
.differing tbody th { min-width: 200px; }
.differing td { overflow-wrap: anywhere; }
.delta { display: block; color: var(--muted); font-size: 12px; }
.sample { display: inline-block; width: 34px; height: 8px; margin-right: 8px; vertical-align: middle; }
`;

/** The report of several runs, and its figures as SVG files. */
export function comparePage(comparison: Comparison): ReportFiles {
  const { runs, differences, quantities, groups } = comparison;
  const short = shortNames(runs.map(({ folder }) => folder));
  const names = runs.map(({ name }, i) => name ?? short[i]);
  const main = quantities.filter(isMain);
  const rest = quantities.filter((quantity) => !isMain(quantity));
  const others = rest.filter((quantity) => runs.length === 1 || !isSame(quantity));
  const columns = main.length > 0 ? main : quantities.slice(0, 4);
  const drawn = [
    { title: "Training", figures: comparisonFigures(comparison, main) },
    {
      title: "What else all have measured",
      figures: comparisonFigures(comparison, others.slice(0, MOST_FIGURES)),
    },
  ].filter(({ figures }) => figures.length > 0);
  const drawings = drawingsOf(drawn.flatMap(({ figures }) => figures));
  const title = runs.length === 1 ? names[0] : `Comparison of ${runs.length} runs`;
  const tooMany = others.length > MOST_FIGURES;
  const page = sectionPage({
    tab: title,
    title,
    about: null,
    notices: runs.length > 1 ? [] : ["There is one run only, and nothing to compare it with."],
    sections: [
      { title: "Where they ended", after: finalTable(names, columns) },
      ...runs.length === 1 ? [] : [differing(names, differences)],
      ...groups.some(({ runs }) => runs.length > 1) ? [overSeeds(comparison, columns)] : [],
      ...drawn,
    ],
    end: [
      tooMany
        ? html`
          <p>Of ${others.length} other quantities ${MOST_FIGURES} are drawn; the numbers of all are
            below.</p>
        `
        : null,
      everything(names, quantities),
    ],
    config: runs[0].config,
    style: compareStyle,
    fileOf: (figure) => fileIn(drawings, figure),
  });
  return { page, drawings };
}

/** A piece of a run's line. */
const sample = (run: number): Html =>
  trusted(
    `<svg class="sample" viewBox="0 0 34 8" aria-hidden="true"><path d="M0 4h34" fill="none" ` +
      `stroke="${lineColour(run)}" stroke-width="2" stroke-dasharray="${lineDash(run)}"/></svg>`,
  );

/** A difference with its sign: "+0.0031", "−0.2", "±0". */
function signed(show: (value: number) => string, difference: number): string {
  const text = show(Math.abs(difference));
  return Number(text) === 0 ? "±0" : `${difference < 0 ? "−" : "+"}${text}`;
}

/** Column of a run's final values in a quantity, each above its difference to the first run's. */
const finalColumn = <Row>(
  heading: string,
  key: string,
  quantityOf: (row: Row) => Quantity,
  runOf: (row: Row) => number,
): Column<Row> => ({
  heading,
  key,
  value: (row) => finalOf(quantityOf(row), runOf(row)),
  content: (row) => {
    const [quantity, run] = [quantityOf(row), runOf(row)];
    const show = shownAs(quantity);
    const [first, value] = [finalOf(quantity, 0), finalOf(quantity, run)];
    return [
      show(value),
      run === 0 ? null : html`<span class="delta">${signed(show, value - first)}</span>`,
    ];
  },
});

const lastEpoch = (quantity: Quantity, run: number): number =>
  quantity.points[run].at(-1)?.epoch ?? 0;

function finalTable(names: readonly string[], columns: readonly Quantity[]): Html {
  const runs: Columns<number> = {
    columns: [
      {
        heading: "run",
        value: (run) => names[run],
        content: (run) => [sample(run), `${run + 1}. ${names[run]}`],
        names: true,
      },
      ...columns.map((quantity) =>
        finalColumn<number>(titleOf(quantity), titleOf(quantity), () => quantity, (run) => run)
      ),
      {
        heading: "epochs",
        value: (run) => lastEpoch(columns[0], run),
        show: (run) => String(lastEpoch(columns[0], run)),
      },
    ],
    rows: [...names.keys()],
  };
  return asHtml(runs, {
    label: "Final numbers by run",
    file: "final",
    note: names.length === 1 ? undefined : "Below each number: its difference to that of run 1.",
    kind: "finals",
  });
}

function differing(
  names: readonly string[],
  differences: Comparison["differences"],
): Section {
  const settings: Columns<Comparison["differences"][number]> = {
    columns: [
      { heading: "setting", value: ({ key }) => key, names: true, text: true },
      ...names.map((_, run): Column<Comparison["differences"][number]> => ({
        heading: `run ${run + 1}`,
        value: ({ values }) => values[run],
        show: ({ values }) => values[run] ?? "–",
        text: true,
      })),
    ],
    rows: differences,
  };
  return {
    title: "What differs",
    after: differences.length > 0
      ? asHtml(settings, {
        label: "Settings that differ",
        file: "settings",
        kind: "differing configuration",
      })
      : html`
        <p>Nothing: the configurations are the same, so the numbers should be too.</p>
      `,
  };
}

function overSeeds({ groups }: Comparison, columns: readonly Quantity[]): Section {
  const finals = ({ runs }: Group, quantity: Quantity) => runs.map((run) => finalOf(quantity, run));
  const table: Columns<Group> = {
    columns: [
      { heading: "settings", value: ({ label }) => label === "" ? "all" : label, names: true },
      { heading: "runs", value: ({ runs }) => runs.map((run) => run + 1).join(", ") },
      ...columns.map((quantity): Column<Group> => ({
        heading: titleOf(quantity),
        value: (group) => mean(finals(group, quantity)),
        show: (group) => plusMinus(finals(group, quantity)),
      })),
    ],
    rows: groups,
  };
  return {
    title: "Over seeds",
    after: asHtml(table, {
      label: "Mean and deviation over seeds",
      file: "seeds",
      note: "Mean ± standard deviation of the runs whose settings differ in the seed alone.",
      kind: "finals",
    }),
  };
}

function everything(names: readonly string[], quantities: readonly Quantity[]): Html {
  const table: Columns<Quantity> = {
    columns: [
      { heading: "quantity", value: titleOf, names: true },
      ...names.map((name, run) =>
        finalColumn<Quantity>(`run ${run + 1}`, name, (quantity) => quantity, () => run)
      ),
    ],
    rows: quantities.slice(0, MOST_LISTED),
  };
  const title = quantities.length > MOST_LISTED ? `The first ${MOST_LISTED}` : "All";
  return html`
    <details>
      <summary>
        <h2>${title} final numbers (${count(quantities.length, "quantity", "quantities")})</h2>
      </summary>
      ${asHtml(table, { label: "All final numbers", file: "all-final", kind: "finals" })}</details>
  `;
}
