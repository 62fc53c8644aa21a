/**
 * The figure of example codes: a few samples of each class as stripes of bits.
 *
 * @module
 */
import type { Evaluation } from "../../core/findings.ts";
import type { Drawing, Figure, Screen } from "../figure.ts";
import { compact } from "../format.ts";
import type { Html } from "../html.ts";
import { customMark, draw, svgElement } from "../plot.ts";
import type { Centroids } from "./centroids.ts";
import {
  bitPath,
  field,
  inBox,
  muted,
  shortened,
  textAt,
  ticks,
  unitAxis,
  unitPlaces,
} from "./stripes.ts";

/** The widths in pixels of CSS at a page's usual width on each screen. */
const widths: readonly (readonly [Screen, number])[] = [
  ["wide", 1072],
  ["medium", 700],
  ["narrow", 358],
];

/** A code of a sample, and of its class. */
interface Example {
  readonly label: number;
  readonly index: number;
  readonly bits: readonly number[];
  /** Whether each of the bits is one of its class's centroid's. */
  readonly own: readonly boolean[];
}

/**
 * Codes of test samples as stripes of bits, by class, in the order of the units of the centroids' figure:
 * blue where the class's binary centroid has the bit too, orange where not.
 *
 * @returns null for codes that are not binary, and without centroids.
 */
export function exampleCodesFigure(
  evaluation: Pick<Evaluation, "classes" | "samples">,
  centroids: Centroids | null,
): Figure | null {
  const units = centroids?.means[0]?.length ?? 0;
  const examples = evaluation.samples.flatMap(({ label, index, bits }): readonly Example[] => {
    const centroid = centroids?.codes[label];
    if (bits === null || centroid === undefined) return [];
    return [{ label, index, bits: [...bits], own: Array.from(bits, (unit) => centroid[unit] > 0) }];
  });
  if (centroids === null || examples.length === 0 || units === 0) return null;
  const { classes } = evaluation;
  const caption = describe(examples);
  const places = unitPlaces(centroids.means);
  return {
    id: "example-codes",
    title: "Example codes",
    caption,
    drawings: drawingsOf(examples, classes, places, `Stripes of bits by sample. ${caption}`),
    data: {
      header: ["test_index", "class", "bits_set", "bits_of_centroid", "units"],
      rows: examples.map(({ label, index, bits, own }) => [
        index,
        classes[label],
        bits.length,
        own.filter((one) => one).length,
        bits.join(" "),
      ]),
    },
    span: "whole",
  };
}

function describe(examples: readonly Example[]): string {
  const shared = (same: boolean): string | null => {
    const pairs = examples.flatMap((a, i) =>
      examples.slice(i + 1).filter(({ label }) => (label === a.label) === same)
        .map((b) => b.bits.filter((unit) => a.bits.includes(unit)).length)
    );
    return pairs.length === 0 ? null : compact(pairs.reduce((sum, n) => sum + n, 0) / pairs.length);
  };
  const bits = compact(examples.reduce((sum, { bits }) => sum + bits.length, 0) / examples.length);
  const [within, between] = [shared(true), shared(false)];
  return [
    within === null ? null : `two codes of a class share ${within} of ${bits} bits`,
    between === null
      ? null
      : `two of different classes ${within === null ? "share " : ""}${between}`,
  ].filter((part) => part !== null).join(", ").replace(/^two/, "Of these test samples two")
    .replace(/^$/, `The code sets ${bits} bits`) +
    "; blue bits are also of the class's centroid, orange ones not, and the blue should make a staircase.";
}

/** The stripes are in the first drawing; the others use them. */
const drawingsOf = (
  examples: readonly Example[],
  classes: readonly string[],
  places: Uint32Array,
  label: string,
): readonly Drawing[] =>
  widths.map(([screen, width], i) => ({
    screens: [screen],
    svg: drawAt(examples, classes, places, width, i === 0, label),
  }));

const marginBottom = 34;
const longestName = 14;
const stripe = 9;
const between = 6;

function drawAt(
  examples: readonly Example[],
  classes: readonly string[],
  places: Uint32Array,
  width: number,
  first: boolean,
  label: string,
): Html {
  const fontSize = width > 500 ? 12 : 11;
  const names = classes.map((name) => shortened(name, longestName));
  const left = Math.ceil(Math.max(5, ...names.map(({ length }) => length)) * fontSize * 0.64) + 10;
  const groups = [...Map.groupBy(examples, ({ label }) => label)];
  const tops = groups.reduce<readonly number[]>(
    (tops, [, { length }]) => [...tops, tops[tops.length - 1] + length * (stripe + 1) + between],
    [26],
  );
  const bottom = tops[groups.length] - between;
  const wide = width - left - 12;
  const elements = groups.flatMap(([label, own], g) => {
    const id = `example-codes-${label}`;
    const box = { x: left, y: tops[g], width: wide, height: own.length * (stripe + 1) };
    const rows = own.flatMap(({ bits, own }, row) => {
      const part = (wanted: boolean) => bits.filter((_, i) => own[i] === wanted);
      return [svgElement("g", { transform: `translate(0,${row})` }, [
        ...ticks(bitPath(part(false), places), "var(--train, #b3541e)"),
        ...ticks(bitPath(part(true), places), "var(--heat, #123f73)"),
      ])];
    });
    return [
      field(box),
      textAt(left - 8, box.y + box.height / 2 + fontSize * 0.35, names[label], {
        "text-anchor": "end",
      }),
      inBox(box, [places.length, own.length], [
        first ? svgElement("g", { id }, rows) : svgElement("use", { href: `#${id}` }),
      ], { "stroke-width": 0.86 }),
    ];
  });
  return draw({
    width,
    height: bottom + marginBottom,
    margin: 0,
    style: { fontSize: `${fontSize}px` },
    marks: [
      customMark(() => [
        textAt(left - 8, 14, "class", { "text-anchor": "end" }),
        textAt(left, 14, "a stripe is one test sample, a tick a bit that is set", muted),
        ...elements,
        ...unitAxis({ x: left, y: bottom, width: wide }, places.length, width > 500 ? 8 : 4),
      ]),
    ],
  }, label);
}
