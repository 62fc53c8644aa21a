/**
 * The small table of where a run ended.
 *
 * @module
 */
import { type History, newest, type SplitName } from "../history.ts";
import { compact, fraction } from "./format.ts";
import { type Html, html } from "./html.ts";
import { perEpoch, type Point } from "./series.ts";

interface Entry {
  readonly label: string;
  readonly final: string;
  readonly best: Point | null;
}

type Better = (a: number, b: number) => boolean;

const highest: Better = (a, b) => a > b;
const lowest: Better = (a, b) => a < b;

function bestOf(points: readonly Point[], better: Better): Point | null {
  return points.filter(({ value }) => Number.isFinite(value)).reduce<Point | null>(
    (best, point) => best === null || better(point.value, best.value) ? point : best,
    null,
  );
}

/** An entry for what was measured each epoch, or none when it never was. */
function measured(
  history: History,
  label: string,
  name: string,
  split: SplitName | undefined,
  format: (value: number) => string,
  better: Better | null,
): readonly Entry[] {
  const points = perEpoch(history, name, split);
  const final = points.at(-1);
  if (final === undefined) return [];
  return [{ label, final: format(final.value), best: better && bestOf(points, better) }];
}

function bitsSet(history: History): readonly Entry[] {
  const mean = newest(history, "active_mean", "test");
  if (mean === null) return [];
  const low = newest(history, "active_min", "test");
  const high = newest(history, "active_max", "test");
  const range = low === null || high === null || low === high
    ? ""
    : ` (${compact(low)} to ${compact(high)})`;
  return [{ label: "bits set per code", final: compact(mean) + range, best: null }];
}

/** Where sparsity was measured on codes, rather than set, that is what counts. */
const sparsitySplit = (history: History): SplitName | undefined =>
  (["test", "train", "run"] as const).find((split) => newest(history, "sparsity", split) !== null);

/**
 * The final values of what the history has rows of, and the best epoch's of accuracy and loss.
 *
 * @returns null when there is nothing to show.
 */
export function summary(history: History): Html | null {
  const entries = [
    ...measured(history, "test accuracy", "accuracy", "test", fraction, highest),
    ...measured(history, "train accuracy", "accuracy", "train", fraction, highest),
    ...measured(history, "train loss", "loss", "train", compact, lowest),
    ...measured(history, "sparsity", "sparsity", sparsitySplit(history), compact, null),
    ...bitsSet(history),
    ...measured(history, "samples per second", "samples_per_second", undefined, compact, null),
    ...measured(history, "seconds per epoch", "seconds", undefined, compact, null),
  ];
  if (entries.length === 0) return null;
  const rows = entries.map(({ label, final, best }) =>
    html`
      <tr>
        <th scope="row">${label}</th>
        <td>${final}</td>
        <td>${best === null
          ? ""
          : label.endsWith("accuracy")
          ? fraction(best.value)
          : compact(best.value)}</td>
        <td>${best === null ? "" : best.epoch}</td>
      </tr>
    `
  );
  return html`
    <table class="summary">
      <thead>
        <tr>
          <th scope="col"><span class="unseen">quantity</span></th>
          <th scope="col">final</th>
          <th scope="col">best</th>
          <th scope="col">epoch</th>
        </tr>
      </thead>
      <tbody>
    ${rows}</tbody>
    </table>
  `;
}
