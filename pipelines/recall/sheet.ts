/**
 * The contact sheet of a recall: image, cue, what the memory found, and what a search finds without it.
 *
 * @module
 */
import { configuration } from "../report/configuration.ts";
import { html } from "../report/html.ts";
import type { Images } from "../data/dataset.ts";
import { inputPicture } from "../search/album.ts";
import { areaOf, type Layout } from "../encode/layout.ts";
import type { Named } from "../search/nearest.ts";
import { heading, sheetPage, strip, type Tile } from "../search/sheet.ts";
import type { RecallResult } from "./measure.ts";
import { resultRows, storedLine, warnings } from "./summary.ts";

/** What a sheet shows. */
export interface RecallSheet {
  /** What was measured. */
  readonly result: RecallResult;
  /** The stored images, as the model sees them. */
  readonly images: Images;
  /** What was left of them. */
  readonly cues: Images;
  /** Their form. */
  readonly layout: Layout;
  /** What they are called. */
  readonly names: readonly Named[];
  /** Of what the cue is, in words: "the top half". */
  readonly cue: string;
  /** How many to show. */
  readonly show: number;
  /** Whatever it takes to run it again. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The page as the text of an HTML file with nothing to load. */
export function recallSheet(
  { result, images, cues, layout, names, cue, show, config }: RecallSheet,
): string {
  const area = areaOf(layout);
  const picture = ({ pixels }: Images, i: number) =>
    inputPicture(pixels.subarray(i * area, (i + 1) * area), layout);
  const labelled = names.every(({ label }) => label !== null);
  const tileOf = (what: string, i: number, found: number, right: boolean, units: number): Tile => ({
    picture: picture(images, found),
    name: names[found].name,
    lines: [
      what,
      names[found].label ?? names[found].name,
      `${units} of ${result.active} units`,
      right ? "the right code" : "another code",
    ],
    other: labelled ? names[found].label !== names[i].label : !right,
  });
  const strips = result.cues.slice(0, show).map((
    { before, after, found, right, nearest, nearestAfter, nearestRight },
    i,
  ) =>
    strip(
      {
        picture: picture(images, i),
        name: names[i].name,
        lines: [names[i].label ?? "", names[i].name],
      },
      [
        {
          picture: picture(cues, i),
          name: `cue of ${names[i].name}`,
          lines: ["cue", "", `${before} of ${result.active} units`],
        },
        tileOf("recalled", i, found, right, after),
        tileOf("no memory", i, nearest, nearestRight, nearestAfter),
      ],
    )
  );
  const [head, ...rows] = resultRows(result, labelled ? names.map(({ label }) => label) : null);
  const about =
    `${storedLine(result)}. Each is recalled from ${cue}: the cue's code is completed by ` +
    "the memory, and the stored image with the nearest code is shown; beside it the image whose code is " +
    `nearest to the cue's own, which needs no memory. ${
      labelled ? "Another label" : "Another code"
    } is framed`;
  return sheetPage(
    "Recalled from a part",
    html`
      ${heading("Recalled from a part", about, warnings(result))}
      <main>
        <table class="counts">
          <thead>
            <tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr>
          </thead>
          <tbody>
        ${rows.map(([first, ...cells]) =>
          html`
            <tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
          `
        )}</tbody>
        </table>
        <div class="sheet">
      ${strips}</div>
      </main>
      ${configuration(config)}
    `,
  );
}
