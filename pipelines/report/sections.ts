/**
 * Pages that consist of sections with figures, tables and text; the figures are numbered through the page.
 *
 * @module
 */
import { configuration } from "./summary.ts";
import { type Figure, renderFigure } from "./figure.ts";
import { type Content, type Html, html } from "./html.ts";
import { page, pageHeader } from "./page.ts";
import { style } from "./style.ts";
import { tableStyle } from "./table.ts";

/** A section of a page: a heading with text, figures and tables, in this order. */
export interface Section {
  /** Heading of the section. */
  readonly title: string;
  /**
   * Id of the element, for links to it.
   *
   * @default none
   */
  readonly id?: string;
  /**
   * Content before the figures.
   *
   * @default none
   */
  readonly before?: Content;
  /**
   * Figures of the section, in their order.
   *
   * @default none
   */
  readonly figures?: readonly Figure[];
  /**
   * Content after the figures: tables, notes.
   *
   * @default none
   */
  readonly after?: Content;
}

/** The content of a page of sections. */
export interface SectionPage {
  /** Title of the document, which the browser's tab shows. */
  readonly tab: string;
  /** Heading of the page. */
  readonly title: string;
  /** Paragraph under the heading that says what was done, on which data; null for none. */
  readonly about: Content;
  /** Warnings above all numbers, such as that the digits are synthetic. */
  readonly notices: readonly string[];
  /**
   * Content before the first section.
   *
   * @default none
   */
  readonly overview?: Content;
  /** Sections of the page, in their order. */
  readonly sections: readonly Section[];
  /**
   * Content after the last section.
   *
   * @default none
   */
  readonly end?: Content;
  /** Settings and versions that it takes to repeat the work, shown in a folded table at the end. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * CSS of this page alone.
   *
   * @default none
   */
  readonly style?: string;
  /**
   * Returns the path of a figure's SVG file, relative to the page; null where it has none.
   *
   * @default no figure has one
   */
  readonly fileOf?: (figure: Figure) => string | null;
}

const sectionStyle = `
main p, header > div { max-width: 84ch; }
section details { margin-top: 20px; padding-top: 0; border-top: 0; }
`;

/**
 * Renders sections as HTML and numbers their figures from 1 on.
 *
 * @param fileOf Returns the path of a figure's SVG file, relative to the page; null where it has none.
 */
export function renderSections(
  sections: readonly Section[],
  fileOf: (figure: Figure) => string | null = () => null,
): readonly Html[] {
  const all = sections.flatMap(({ figures = [] }) => figures);
  const rendered = (figure: Figure): Html =>
    renderFigure(figure, all.indexOf(figure) + 1, fileOf(figure));
  return sections.map(({ title, id, before = null, figures = [], after = null }) =>
    html`
      ${id === undefined ? html`<section>` : html`<section id="${id}">`}
      <h2>${title}</h2>
      ${before}${figures.length === 0 ? null : html`
        <div class="figures">
        ${figures.map(rendered)}</div>
      `}${after}</section>
    `
  );
}

/**
 * Renders a page as the text of an HTML file that loads nothing and has no script; it is light or dark as the
 * reader prefers.
 */
export const sectionPage = (
  { tab, title, about, notices, overview, sections, end, config, style: own, fileOf }: SectionPage,
): string =>
  page(
    tab,
    style + tableStyle + sectionStyle + (own ?? ""),
    html`
      ${pageHeader(title, about, notices)}
      <main>
      ${overview ?? null}${renderSections(sections, fileOf)}${end ?? null}</main>
      ${configuration(config)}
    `,
  );
