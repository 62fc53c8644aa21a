/**
 * A page of sections: figures that are numbered through, with what stands before and after them.
 *
 * @module
 */
import { configuration } from "./configuration.ts";
import { type Figure, renderFigure } from "./figure.ts";
import { type Content, type Html, html } from "./html.ts";
import { page, pageHeader } from "./page.ts";
import { style } from "./style.ts";
import { tableStyle } from "./table.ts";

/** A heading with what belongs under it. */
export interface Section {
  /** The heading. */
  readonly title: string;
  /** The element's id, to link to; none. */
  readonly id?: string;
  /** What is said before the figures. */
  readonly before?: Content;
  /** In their order. */
  readonly figures?: readonly Figure[];
  /** Tables and notes after the figures. */
  readonly after?: Content;
}

/** The parts of a page of sections. */
export interface SectionPage {
  /** What the browser's tab shows. */
  readonly tab: string;
  /** The page's heading. */
  readonly title: string;
  /** What was done, on what and with what; null where the heading says it all. */
  readonly about: Content;
  /** What a reader must know before any number. */
  readonly notices: readonly string[];
  /** What comes before all sections. */
  readonly overview?: Content;
  /** In their order. */
  readonly sections: readonly Section[];
  /** What comes after all of them. */
  readonly end?: Content;
  /** Whatever it takes to run it again: a table at the end, folded away. */
  readonly config: Readonly<Record<string, unknown>>;
  /** CSS that this page needs beside the shared one. */
  readonly style?: string;
  /** Where a figure's drawing is as a file of its own, relative to the page; null for nowhere. */
  readonly fileOf?: (figure: Figure) => string | null;
}

const sectionStyle = `
main p, header > div { max-width: 84ch; }
section details { margin-top: 20px; padding-top: 0; border-top: 0; }
`;

/**
 * Sections as HTML, the figures numbered through all of them from 1 on.
 *
 * @param fileOf Where a figure's drawing is as a file of its own, relative to the page; null for nowhere.
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

/** The text of an HTML file with nothing to load: light and dark, without script. */
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
