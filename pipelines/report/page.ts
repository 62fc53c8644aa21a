/**
 * The frame of a page that needs nothing but itself.
 *
 * @module
 */
import { type Content, type Html, html, trusted } from "./html.ts";

/** The name of the meta element with the last epoch of the run that a finished report shows. */
export const EPOCH_META = "sparrow-epoch";

/** The parts of a page of ours. */
export interface PageParts {
  /** Title in the browser's tab. */
  readonly title: string;
  /** CSS of our own. */
  readonly style: string;
  /** Elements of the page's head beside its own. @default none */
  readonly head?: Html;
  /** Body of the page. */
  readonly body: Html;
}

/** An HTML document, light or dark as the reader prefers. */
export const documentOf = ({ title, style, head, body }: PageParts): string =>
  html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        ${head ?? null}
        <title>${title}</title>
        <style>${trusted(style)}</style>
      </head>
      <body>
    ${body}</body>
    </html>
  `.markup.trimStart();

/**
 * A whole HTML document. Its policy forbids everything but its own style sheet, so that a string
 * that should slip through the escaping could neither run nor call home.
 *
 * @param title Title that the browser's tab shows.
 * @param style CSS of our own.
 * @param head Elements of the page's head beside its own. @default none
 */
export const page = (title: string, style: string, body: Html, head?: Html): string =>
  documentOf({
    title,
    style,
    head: html`
      ${head ?? null}
      <meta http-equiv="Content-Security-Policy"
        content="default-src 'none'; style-src 'unsafe-inline'">
    `,
    body,
  });

/**
 * Renders a page's heading with the paragraph and the warnings that follow it.
 *
 * @param about Paragraph under the heading that says what the page shows; null for none.
 * @param notices Warnings, in their order; often none.
 */
export const pageHeader = (title: string, about: Content, notices: readonly string[]): Html =>
  html`
    <header>
      <div>
        <h1>${title}</h1>
        ${about === null ? null : html`
          <p class="dataset">${about}</p>
        `}
        ${notices.map((notice) =>
          html`
            <p class="notice" role="note">${notice}</p>
          `
        )}</div>
    </header>
  `;
