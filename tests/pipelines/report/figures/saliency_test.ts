import { renderFigure } from "../../../../pipelines/report/figure.ts";
import { colourPaths, rangeOf } from "../../../../pipelines/report/heatmap.ts";
import { saliencyFigure } from "../../../../pipelines/report/figures/saliency.ts";
import type { Explanation } from "../../../../pipelines/core/findings.ts";
import { html } from "../../../../pipelines/report/html.ts";
import { page } from "../../../../pipelines/report/page.ts";
import { style } from "../../../../pipelines/report/style.ts";
import { draw, seed } from "../../../../graph/rng.ts";
import { toCsv } from "../../../../pipelines/report/csv.ts";
import {
  assert,
  assertEquals,
  assertFalse,
  assertLess,
  assertNotMatch,
  assertStringIncludes,
} from "../../../assert.ts";
import { parseReport } from "../parse.ts";

/** Noise of which the mask hides the upper half. */
function example(
  label: string,
  [height, width, channels]: readonly [number, number, number],
): Explanation {
  const [data] = draw(
    seed(26),
    ({ unit }) => Float32Array.from({ length: height * width * channels }, unit),
  );
  const left = Float32Array.from(
    { length: height * width },
    (_, i) => i < height * width / 2 ? 0 : 1,
  );
  return {
    label,
    image: { shape: [height, width, channels], data },
    mask: { shape: [height, width, 1], data: left },
    perturbed: {
      shape: [height, width, channels],
      data: data.map((value, i) => value * left[Math.floor(i / channels)]),
    },
    before: 0.97,
    after: 0.02,
  };
}

const examples = [example("a 7", [28, 28, 1]), example("a cat & <dog>", [32, 24, 3])];

const render = (...options: Parameters<typeof saliencyFigure>): string => {
  const figure = saliencyFigure(...options);
  assert(figure !== null);
  return page("saliency", style, html`<main>${renderFigure(figure, 1)}</main>`);
};

Deno.test("saliency figure: nothing for no examples", () => {
  assertEquals(saliencyFigure([]), null);
});

Deno.test("saliency figure: the caption says what the mask does to the score", () => {
  const caption = (...options: Parameters<typeof saliencyFigure>) =>
    parseReport(render(...options)).figures[0].caption;
  assertStringIncludes(
    caption(examples.slice(0, 1), { quantity: "probability" }),
    "Figure 1. Saliency. Hiding 50 % of the image takes the probability from 0.97 to 0.02; what is",
  );
  assertStringIncludes(
    caption(examples),
    "takes the score from 0.97 to 0.02, on average over 2 images; what is",
  );
});

Deno.test("saliency figure: three pictures for each example, once, for every screen", () => {
  const text = render(examples);
  const [figure] = parseReport(text).figures;
  assertEquals(figure.id, "saliency");
  assertEquals(figure.labels.length, 2);
  assertEquals(figure.texts.slice(0, 5), [
    "image",
    "hidden by the mask",
    "what is left",
    "a 7: 0.97 → 0.02",
    "a cat & <dog>: 0.97 → 0.02",
  ]);
  const ids = [...text.matchAll(/\sid="(saliency-\d-\d)"/g)].map(([, id]) => id);
  const uses = [...text.matchAll(/href="#(saliency-\d-\d)"/g)].map(([, id]) => id);
  assertEquals(ids.length, 6);
  assertEquals(uses, ids);
  assertStringIncludes(render(examples, { id: "unit-12" }), 'id="unit-12-1-2"');
});

Deno.test("saliency figure: no coordinate is NaN, nothing is loaded, text is escaped", () => {
  const flat = { shape: [3, 3, 1], data: new Float32Array(9) } as const;
  const dull = { ...examples[0], image: flat, perturbed: flat, mask: flat };
  const line = example("x".repeat(99), [1, 40, 2]);
  for (const shown of [examples, [dull], [line]]) {
    const text = render(shown);
    assertNotMatch(text, /NaN|Infinity|undefined/);
    assertNotMatch(text, /<(script|img|image|iframe|object)\b/i);
    assertFalse(text.includes("<dog>"));
  }
  assertStringIncludes(render([line]), "xxx…: 0.97");
  assertLess(render([examples[0]]).length, 70_000);
});

Deno.test("saliency figure: the data are a row per pixel", () => {
  const figure = saliencyFigure(examples);
  assert(figure !== null);
  const rows = toCsv(figure.data).trim().split("\n");
  assertEquals(
    rows[0],
    "example,row,column,mask,image_0,image_1,image_2,perturbed_0,perturbed_1,perturbed_2",
  );
  assertEquals(rows.length, 1 + 28 * 28 + 32 * 24);
  const value = (place: number): number => Number(examples[0].image.data[place].toPrecision(4));
  assertEquals(rows[1 + 2 * 28 + 3], `a 7,2,3,0,${value(59)},,,0,,`);
  assertEquals(rows[28 * 28], `a 7,27,27,1,${value(783)},,,${value(783)},,`);
  const [single] = toCsv(saliencyFigure([examples[0]])!.data).split("\n");
  assertEquals(single, "example,row,column,mask,image,perturbed");
});

Deno.test("raster: every pixel is painted once in its colour, and black is the ground", () => {
  const palette = ["#000", "#fff", "#08f"];
  const [pixels] = draw(
    seed(3),
    ({ integer }) => Array.from({ length: 60 }, () => palette[integer(0, 2)]),
  );
  const painted = Array.from({ length: 60 }, () => "#000");
  for (const [colour, path] of colourPaths(pixels, 12)) {
    for (const [, x, y, run] of path.matchAll(/M(\d+),(\d+)\.5h(\d+)/g)) {
      const begin = Number(y) * 12 + Number(x);
      assert(Number(x) + Number(run) <= 12, "a run ends with its row");
      painted.fill(colour, begin, begin + Number(run));
    }
  }
  assertEquals(painted, pixels);
});

Deno.test("raster: the range of numbers is never empty", () => {
  assertEquals(rangeOf([3, -1, 2]), [-1, 3]);
  assertEquals(rangeOf([2, 2]), [1.5, 2.5]);
  assertEquals(rangeOf([]), [0, 1]);
  assertEquals(rangeOf([NaN, NaN]), [0, 1]);
});
