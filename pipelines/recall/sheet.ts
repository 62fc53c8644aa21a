/**
 * What a recall came to: in words, as a table, and as a contact sheet of image, cue, what the memory found,
 * and what a search finds without it.
 *
 * @module
 */
import type { Images } from "../data/dataset.ts";
import { areaOf, type Layout } from "../encode/layout.ts";
import { configuration } from "../report/configuration.ts";
import { count } from "../report/format.ts";
import { html } from "../report/html.ts";
import { inputPicture } from "../search/album.ts";
import type { Named } from "../search/nearest.ts";
import { heading, sheetPage, strip, type Tile } from "../search/sheet.ts";
import { faultOf, type RecallResult, type Recollection } from "./memory.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** What is stored, and how full the memory is. */
export const storedLine = (
  { stored, distinct, active, units, fill, randomFill }: RecallResult,
): string =>
  `${count(stored, "code")} stored, ${
    distinct.toLocaleString("en-GB")
  } of them distinct, of ${active} ` +
  `in ${units} units: ${percent(fill)} of the synapses are set (${
    percent(randomFill)
  } if the codes ` +
  "were random)";

/** What must be said of a memory that holds too much, and of a recall that did not end; nothing. */
export const warnings = (result: RecallResult): readonly string[] => {
  const { fill, wholeExact, wholeSize, active, unsettled, cues } = result;
  const fault = faultOf(result);
  const back = `of whole codes ${percent(wholeExact)} come back as they are ` +
    `(${wholeSize.toFixed(1)} units for ${active} on average)`;
  return [
    ...fault === "full"
      ? [
        `The memory is saturated: ${percent(fill)} of its synapses are set, and ${back}. ` +
        "Store fewer images (--store)",
      ]
      : fault === "confused"
      ? [`The codes are too much alike for a memory: ${back}. Store fewer images (--store)`]
      : [],
    ...unsettled > 0
      ? [
        `${unsettled.toLocaleString("en-GB")} of ${
          count(cues.length, "recall")
        } still changed in ` +
        "the last step",
      ]
      : [],
  ];
};

/**
 * The results beside those of a search for the cue's own code, the heading first. Shares are of all cues.
 *
 * @param labels Per image its label; null where there are none.
 */
export function resultRows(
  { cues, active }: RecallResult,
  labels: readonly (string | null)[] | null,
): readonly (readonly string[])[] {
  const share = (is: (cue: Recollection, i: number) => boolean) =>
    percent(mean(cues.map((cue, i) => is(cue, i) ? 1 : 0)));
  const units = (of: (cue: Recollection) => number) =>
    `${mean(cues.map(of)).toFixed(1)} of ${active}`;
  return [
    ["", "cue", "recalled by the memory", "nearest to the cue, no memory"],
    [
      "finds the code of the image",
      "",
      share(({ right }) => right),
      share((cue) => cue.nearestRight),
    ],
    ...labels === null ? [] : [[
      "finds an image of its label",
      "",
      share(({ found }, i) => labels[found] === labels[i]),
      share(({ nearest }, i) => labels[nearest] === labels[i]),
    ]],
    [
      "units of its code that are there",
      units(({ before }) => before),
      units(({ after }) => after),
      units(({ nearestAfter }) => nearestAfter),
    ],
    ["units in all", "", mean(cues.map(({ recalledSize }) => recalledSize)).toFixed(1), ""],
  ];
}

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
