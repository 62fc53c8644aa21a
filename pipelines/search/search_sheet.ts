/**
 * The contact sheet of a search: each query at the left, what was found at its right.
 *
 * @module
 */
import { configuration } from "../report/configuration.ts";
import { count } from "../report/format.ts";
import { html } from "../report/html.ts";
import { pageHeader } from "../report/page.ts";
import type { SavedCodes } from "../codes_file.ts";
import type { Album } from "./album.ts";
import type { Answer, Named, Result } from "./nearest.ts";
import { distinctCodes } from "./distinct.ts";
import { originOf } from "../encode/origins.ts";
import { sheetPage, strip, type Tile } from "./sheet.ts";

/** What was searched and what was found. */
export interface SearchSheet {
  /** What was searched. */
  readonly set: SavedCodes;
  /** What was searched for. */
  readonly queries: SavedCodes;
  /** Those to show. */
  readonly answers: readonly Answer[];
  /** What the nearest have least, or most, of. */
  readonly distance: string;
  /** What a reader must know; none. */
  readonly notices: readonly string[];
  /** Whatever it takes to run it again. */
  readonly config: Readonly<Record<string, unknown>>;
}

const MISSING_SHOWN = 3;

/**
 * The page as the text of an HTML file with nothing to load. Images that are no longer where they were
 * are left out, and a notice says why.
 */
export async function searchSheet(
  { set, queries, answers, distance, notices, config }: SearchSheet,
  album: Album,
): Promise<string> {
  const pictureOf = ({ origins }: SavedCodes, { index }: Named) =>
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
    `nearest of ${asked} by ${distance}. Under an image its label, and in how many units its code ` +
    "differs from the query's and how many both have; another label than the query's is framed";
  return sheetPage(
    "Nearest codes",
    html`
      ${pageHeader("Nearest codes", about, [
        ...notices,
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

const labelOf = ({ label }: Named): string => label ?? "no label";

const resultTile = (result: Result, query: Named, picture: Tile["picture"]): Tile => ({
  picture,
  name: result.name,
  lines: [
    labelOf(result),
    `differs in ${result.distance}`,
    `shares ${result.overlap}`,
  ],
  other: query.label !== null && result.label !== null && query.label !== result.label,
});
