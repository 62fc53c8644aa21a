/**
 * The configuration of a run as a table of keys and values, folded away.
 *
 * @module
 */
import { type Html, html } from "./html.ts";

/** Deeper than any configuration, so that one that contains itself ends. */
const deepest = 8;

/** Longer lists are counted, not shown. */
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
 * Nested keys joined with dots, in the order of the object.
 *
 * @example
 * ```ts
 * import { flatten } from "./configuration.ts";
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

/** What a configuration says of where a run was, and not of what it does. */
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

/** The tables of the settings and of the environment, each in a `<details>`; null for neither. */
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
