/**
 * The page of a Willshaw memory's capacity.
 *
 * @module
 */
import { configuration } from "../report/configuration.ts";
import { renderFigure } from "../report/figure.ts";
import { html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { style } from "../report/style.ts";
import { type CapacityResults, ERROR } from "./capacity.ts";
import { loadFigure, sizeFigure } from "./capacity_figures.ts";
import { completionFigure } from "./completion_figure.ts";

/**
 * The page as the text of an HTML file with nothing to load.
 *
 * @param config Whatever it takes to run it again.
 */
export function capacityPage(
  { sizes, loads, completion }: CapacityResults,
  { closely, codes }: { readonly closely: number; readonly codes: number },
  config: Readonly<Record<string, unknown>>,
): string {
  const at = sizes.find(({ units }) => units === closely);
  const figures = [
    ...at === undefined ? [] : [
      loadFigure(
        loads.map(({ pairs, bitsPerSynapse, predicted }) => ({
          x: pairs,
          measured: bitsPerSynapse,
          predicted,
        })),
        {
          x: at.measured?.pairs ?? at.predictedPairs,
          measured: at.measured?.bitsPerSynapse ?? null,
          predicted: at.predicted,
          error: ERROR,
          fill: at.measured?.fill ?? NaN,
        },
        closely,
      ),
    ],
    sizeFigure(
      sizes.map(({ units, measured, predicted }) => ({
        x: units,
        measured: measured?.bitsPerSynapse ?? null,
        predicted,
      })),
      ERROR,
    ),
    completionFigure(
      completion,
      `${codes.toLocaleString("en-GB")} codes of ${closely.toLocaleString("en-GB")} units`,
    ),
  ];
  const body = html`
    <header>
      <div>
        <h1>What a Willshaw memory holds</h1>
        <p class="dataset">Pairs of random codes of n units, log₂ n of them active, in n × n binary
          synapses</p>
      </div>
    </header>
    <main>
      <section>
        <h2>Capacity and completion</h2>
        <div class="figures">
    ${figures.map((figure, i) => renderFigure(figure, i + 1))}</div>
      </section>
    </main>
    ${configuration(config)}
  `;
  return page("Willshaw memory", style, body);
}
