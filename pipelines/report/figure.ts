/**
 * A figure of a report: drawing, caption, and the numbers behind it.
 *
 * @module
 */
import { csvLink, type Table } from "./csv.ts";
import { type Html, html } from "./html.ts";

/** A figure before it has a number. */
export interface Figure {
  /** Lower case with hyphens: the element's id and the data file's name. */
  readonly id: string;
  readonly title: string;
  /** One sentence: the result, and what to look for. */
  readonly caption: string;
  /** One drawing, or one for each of the widths that {@linkcode widths} names, widest first. */
  readonly drawings: readonly Html[];
  readonly data: Table;
  /** How much of a row it takes on a wide screen. */
  readonly span: "quarter" | "half" | "whole";
}

/**
 * Widths in pixels of the drawings of a figure that has one for each of three kinds of screen:
 * text in an SVG shrinks with it, so a wide figure is drawn anew for a phone.
 */
export const widths = [1072, 700, 380] as const;

/** The figure as HTML, captioned "Figure 1. Title." */
export function renderFigure(figure: Figure, number: number): Html {
  const name = `Figure ${number}`;
  const drawings = figure.drawings.length === 1
    ? figure.drawings
    : figure.drawings.map((drawing, i) => html`<div class="at-${widths[i] ?? 0}">${drawing}</div>`);
  return html`
    <figure id="${figure.id}" class="${figure.span}">
    ${drawings}
    <figcaption><b>${name}. ${figure.title}.</b> ${figure.caption} ${csvLink(
      figure.data,
      `${figure.id}.csv`,
      name,
    )}</figcaption>
    </figure>
  `;
}
