/**
 * Contact sheets: pages of images with nothing to load. {@linkcode searchSheet} makes that of a search, each query at
 * the left and its results at the right; the frame, the tiles and the pictures serve other sheets.
 *
 * @module
 */
import { describe } from "../../graph/error.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import { type Bitmap, fit } from "../data/bitmap.ts";
import type { Dataset, ImageSplit } from "../data/dataset.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import { loadImages } from "../data/images.ts";
import { type Origin, originName, originOf, type SavedCodes } from "../files/codes.ts";
import { count } from "../report/format.ts";
import { type Html, html } from "../report/html.ts";
import { page, pageHeader } from "../report/page.ts";
import { style } from "../report/style.ts";
import { configuration } from "../report/summary.ts";
import { tableStyle } from "../report/table.ts";
import { bitmapOf, type InputLayout, readBitmap } from "./pictures.ts";
import {
  distinctCodes,
  type NamedImage,
  type NearestImagesOptions,
  type SearchAnswer,
  type SearchResult,
} from "./search.ts";

/** The search that {@linkcode searchSheet} shows. */
export interface SearchSheet {
  /** Codes that were searched. */
  readonly set: SavedCodes;
  /** Codes that were searched for. */
  readonly queries: SavedCodes;
  /** Answers to show, as `nearestImages` returns them. */
  readonly answers: readonly SearchAnswer[];
  /** Measure of the search, as `nearestImages` has it. @default {"hamming"} */
  readonly distance?: NearestImagesOptions["distance"];
  /** Configuration that repeats the search, shown at the end of the page. @default nothing */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Options of {@linkcode searchSheet}: where it finds the images. */
export interface SearchSheetOptions {
  /** Folder of the datasets' files. @default where they were found for encoding */
  readonly data?: string;
  /** Environment that datasets and files are read from. @default this machine */
  readonly dataEnv?: DataEnv;
}

const MISSING_SHOWN = 3;

/**
 * Makes a contact sheet of a search: each query at the left, the images that were found at its right.
 *
 * @param search Queries, and the images found for each.
 * @param options Options, as {@linkcode SearchSheetOptions} describes them.
 * @returns The page, as the text of an HTML file with nothing to load. Images that are no longer where
 * they were are left out, and the page says why.
 *
 * @example
 * ```ts
 * import { nearestImages } from "./search.ts";
 * import { searchSheet } from "./search_sheet.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { assert } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const words = Uint32Array.of(0b0011, 0b1100);
 * const set = { codes: { kind: "binary", count: 2, width: 4, words }, labels: null } as const;
 * const answers = orThrow(nearestImages(set, set, { k: 2 }));
 * const page = await orThrow(searchSheet({ set, queries: set, answers }));
 * assert(page.startsWith("<!doctype html>"));
 * ```
 */
export const searchSheet = (
  search: SearchSheet,
  { data, dataEnv = denoDataEnv }: SearchSheetOptions = {},
): TE.TaskEither<never, string> =>
async () => E.right(await sheetOf(search, albumOf(dataEnv, data)));

async function sheetOf(
  { set, queries, answers, distance = "hamming", config = {} }: SearchSheet,
  album: Album,
): Promise<string> {
  const pictureIn = ({ origins }: SavedCodes, { index }: NamedImage) =>
    album.picture(origins === undefined ? null : originOf(origins, index));
  const strips = [];
  for (const { query, results } of answers) {
    const tiles: Tile[] = [];
    for (const result of results) {
      tiles.push(resultTile(result, query, await pictureIn(set, result)));
    }
    const picture = await pictureIn(queries, query);
    const first = { picture, name: query.name, lines: [labelOf(query), shortName(query.name)] };
    strips.push(strip(first, tiles));
  }
  const missing = album.missing();
  const reasons = missing.slice(0, MISSING_SHOWN).join("; ") +
    (missing.length > MISSING_SHOWN ? "; …" : "");
  const asked = answers.length === queries.codes.count
    ? count(answers.length, "query", "queries")
    : `the first ${answers.length} of ${count(queries.codes.count, "query", "queries")}`;
  const about = `${count(set.codes.count, "code")} of ${set.codes.width} units, ` +
    `${distinctCodes(set.codes).toLocaleString("en-GB")} of them distinct, searched for the ` +
    `nearest of ${asked} by ${
      measures[distance]
    }. Under an image its label and name, and in how many units ` +
    "its code differs from the query's and how many both have; another label than the query's is framed" +
    (set.thumbnails === undefined ? "" : ". Near-duplicates of the query come first");
  return sheetPage(
    "Nearest codes",
    html`
      ${pageHeader("Nearest codes", about, [
        ...missing.length === 0
          ? []
          : [`${count(missing.length, "picture")} could not be had: ${reasons}`],
      ])}
      <main class="sheet">
      ${strips}</main>
      ${configuration(config)}
    `,
  );
}

const measures = {
  hamming: "Hamming distance",
  overlap: "overlap",
  values: "the values of their units",
} as const;

/** The last part of a path: the name of a file. */
const shortName = (name: string): string => name.slice(name.search(/[^/\\]*$/));

/** Names of near-duplicates that a page lists. */
const NAMES_SHOWN = 50;

const labelOf = ({ label }: NamedImage): string => label ?? "no label";

const resultTile = (result: SearchResult, query: NamedImage, picture: Tile["picture"]): Tile => ({
  picture,
  name: result.name,
  lines: [
    labelOf(result),
    shortName(result.name),
    ...result.difference === undefined ? [] : ["near-duplicate"],
    `differs in ${result.distance}, shares ${result.overlap}`,
  ],
  more: result.duplicates?.map(({ name }) => name),
  other: query.label !== null && result.label !== null && query.label !== result.label,
});

// ---- Frame and tiles

const sheetStyle = `
body { max-width: 2000px; }
header > div { max-width: 84ch; }
.counts tbody th { min-width: 120px; }
.sheet { display: grid; gap: 0; margin-top: 26px; }
.strip { display: grid; grid-template-columns: minmax(132px, 11%) minmax(0, 1fr); gap: 28px;
  padding: 20px 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.strip:first-child { border-top: 0; padding-top: 0; }
.tiles { --least: 100px; display: grid; gap: 18px 14px; grid-template-columns: repeat(auto-fill,
  minmax(clamp(var(--least), 100% / var(--tiles) - 14px, 192px), 1fr)); margin: 0; padding: 0; list-style: none; align-items: start; }
.tile { margin: 0; font-size: 12px; line-height: 1.35; color: var(--muted);
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile img, .tile .absent { display: block; width: 100%; aspect-ratio: 1; margin-bottom: 6px;
  object-fit: contain; background: var(--field); outline: 1px solid var(--rule); }
.tile img.coarse { image-rendering: pixelated; }
.tile .absent { display: grid; place-items: center; text-align: center; }
.tile figcaption { margin: 0; font-size: inherit; line-height: inherit; }
.tile figcaption > div { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
  overflow: hidden; }
.tile b { color: var(--ink); font-weight: 650; }
.tile.other img, .tile.other .absent { outline: 2px solid var(--train); }
.tile.other b { color: var(--train); }
.tile details { margin: 3px 0 0; padding: 0; border: 0; }
.tile summary { color: var(--test); }
.tile ul { margin: 3px 0 0; padding: 0; list-style: none; }
@media screen and (max-width: 640px) {
  .strip { grid-template-columns: minmax(0, 1fr); gap: 16px; }
  .query { width: min(180px, 50%); }
  .tiles { --least: 84px; gap: 14px 10px; }
}
@media print { .sheet .strip { padding: 10px 0; } }
`;

/**
 * Writes a contact sheet as the text of an HTML file. The frame's policy forbids images of any kind; here those
 * that are in the page itself are let in.
 */
export const sheetPage = (title: string, body: Html): string =>
  page(title, style + tableStyle + sheetStyle, body)
    .replace("default-src 'none';", "default-src 'none'; img-src data:;");

/** An image of a sheet, with the words below it. */
export interface Tile {
  /** Picture to show. */
  readonly picture: Picture;
  /** Name of the image, also read by screen readers. */
  readonly name: string;
  /** Lines below it, the first in bold. */
  readonly lines: readonly string[];
  /** Names of images that it stands for, which are folded away. @default none */
  readonly more?: readonly string[];
  /** Whether it is framed as another than was wanted; the lines say so too. @default false */
  readonly other?: boolean;
}

/** Writes a tile as a figure. */
const tile = ({ picture: { uri, coarse }, name, lines, more = [], other = false }: Tile): Html =>
  html`
    <figure class="${other ? "tile other" : "tile"}" title="${name}">
      ${uri === null
        ? html`<span class="absent">no picture</span>`
        : html`<img src="${uri}" alt="${name}" class="${coarse ? "coarse" : "smooth"}">`}
      <figcaption>${lines.map((line, i) =>
        html`<div>${i === 0 ? html`<b>${line}</b>` : line}</div>`
      )}${more.length === 0 ? null : folded(more)}
      </figcaption>
    </figure>
  `;

/** Writes names that are shown on demand. */
const folded = (names: readonly string[]): Html =>
  html`
    <details class="more">
      <summary>+${names.length.toLocaleString("en-GB")} alike</summary>
      <ul>
        ${names.slice(0, NAMES_SHOWN).map((name) =>
          html`<li>${name}</li>`
        )}${names.length > NAMES_SHOWN ? html`<li>…</li>` : null}
      </ul>
    </details>
  `;

/** Writes one image at the left, and others at its right. */
export const strip = (first: Tile, rest: readonly Tile[]): Html =>
  html`
    <section class="strip">
      <div class="query">${tile(first)}</div>
      <ol class="tiles" style="--tiles: ${rest.length}">
    ${rest.map((one) =>
      html`
        <li>${tile(one)}</li>
      `
    )}</ol>
    </section>
  `;

// ---- Pictures

/** A picture in a page. */
export interface Picture {
  /** A PNG as a data URI; null where the image could not be had. */
  readonly uri: string | null;
  /** Whether its pixels are so few that a page shows them as squares. */
  readonly coarse: boolean;
}

/** The pictures of images that are known by their origins. */
export interface Album {
  /** Returns the picture of an image; one that is not known, or no longer there, has none. */
  readonly picture: (origin: Origin | null) => Promise<Picture>;
  /** Lists why pictures are missing, each image once. */
  readonly missing: () => readonly string[];
}

/** The longest side of a picture, in pixels: twice what the page shows. */
const LARGEST = 192;
const COARSE = 64;

const none: Picture = { uri: null, coarse: false };

/**
 * Makes an album that loads each dataset once, and each file when it is needed.
 *
 * @param data The folder with the datasets' files, in place of the one that origins remember.
 */
function albumOf(env: DataEnv, data?: string): Album {
  const datasets = new Map<string, Promise<E.Either<string, Dataset<ImageSplit>>>>();
  const missing = new Map<string, string>();
  const load = (part: Extract<Origin["part"], { kind: "dataset" }>) => {
    const { dataset, seed } = part;
    const folder = data ?? part.data ?? undefined;
    const key = JSON.stringify([dataset, seed, folder]);
    const loading = datasets.get(key) ??
      loadImages({ dataset, data: folder, seed }, env)().then(E.mapLeft(describe));
    datasets.set(key, loading);
    return loading;
  };
  const bitmap = async ({ part, at }: Origin): Promise<E.Either<string, Bitmap>> => {
    if (part.kind === "files") {
      return E.mapLeft(describe)(await readBitmap(part.files[at], env.files, [LARGEST, LARGEST])());
    }
    const loaded = await load(part);
    if (E.isLeft(loaded)) return loaded;
    const { shape, [part.split]: { count, values: pixels } } = loaded.right;
    const [i, size] = [part.from + at, pixels.length / count];
    return i < count
      ? E.right(bitmapOf(pixels.subarray(i * size, (i + 1) * size), shape))
      : E.left(`${part.name} ${part.split} has ${count} images`);
  };
  return {
    picture: async (origin) => {
      if (origin === null) return none;
      const found = await bitmap(origin);
      if (E.isRight(found)) return pictureOf(found.right);
      missing.set(originName(origin), found.left);
      return none;
    },
    missing: () => [...missing.values()],
  };
}

/** Makes a picture of a bitmap's largest square around the centre, as the model sees it, reduced. */
async function pictureOf(bitmap: Bitmap): Promise<Picture> {
  // What writes PNG is loaded when it is needed: nobody else waits for it.
  const { encode } = await import("npm:fast-png@8.0.0");
  const side = Math.min(bitmap.width, bitmap.height, LARGEST);
  const data = fit(bitmap, [side, side], "rgb");
  const png = encode({ width: side, height: side, data, channels: 3, depth: 8 });
  return { uri: `data:image/png;base64,${png.toBase64()}`, coarse: side <= COARSE };
}

/** Makes a picture of a model's own bytes. */
export const inputPicture = (pixels: Uint8Array, { size }: InputLayout): Promise<Picture> =>
  pictureOf(bitmapOf(pixels, size));
