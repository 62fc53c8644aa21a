/**
 * A figure of a report: drawing, caption, and the numbers behind it.
 *
 * @module
 */
import { csvLink, type Table } from "./csv.ts";
import { type Html, html } from "./html.ts";

/** Kinds of screen; paper is medium. Text in an SVG shrinks with it, so each has its own drawing. */
export type Screen = "wide" | "medium" | "narrow";

/** A drawing, and the screens on which it is shown. */
export interface Drawing {
  readonly screens: readonly Screen[];
  readonly svg: Html;
}

/**
 * Draws a figure that spans half a row: once for wide screens, once for all others.
 *
 * @param drawAt Draws the figure at a width in pixels.
 */
export const halfDrawings = (drawAt: (width: number) => Html): readonly Drawing[] => [
  { screens: ["wide"], svg: drawAt(524) },
  { screens: ["medium", "narrow"], svg: drawAt(350) },
];

/** The part of a row that a figure takes on a wide screen. */
export type Span = "quarter" | "half" | "whole";

/** A figure before it has a number. */
export interface Figure {
  /** Lower case with hyphens: the element's id and the data file's name. */
  readonly id: string;
  readonly title: string;
  /** One sentence: the result, and what to look for. */
  readonly caption: string;
  /** Together they cover all screens, each once. */
  readonly drawings: readonly Drawing[];
  readonly data: Table;
  readonly span: Span;
}

/**
 * The figure as HTML, captioned "Figure 1. Title."
 *
 * @param file Where the drawing is as a file, relative to the page; there is none.
 */
export function renderFigure(figure: Figure, number: number, file: string | null = null): Html {
  const name = `Figure ${number}`;
  const drawings = figure.drawings.map(({ screens, svg }) =>
    html`
      <div class="${screens.join(" ")}">${svg}</div>
    `
  );
  return html`
    <figure id="${figure.id}" class="${figure.span}">
    ${drawings}<figcaption><b>${name}. ${figure.title}.</b> ${figure.caption} ${csvLink(
      figure.data,
      `${figure.id}.csv`,
      name,
    )}${file === null ? null : html`
      <a class="data" href="${file}"
        aria-label="${name}: drawing as SVG">svg</a>
    `}</figcaption>
    </figure>
  `;
}
