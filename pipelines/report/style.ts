/**
 * The style sheet of a report, for light and dark, screen and paper, phone and desktop, and the colours and dashes of
 * lines.
 *
 * @module
 */

/** Number of lines that can be distinguished by their colours. */
export const LINES = 8;

/** The colours of lines on light paper: each at least 4.5:1 against it, as far from the others as eight can be. */
export const lightLines: readonly string[] = [
  "#1f5f99",
  "#b3541e",
  "#2c7a4b",
  "#8a3d9e",
  "#0b7583",
  "#a8234a",
  "#756200",
  "#4d5560",
];

/** The colours of lines on dark paper, in the same order. */
export const darkLines: readonly string[] = [
  "#7cb7ee",
  "#f0a06a",
  "#7fd0a0",
  "#d79be8",
  "#4fd0dc",
  "#f58aa8",
  "#d9c94f",
  "#c0c7d0",
];

/** Names colours line-1, line-2, … */
const numbered = (colours: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(colours.map((colour, i) => [`line-${i + 1}`, colour]));

/** Returns the colour of a line as CSS, counted from 0; a ninth has that of the first again. */
export const lineColour = (i: number): string =>
  `var(--line-${i % LINES + 1}, ${lightLines[i % LINES]})`;

const dashes: readonly string[] = ["", "6 3", "2 3", "9 3 2 3"];

/**
 * Returns the dashes of a line, as `stroke-dasharray` has them: neighbours differ, and so do those of one colour.
 *
 * @example
 * ```ts
 * import { lineColour, lineDash } from "./style.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const looks = Array.from({ length: 32 }, (_, i) => `${lineColour(i)} ${lineDash(i)}`);
 * assertEquals(new Set(looks).size, 32);
 * ```
 */
export const lineDash = (i: number): string => dashes[(i + Math.floor(i / LINES)) % dashes.length];

/** Colours by name, as the figures use them too: `var(--test)`. */
export type Colours = Readonly<Record<string, string>>;

/** Colours on light paper. */
export const light: Colours = {
  paper: "#ffffff",
  ink: "#1c2127",
  muted: "#59626d",
  rule: "#c9ced6",
  grid: "#e4e7eb",
  field: "#f7f8fa",
  test: "#1f5f99",
  train: "#b3541e",
  validation: "#2c7a4b",
  heat: "#123f73",
  alert: "#8a5300",
  "alert-field": "#fdf5e4",
  ...numbered(lightLines),
};

/** Colours on dark paper. */
export const dark: Colours = {
  paper: "#14171b",
  ink: "#e4e7eb",
  muted: "#9aa4b0",
  rule: "#434b55",
  grid: "#2a3038",
  field: "#1a1e23",
  test: "#7cb7ee",
  train: "#f0a06a",
  validation: "#7fd0a0",
  heat: "#9ccbf7",
  alert: "#f2c572",
  "alert-field": "#2a2415",
  ...numbered(darkLines),
};

/** Writes colours as declarations of CSS. */
export const declared = (colours: Colours): string =>
  Object.entries(colours).map(([name, colour]) => `--${name}: ${colour};`).join(" ");

/** The whole style sheet. */
export const style = `
:root {
  color-scheme: light dark;
  ${declared(light)}
}
@media screen and (prefers-color-scheme: dark) {
  :root { ${declared(dark)} }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 40px 24px 56px; max-width: 1120px;
  background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%;
}
h1 { margin: 0 0 6px; font-size: 26px; line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 44px 0 18px; padding-top: 12px; border-top: 1px solid var(--rule); font-size: 16px;
  line-height: 1.3; font-weight: 650; }
header { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 20px 56px; }
header p { margin: 0 0 10px; }
code, .configuration td, .configuration tbody th {
  font-family: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: 13px; overflow-wrap: anywhere;
}
.graph { line-height: 1.7; }
.dataset { color: var(--muted); }
.notice { margin: 16px 0 0; padding: 10px 14px; border-left: 3px solid var(--alert);
  background: var(--alert-field); color: var(--alert); overflow-wrap: anywhere; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 0 3px 20px; text-align: right; font-weight: 400; vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
thead th { color: var(--muted); font-size: 13px; border-bottom: 1px solid var(--rule); }
.summary { align-self: start; justify-self: start; font-size: 14px; }
.summary td:nth-child(2) { font-weight: 650; }
.summary td:nth-child(n + 3), tbody th { color: var(--muted); }
.configuration { width: 100%; }
.configuration th, .configuration td { text-align: left; }
.configuration tbody tr + tr { border-top: 1px solid var(--grid); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.figures { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 36px 24px; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
.quarter { grid-column: span 1; } .half { grid-column: span 2; } .whole { grid-column: span 4; }
figcaption { margin-top: 8px; max-width: 76ch; font-size: 13px; line-height: 1.45;
  color: var(--muted); }
figcaption b { color: var(--ink); font-weight: 650; }
.plot { --plot-background: var(--paper); display: block; width: 100%; height: auto;
  overflow: visible; color: var(--ink); font-family: inherit; }
.plot text, .plot tspan { white-space: pre; }
a { color: var(--test); text-underline-offset: 2px; }
details { margin-top: 44px; padding-top: 12px; border-top: 1px solid var(--rule); }
.settings { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr));
  gap: 0 40px; align-items: start; }
summary { cursor: pointer; }
summary h2 { display: inline; padding: 0; border: 0; }
details table { margin-top: 12px; }
.medium, .narrow { display: none; }
@media screen and (max-width: 1000px) {
  .wide, .narrow { display: none; }
  .medium { display: block; }
  header { grid-template-columns: minmax(0, 1fr); }
  .quarter { grid-column: span 2; }
}
@media screen and (max-width: 640px) {
  .wide, .medium { display: none; }
  .narrow { display: block; }
  body { padding: 24px 16px 40px; }
  th, td { padding-left: 14px; }
  .quarter, .half { grid-column: span 4; max-width: 460px; }
}
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .wide { display: none; }
  .medium { display: block; }
  .quarter { grid-column: span 2; }
  .figures { gap: 20px 24px; }
  h2 { margin: 24px 0 12px; break-after: avoid; }
  tr { break-inside: avoid; }
  .data, .unseen { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
