/**
 * Results of a recall: in words, as a table, and as a contact sheet of image, cue, the memory's answer, and the answer
 * of a search without it.
 *
 * @module
 */
import { count } from "../report/format.ts";
import { html } from "../report/html.ts";
import { pageHeader } from "../report/page.ts";
import { configuration } from "../report/summary.ts";
import { asHtml, type Column, type Columns } from "../report/table.ts";
import { areaOf, type InputLayout, type Pictures } from "./pictures.ts";
import { faultOf, type RecallResult, type Recollection } from "./recall.ts";
import type { NamedImage } from "./search.ts";
import { inputPicture, sheetPage, strip, type Tile } from "./search_sheet.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Writes the number of stored codes, and how full the memory is. */
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

/**
 * Returns warnings of a memory that is too full or whose codes are alike, and of a recall that did not settle.
 */
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

/** A quantity of the cues, of the recalled codes, and of the codes that a search finds; null where it means nothing. */
interface Comparison {
  readonly what: string;
  readonly show: (value: number) => string;
  readonly cue: number | null;
  readonly recalled: number;
  readonly nearest: number | null;
}

/**
 * The results beside those of a search for the cue's own code. Shares are of all cues.
 *
 * @param labels Label of each image; null where there are none.
 */
export function recallTable(
  { cues, active }: RecallResult,
  labels: readonly (string | null)[] | null,
): Columns<Comparison> {
  const share = (is: (cue: Recollection, i: number) => boolean) =>
    mean(cues.map((cue, i) => is(cue, i) ? 1 : 0));
  const units = (of: (cue: Recollection) => number) => mean(cues.map(of));
  const column = (heading: string, of: "cue" | "recalled" | "nearest"): Column<Comparison> => ({
    heading,
    key: of,
    value: (row) => row[of],
    show: ({ show, [of]: value }) => value === null ? "" : show(value),
  });
  return {
    columns: [
      { heading: "", key: "quantity", value: ({ what }) => what, names: true },
      column("cue", "cue"),
      column("recalled by the memory", "recalled"),
      column("nearest to the cue, no memory", "nearest"),
    ],
    rows: [
      {
        what: "finds the code of the image",
        show: percent,
        cue: null,
        recalled: share(({ right }) => right),
        nearest: share(({ nearestRight }) => nearestRight),
      },
      ...labels === null ? [] : [{
        what: "finds an image of its label",
        show: percent,
        cue: null,
        recalled: share(({ found }, i) => labels[found] === labels[i]),
        nearest: share(({ nearest }, i) => labels[nearest] === labels[i]),
      }],
      {
        what: "units of its code that are there",
        show: (value) => `${value.toFixed(1)} of ${active}`,
        cue: units(({ before }) => before),
        recalled: units(({ after }) => after),
        nearest: units(({ nearestAfter }) => nearestAfter),
      },
      {
        what: "units in all",
        show: (value) => value.toFixed(1),
        cue: null,
        recalled: units(({ recalledSize }) => recalledSize),
        nearest: null,
      },
    ],
  };
}

/** The content of the sheet. */
export interface RecallSheet {
  /** The measurements. */
  readonly result: RecallResult;
  /** The stored images, as the model sees them. */
  readonly images: Pictures;
  /** The damaged images. */
  readonly cues: Pictures;
  /** Size and colours of the images. */
  readonly layout: InputLayout;
  /** Names of the images. */
  readonly names: readonly NamedImage[];
  /** The cue in words: "the top half". */
  readonly cue: string;
  /** Number of images to show. */
  readonly show: number;
  /** Configuration that repeats the recall. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Writes the page as the text of an HTML file with nothing to load. */
export async function recallSheet(
  { result, images, cues, layout, names, cue, show, config }: RecallSheet,
): Promise<string> {
  const area = areaOf(layout);
  const picture = ({ values: pixels }: Pictures, i: number) =>
    inputPicture(pixels.subarray(i * area, (i + 1) * area), layout);
  const labelled = names.every(({ label }) => label !== null);
  const tileOf = async (
    what: string,
    i: number,
    found: number,
    right: boolean,
    units: number,
  ): Promise<Tile> => ({
    picture: await picture(images, found),
    name: names[found].name,
    lines: [
      what,
      names[found].label ?? names[found].name,
      `${units} of ${result.active} units`,
      right ? "the right code" : "another code",
    ],
    other: labelled ? names[found].label !== names[i].label : !right,
  });
  const strips = await Promise.all(
    result.cues.slice(0, show).map(async (
      { before, after, found, right, nearest, nearestAfter, nearestRight },
      i,
    ) =>
      strip(
        {
          picture: await picture(images, i),
          name: names[i].name,
          lines: [names[i].label ?? "", names[i].name],
        },
        [
          {
            picture: await picture(cues, i),
            name: `cue of ${names[i].name}`,
            lines: ["cue", "", `${before} of ${result.active} units`],
          },
          await tileOf("recalled", i, found, right, after),
          await tileOf("no memory", i, nearest, nearestRight, nearestAfter),
        ],
      )
    ),
  );
  const table = recallTable(result, labelled ? names.map(({ label }) => label) : null);
  const about =
    `${storedLine(result)}. Each is recalled from ${cue}: the cue's code is completed by ` +
    "the memory, and the stored image with the nearest code is shown; beside it the image whose code is " +
    `nearest to the cue's own, which needs no memory. ${
      labelled ? "Another label" : "Another code"
    } is framed`;
  return sheetPage(
    "Recalled from a part",
    html`
      ${pageHeader("Recalled from a part", about, warnings(result))}
      <main>
        ${asHtml(table, {
          label: "Recalled by the memory, and found without it",
          file: "recall",
          kind: "counts",
        })}
        <div class="sheet">
      ${strips}</div>
      </main>
      ${configuration(config)}
    `,
  );
}
