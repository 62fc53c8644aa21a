/**
 * The weights of a first layer as small images.
 *
 * @module
 */
import type { ArrayValue } from "../../graph/params.ts";
import type { Figure } from "../report/figure.ts";
import { rasterElements } from "../report/figures/raster.ts";
import { inBox } from "../report/figures/stripes.ts";
import { customMark, draw, svgElement } from "../report/plot.ts";

/** The most units that are shown. */
const MOST = 128;

/**
 * Each unit's weights, black where they are most negative and white where most positive, 0 in the middle.
 *
 * @param weight [size, size, 1, units], or [inputs, units] of whole images.
 * @param shape Of an image: [height, width].
 */
export function receptiveFields({ shape, data }: ArrayValue, image: readonly number[]): Figure {
  const units = shape[shape.length - 1];
  const [height, width] = shape.length === 4 ? shape : image;
  const shown = Math.min(units, MOST);
  const columns = 16;
  const [gap, rows] = [1, Math.ceil(shown / columns)];
  const [totalWidth, totalHeight] = [columns * (width + gap) - gap, rows * (height + gap) - gap];
  const fields = () =>
    Array.from({ length: shown }, (_, unit) => {
      const pixels = Float32Array.from(
        { length: height * width },
        (_, i) => data[i * units + unit],
      );
      const most = pixels.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 1e-12);
      const [x, y] = [
        (unit % columns) * (width + gap),
        Math.floor(unit / columns) * (height + gap),
      ];
      return svgElement(
        "g",
        { transform: `translate(${x},${y})` },
        rasterElements({ shape: [height, width, 1], data: pixels }, [-most, most]),
      );
    });
  const drawAt = (drawn: number) =>
    draw({
      width: drawn,
      height: Math.round(drawn * totalHeight / totalWidth),
      margin: 0,
      marks: [
        customMark((frame) => [
          inBox({ ...frame, x: frame.left, y: frame.top }, [totalWidth, totalHeight], fields(), {
            "shape-rendering": "crispEdges",
          }),
        ]),
      ],
    }, `Receptive fields of ${shown} units`);
  return {
    id: "receptive-fields",
    title: "Receptive fields",
    caption:
      `What the first ${shown} of ${units} units look for: white where light adds to a unit's ` +
      "drive, black where it takes away, grey where it does not matter.",
    drawings: [
      { screens: ["wide"], svg: drawAt(524) },
      { screens: ["medium", "narrow"], svg: drawAt(350) },
    ],
    data: {
      header: ["unit", "length"],
      rows: Array.from({ length: shown }, (_, unit) => {
        let squares = 0;
        for (let i = unit; i < data.length; i += units) squares += data[i] ** 2;
        return [unit, Math.sqrt(squares)];
      }),
    },
    span: "half",
  };
}
