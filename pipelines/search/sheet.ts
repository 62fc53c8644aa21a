/**
 * The frame and the tiles of a contact sheet: one page, nothing to load, no script.
 *
 * @module
 */
import { type Html, html } from "../report/html.ts";
import { page } from "../report/page.ts";
import { style } from "../report/style.ts";
import { tableStyle } from "../report/table.ts";
import type { Picture } from "./album.ts";

const sheetStyle = `
header > div { max-width: 84ch; }
.counts tbody th { min-width: 120px; }
.sheet { display: grid; gap: 0; margin-top: 26px; }
.strip { display: grid; grid-template-columns: 132px minmax(0, 1fr); gap: 24px; padding: 18px 0;
  border-top: 1px solid var(--rule); break-inside: avoid; }
.strip:first-child { border-top: 0; padding-top: 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 14px; margin: 0; padding: 0; list-style: none; }
.tile { margin: 0; width: 96px; font-size: 12px; line-height: 1.35; color: var(--muted);
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile img, .tile .absent { display: block; width: 96px; height: 96px; margin-bottom: 5px;
  object-fit: contain; background: var(--field); outline: 1px solid var(--rule); }
.tile img.coarse { image-rendering: pixelated; }
.tile .absent { display: grid; place-items: center; text-align: center; }
.tile b { color: var(--ink); font-weight: 650; }
.tile.other img, .tile.other .absent { outline: 2px solid var(--train); }
.tile.other b { color: var(--train); }
.query .tile, .query .tile img, .query .tile .absent { width: 132px; }
.query .tile img, .query .tile .absent { height: 132px; }
@media screen and (max-width: 640px) {
  .strip { grid-template-columns: minmax(0, 1fr); }
  .tile, .tile img, .tile .absent { width: 84px; }
  .tile img, .tile .absent { height: 84px; }
}
@media print { .sheet .strip { padding: 10px 0; } }
`;

/**
 * A contact sheet as the text of an HTML file. The frame's policy forbids images of any kind; here those
 * that are in the page itself are let in.
 */
export const sheetPage = (title: string, body: Html): string =>
  page(title, style + tableStyle + sheetStyle, body)
    .replace("default-src 'none';", "default-src 'none'; img-src data:;");

/** An image of a sheet. */
export interface Tile {
  /** What is shown. */
  readonly picture: Picture;
  /** What the image is, for those who do not see it. */
  readonly name: string;
  /** Under it, a line each; the first in bold. */
  readonly lines: readonly string[];
  /** Whether it is marked as not what was wanted; the lines say so too. */
  readonly other?: boolean;
}

/** A tile as a figure. */
const tile = ({ picture: { uri, coarse }, name, lines, other = false }: Tile): Html =>
  html`
    <figure class="${other ? "tile other" : "tile"}" title="${name}">
      ${uri === null
        ? html`<span class="absent">no picture</span>`
        : html`<img src="${uri}" alt="${name}" class="${coarse ? "coarse" : "smooth"}">`}
      <figcaption>${lines.map((line, i) =>
        html`<div>${i === 0 ? html`<b>${line}</b>` : line}</div>`
      )}
      </figcaption>
    </figure>
  `;

/** One image at the left, and others at its right. */
export const strip = (first: Tile, rest: readonly Tile[]): Html =>
  html`
    <section class="strip">
      <div class="query">${tile(first)}</div>
      <ol class="tiles">
    ${rest.map((one) =>
      html`
        <li>${tile(one)}</li>
      `
    )}</ol>
    </section>
  `;
