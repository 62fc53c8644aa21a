/**
 * HTML as a value in which every string is escaped unless it is known to be markup.
 *
 * @module
 */

/** Markup that may be put into a page as it is. */
export interface Html {
  readonly markup: string;
}

/** A value in a template: markup is kept, text and numbers are escaped, null leaves nothing. */
export type Content = Html | string | number | null | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is safe between tags and inside a quoted attribute. */
const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

/** Takes a string for markup. Only for what this library has written itself. */
export const trusted = (markup: string): Html => ({ markup });

function render(content: Content): string {
  if (content === null) return "";
  if (typeof content === "string") return escape(content);
  if (typeof content === "number") return String(content);
  if ("markup" in content) return content.markup;
  return content.map(render).join("");
}

/**
 * A template of HTML whose splices are escaped.
 *
 * @example
 * ```ts
 * import { html } from "./html.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const items = ["<script>", "R&D"].map((text) => html`<li>${text}</li>`);
 * assertEquals(html`<ul>${items}</ul>`.markup, "<ul><li>&lt;script&gt;</li><li>R&amp;D</li></ul>");
 * ```
 */
export const html = (strings: TemplateStringsArray, ...contents: readonly Content[]): Html =>
  trusted(strings.reduce((page, text, i) => page + render(contents[i - 1] ?? null) + text));
