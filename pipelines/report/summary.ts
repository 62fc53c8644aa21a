/**
 * The tables of a report: where a run ended, and its configuration, folded away.
 *
 * @module
 */
import { type EpochMean, type History, newest, perEpoch, type SplitName } from "../core/history.ts";
import { compact, fraction } from "./format.ts";
import { type Html, html } from "./html.ts";

// ---- Configuration

/** A depth below that of any configuration, so that one that contains itself ends. */
const deepest = 8;

/** The longest list that is shown; longer ones are counted. */
const longestList = 64;

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));

function show(value: unknown): string {
  if (typeof value === "function") return "(function)";
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (value instanceof Date || typeof value === "string") return String(value);
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value, (_, part) => typeof part === "bigint" ? String(part) : part);
  } catch {
    return "(circular)";
  }
}

/**
 * Flattens a configuration: nested keys are joined with dots, in the order of the object.
 *
 * @example
 * ```ts
 * import { flatten } from "./summary.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * assertEquals(
 *   flatten({ seed: 1, options: { epochs: 20, sizes: [64, 512], out: null } }),
 *   [["seed", "1"], ["options.epochs", "20"], ["options.sizes", "[64,512]"], ["options.out", "null"]],
 * );
 * ```
 */
export function flatten(
  config: Readonly<Record<string, unknown>>,
  prefix = "",
  depth = 0,
): readonly (readonly [key: string, value: string])[] {
  return Object.entries(config).flatMap(([key, value]) => {
    const path = prefix + key;
    if (!isPlain(value) || Object.keys(value).length === 0) {
      return Array.isArray(value) && value.length > longestList
        ? [[path, `(${value.length} values)`] as const]
        : [[path, show(value)] as const];
    }
    return depth === deepest ? [[path, "…"] as const] : flatten(value, `${path}.`, depth + 1);
  });
}

/** The keys of a configuration that describe the machine of a run. */
const environment = ["backend", "versions", "platform"] as const;

const table = (
  title: string,
  config: Readonly<Record<string, unknown>>,
): readonly Html[] => {
  const entries = flatten(config);
  if (entries.length === 0) return [];
  return [html`
    <details>
      <summary>
        <h2>${title}</h2>
      </summary>
      <table class="configuration">
        <thead>
          <tr>
            <th scope="col">key</th>
            <th scope="col">value</th>
          </tr>
        </thead>
        <tbody>
    ${entries.map(([key, value]) =>
      html`
        <tr>
          <th scope="row">${key}</th>
          <td>${value}</td>
        </tr>
      `
    )}</tbody>
      </table>
    </details>
  `];
};

/** Writes the tables of the settings and of the environment, each in a `<details>`; null for neither. */
export function configuration(config: Readonly<Record<string, unknown>>): Html | null {
  const isOutside = ([key]: readonly [string, unknown]): boolean =>
    environment.some((name) => name === key);
  const entries = Object.entries(config);
  const tables = [
    ...table("Configuration", Object.fromEntries(entries.filter((entry) => !isOutside(entry)))),
    ...table("Environment", Object.fromEntries(entries.filter(isOutside))),
  ];
  return tables.length === 0 ? null : html`
    <div class="settings">${tables}</div>
  `;
}

interface Entry {
  readonly label: string;
  readonly final: string;
  readonly best: EpochMean | null;
}

type Better = (a: number, b: number) => boolean;

const highest: Better = (a, b) => a > b;
const lowest: Better = (a, b) => a < b;

function bestOf(points: readonly EpochMean[], better: Better): EpochMean | null {
  return points.filter(({ value }) => Number.isFinite(value)).reduce<EpochMean | null>(
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

/** Returns the sparsity: as measured on codes where it was, else as set. */
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
    ...measured(history, "test copies found", "copies_found", "test", fraction, highest),
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
          : /accuracy|found/.test(label)
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
