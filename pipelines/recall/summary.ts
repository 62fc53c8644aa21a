/**
 * What a recall came to, in words and in a table.
 *
 * @module
 */
import { count } from "../report/format.ts";
import { faultOf, type RecallResult, type Recollection } from "./measure.ts";

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
