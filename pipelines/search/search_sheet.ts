/**
 * The contact sheet of a search: each query at the left, what was found at its right.
 *
 * @module
 */
import { configuration } from "../report/configuration.ts";
import { count } from "../report/format.ts";
import { html } from "../report/html.ts";
import { pageHeader } from "../report/page.ts";
import { E, type TE } from "../../graph/fp_ts.ts";
import type { CodeDistance } from "../../ops/sdr/code_index.ts";
import { type DataEnv, denoDataEnv } from "../data/environment.ts";
import type { SavedCodes } from "../codes_file.ts";
import type { Album } from "./album.ts";
import type { NamedImage, SearchAnswer, SearchResult } from "./nearest.ts";
import { distinctCodes } from "./distinct.ts";
import { originOf } from "../encode/origins.ts";
import { sheetPage, strip, type Tile } from "./sheet.ts";

/** What {@linkcode searchSheet} shows. */
export interface SearchSheet {
  /** Codes that were searched. */
  readonly set: SavedCodes;
  /** Codes that were searched for. */
  readonly queries: SavedCodes;
  /** Answers to show, as `nearestImages` returns them. */
  readonly answers: readonly SearchAnswer[];
  /** What the nearest have least, or most, of. @default {"hamming"} */
  readonly distance?: CodeDistance;
  /** What it takes to search again, shown at the end of the page. @default nothing */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Where {@linkcode searchSheet} finds the images. */
export interface SearchSheetOptions {
  /** Folder of the datasets' files. @default where they were found for encoding */
  readonly data?: string;
  /** Where datasets and files are found. @default this machine */
  readonly dataEnv?: DataEnv;
}

const MISSING_SHOWN = 3;

/**
 * Makes a contact sheet of a search: each query at the left, the images that were found at its right.
 *
 * @returns The page, as the text of an HTML file with nothing to load. Images that are no longer where
 * they were are left out, and the page says why.
 *
 * @example
 * ```ts
 * import { nearestImages } from "./nearest.ts";
 * import { searchSheet } from "./search_sheet.ts";
 * import { orThrow } from "../../graph/or_throw.ts";
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
async () => {
  // What writes PNG is loaded when it is needed: nobody else waits for it.
  const { albumOf } = await import("./album.ts");
  return E.right(await sheetOf(search, albumOf(dataEnv, data)));
};

async function sheetOf(
  { set, queries, answers, distance = "hamming", config = {} }: SearchSheet,
  album: Album,
): Promise<string> {
  const pictureOf = ({ origins }: SavedCodes, { index }: NamedImage) =>
    album.picture(origins === undefined ? null : originOf(origins, index));
  const strips = [];
  for (const { query, results } of answers) {
    const tiles: Tile[] = [];
    for (const result of results) {
      tiles.push(resultTile(result, query, await pictureOf(set, result)));
    }
    const picture = await pictureOf(queries, query);
    const first = { picture, name: query.name, lines: [labelOf(query), query.name] };
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
      distance === "hamming" ? "Hamming distance" : "overlap"
    }. Under an image its label, and in how many units its code ` +
    "differs from the query's and how many both have; another label than the query's is framed";
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

const labelOf = ({ label }: NamedImage): string => label ?? "no label";

const resultTile = (result: SearchResult, query: NamedImage, picture: Tile["picture"]): Tile => ({
  picture,
  name: result.name,
  lines: [
    labelOf(result),
    `differs in ${result.distance}`,
    `shares ${result.overlap}`,
  ],
  other: query.label !== null && result.label !== null && query.label !== result.label,
});
