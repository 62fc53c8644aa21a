/**
 * The frame of a page that needs nothing but itself.
 *
 * @module
 */
import { type Html, html, trusted } from "./html.ts";

/**
 * A whole HTML document. Its policy forbids everything but its own style sheet, so that a string
 * that should slip through the escaping could neither run nor call home.
 *
 * @param title What the browser's tab shows.
 * @param style CSS of our own.
 */
export const page = (title: string, style: string, body: Html): string =>
  html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'">
        <title>${title}</title>
        <style>${trusted(style)}</style>
      </head>
      <body>
    ${body}</body>
    </html>
  `.markup.trimStart();
