/**
 * Bias and spread as a table: a row per law, a column per estimator.
 *
 * @module
 */
import { compact } from "../report/format.ts";
import { type Html, html } from "../report/html.ts";
import { type EstimatorName, estimatorsOf } from "./estimators.ts";
import { median, type Result, summarise, type Summary } from "./result.ts";

/** Style of the tables; narrow screens scroll them within the page. */
export const tableStyle = `
.scroll { margin-top: 6px; overflow-x: auto; }
.bias { font-size: 13px; white-space: nowrap; }
.bias th, .bias td { padding-left: 11px; }
.bias thead th { white-space: normal; vertical-align: bottom; }
.bias .truth { text-align: right; }
.bias tbody tr:first-child > * { border-top: 1px solid var(--grid); }
.bias td { color: var(--muted); }
.bias td.good { color: var(--ink); font-weight: 650; }
.bias th:nth-child(-n + 2) { position: sticky; background: var(--paper); }
.bias th:first-child { left: 0; min-width: 28px; padding-left: 0; }
.bias th:nth-child(2) { left: 28px; }
.legend { margin: 24px 0 0; font-size: 13px; color: var(--muted); }
`;

/** Whether errors are as small as one can ask for: within 0.1 bit or a tenth of the truth. */
export const isGood = (rmse: number, truth: number): boolean => rmse <= Math.max(0.1, truth / 10);

/**
 * The table of one kind and one number of samples.
 *
 * @param results At least one; all of that kind and number.
 */
export function biasTable(results: readonly Result[]): Html {
  const [{ kind, samples }] = results;
  const names = (Object.keys(estimatorsOf(kind)) as readonly EstimatorName[])
    .filter((name) => results.some(({ estimator }) => estimator === name));
  const byDimension = [...Map.groupBy(results, ({ dimension }) => dimension)];
  return html`
    <p class="legend">Bias ± standard deviation in bits; bold where the root mean square error is within
      0.1 bit or a tenth of the truth.</p>
    <div class="scroll" tabindex="0" role="region"
      aria-label="Bias and spread, ${kind}, n = ${samples}">
      <table class="bias">
        <thead>
          <tr>
            <th scope="col">d</th>
            <th scope="col" class="truth">truth</th>
    ${names.map((name) =>
      html`
        <th scope="col">${estimatorsOf(kind)[name]?.label ?? name}</th>
      `
    )}</tr>
        </thead>
    ${byDimension.map(([dimension, of]) => biasRows(dimension, of, names))}<tbody>
    ${byDimension.map(([dimension, of]) => secondsRow(dimension, of, names))}</tbody>
      </table>
    </div>
  `;
}

function biasRows(
  dimension: number,
  results: readonly Result[],
  names: readonly EstimatorName[],
): Html {
  const rows = [...Map.groupBy(results, ({ bits }) => bits)].toSorted(([a], [b]) => a - b);
  return html`
    <tbody>
    ${rows.map(([bits, of]) =>
      html`
        <tr>
          <th scope="row">${dimension}</th>
          <th scope="row" class="truth">${bits}</th>
        ${names.map((name) => cell(of.find(({ estimator }) => estimator === name)))}</tr>
      `
    )}</tbody>
  `;
}

function cell(result: Result | undefined): Html {
  if (result === undefined) {
    return html`
      <td></td>
    `;
  }
  const { rmse, ...summary } = summarise(result);
  return html`
    <td class="${rmse !== null && isGood(rmse, result.bits) ? "good" : ""}">${biasText(
      summary,
    )}</td>
  `;
}

/** "+0.02 ± 0.05", or what there is of it. */
export const biasText = ({ bias, sd }: Pick<Summary, "bias" | "sd">): string =>
  bias === null ? "refused" : signed(bias) + (sd === null ? "" : ` ± ${sd.toFixed(2)}`);

const signed = (value: number): string => {
  const text = Math.abs(value).toFixed(2);
  return `${Number(text) === 0 ? "" : value < 0 ? "−" : "+"}${text}`;
};

/** The median over all truths of a dimension, for they matter little. */
function secondsRow(
  dimension: number,
  results: readonly Result[],
  names: readonly EstimatorName[],
): Html {
  return html`
    <tr>
      <th scope="row">${dimension}</th>
      <th scope="row" class="truth">seconds</th>
    ${names.map((name) => {
      const seconds = results.filter(({ estimator }) => estimator === name)
        .flatMap(({ seconds }) => seconds);
      return html`
        <td>${seconds.length === 0 ? "" : compact(Number(median(seconds).toPrecision(2)))}</td>
      `;
    })}</tr>
  `;
}
