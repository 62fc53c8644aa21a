import { classSpreadFigure, gradientFigures } from "../../../pipelines/report/figures/curves.ts";
import { confusedImagesFigure } from "../../../pipelines/report/figures/confused_images.ts";
import { confusionFigure } from "../../../pipelines/report/figures/confusion.ts";
import { dutyCycleFigure } from "../../../pipelines/report/figures/duty_cycles.ts";
import { exampleCodesFigure } from "../../../pipelines/report/figures/example_codes.ts";
import { reconstructionsFigure } from "../../../pipelines/report/figures/reconstructions.ts";
import { bitPath, unitPlaces } from "../../../pipelines/report/figures/stripes.ts";
import { renderReport } from "../../../pipelines/report/report.ts";
import {
  simulate,
  simulateCentroids,
  simulateEvaluation,
  simulateHistory,
  simulateReconstructions,
  simulateWatched,
} from "./fixture.ts";
import { parseReport } from "./parse.ts";
import { assert, assertAlmostEquals, assertEquals, assertMatch } from "../../assert.ts";
import * as fc from "npm:fast-check@4.3.0";

const centroids = simulateCentroids(Array.from("0123456789"), 512);
const evaluation = simulateEvaluation(centroids);

Deno.test("confusions: every count that is not zero, its share, and the largest off the diagonal", () => {
  const figure = confusionFigure(evaluation);
  assert(figure !== null);
  assertMatch(figure.caption, /^1,000 of 1,011 test samples are on the diagonal \(0\.9891\)/);
  assertMatch(figure.caption, /the most frequent confusion is 3 taken for 4, 7 times/);
  const rows = figure.data.rows;
  assertEquals(rows.length, 12);
  assertEquals(rows.reduce((sum, [, , times]) => sum + Number(times), 0), 1011);
  assertEquals(rows.find(([c, p]) => c === "3" && p === "4"), ["3", "4", 7, 0.065421]);
});

Deno.test("confusions: nothing without samples; a perfect one says so; of many classes some", () => {
  assertEquals(
    confusionFigure({ classes: ["a"], confusion: { classes: 1, counts: Uint32Array.of(0) } }),
    null,
  );
  const perfect = {
    classes: ["a", "b"],
    confusion: { classes: 2, counts: Uint32Array.of(3, 0, 0, 4) },
  };
  assertMatch(confusionFigure(perfect)?.caption ?? "", /7 of 7 .*: none is confused\.$/);
  const classes = Array.from({ length: 200 }, (_, i) => `class number ${i}`);
  const counts = new Uint32Array(200 * 200).fill(1);
  const many = confusionFigure({ classes, confusion: { classes: 200, counts } });
  assertMatch(many?.caption ?? "", /the 30 classes with the most errors are drawn/);
  assertEquals(many?.data.rows.length, 40_000);
});

Deno.test("duty cycles: dead units and over-active ones are counted, named and told apart", () => {
  const duty = new Float64Array(100).fill(0.05);
  duty[7] = 0;
  duty[11] = 0.9;
  const figure = dutyCycleFigure(duty);
  assert(figure !== null);
  assertMatch(
    figure.caption,
    /Of 100 units 1 is dead \(.*: number 7\) and 1 over-active \(.*: number 11\)/,
  );
  const states = figure.data.rows.map(([, , state]) => state);
  assertEquals([states[7], states[11]], ["dead", "over-active"]);
  assertEquals(states.filter((state) => state === "in use").length, 98);
  assertEquals(dutyCycleFigure(null), null);
  assertEquals(dutyCycleFigure(new Float64Array(0)), null);
  assertMatch(dutyCycleFigure(new Float64Array(3))?.caption ?? "", /Of 3 units 3 are dead/);
});

/** The places that a path of runs covers. */
const covered = (path: string): readonly number[] =>
  [...path.matchAll(/M(\d+),\.5h(\d+)/g)].flatMap(([, from, length]) =>
    Array.from({ length: Number(length) }, (_, i) => Number(from) + i)
  );

Deno.test("stripes: a path covers the place of every bit once, and nothing else", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.integer({ min: 0, max: 511 }), { maxLength: 60 }),
    (bits) => {
      const places = unitPlaces(centroids.means);
      assertEquals(
        covered(bitPath(bits, places)),
        bits.map((unit) => places[unit]).sort((a, b) => a - b),
      );
    },
  ));
});

Deno.test("example codes: which bits are set, and how many of them the class's centroid has", () => {
  const figure = exampleCodesFigure(evaluation, centroids);
  assert(figure !== null);
  figure.data.rows.forEach(([index, label, set, own, units], i) => {
    const { bits } = evaluation.samples[i];
    assertEquals([index, label, set], [i, String(Math.floor(i / 2)), bits?.length]);
    assertEquals(units, bits?.join(" "));
    const centroid = centroids.codes[Math.floor(i / 2)];
    assertEquals(own, Array.from(bits ?? []).filter((unit) => centroid[unit] > 0).length);
  });
  assertEquals(exampleCodesFigure(evaluation, null), null);
  const dense = {
    ...evaluation,
    samples: evaluation.samples.map((one) => ({ ...one, bits: null })),
  };
  assertEquals(exampleCodesFigure(dense, centroids), null);
});

Deno.test("confused images: the most frequent first, bits of both classes; without codes pictures only", () => {
  const figure = confusedImagesFigure(evaluation, centroids);
  assert(figure !== null);
  assertMatch(figure.caption, /^2 confusions make 11 of 11 errors/);
  assertEquals(figure.data.rows.map(([index, label, predicted]) => [index, label, predicted]), [
    ...[130, 131, 132].map((index) => [index, "3", "4"]),
    ...[140, 141, 142].map((index) => [index, "4", "5"]),
  ]);
  const [, , , set, own, other] = figure.data.rows[0];
  const bits = [...evaluation.confused[0].bits ?? []];
  const has = (label: number) => bits.filter((unit) => centroids.codes[label][unit] > 0).length;
  assertEquals([set, own, other], [bits.length, has(3), has(4)]);
  const without = confusedImagesFigure(evaluation, null);
  assertMatch(without?.caption ?? "", /look whether you would have known better/);
  assertEquals(confusedImagesFigure({ ...evaluation, confused: [] }, centroids), null);
});

Deno.test("gradients: a line for each layer's weight, biases in the data only", () => {
  const [norm, signal, ...none] = gradientFigures(simulateWatched(5));
  assertEquals([norm.id, signal.id, none], ["gradient-norm", "gradient-snr", []]);
  assertEquals(norm.data.header, ["epoch", "0.weight", "0.bias", "2.weight"]);
  assertEquals(norm.data.rows[4], [5, 1 / 5, 2 / 5, 3 / 5]);
  assertMatch(norm.caption, /In epoch 5 0\.weight is at 0\.2 and 2\.weight is at 0\.6/);
  assertEquals(gradientFigures(simulateHistory(3)), []);
});

Deno.test("class spread: both lines and their ratio, of the test set before the training set", () => {
  const figure = classSpreadFigure(simulateWatched(11));
  assertMatch(figure?.caption ?? "", /1\.5 apart and 0\.8 wide in epoch 11, a ratio of 1\.88/);
  assertAlmostEquals(Number(figure?.data.rows[10][1]), 1.5, 1e-12);
  assertEquals(classSpreadFigure([]), null);
});

Deno.test("reconstructions: the pixels of both images, and what the whole set is like", () => {
  const images = simulateReconstructions(3);
  const row = { epoch: 1, step: 1, split: "test", value: 12.5 } as const;
  const figure = reconstructionsFigure(images, [
    { ...row, name: "missed_pixels" },
    { ...row, name: "psnr", value: 18 },
  ]);
  assert(figure !== null);
  assertMatch(
    figure.caption,
    /^12\.5 of 64 pixels come out wrong in a test image .* PSNR of 18 dB/,
  );
  assertEquals(figure.data.rows.length, 6);
  assertEquals(figure.data.rows[2].slice(0, 4), [1, "1", 1, "original"]);
  assertEquals(figure.data.rows[3].slice(4, 12), [...Array(7).fill(0.9), 0]);
  assertEquals(reconstructionsFigure([], []), null);
});

Deno.test("report: the figures of findings stand in their sections, numbered in order", () => {
  const { figures } = parseReport(renderReport(simulate({
    findings: {
      classCodes: centroids,
      evaluation,
      reconstructions: simulateReconstructions(4),
    },
    history: [...simulateHistory(20), ...simulateWatched(20)],
  })));
  assertEquals(figures.map(({ id }) => id), [
    "accuracy",
    "loss",
    "centroids",
    "centroid-codes",
    "example-codes",
    "confusion",
    "class-spread",
    "confused-images",
    "reconstructions",
    "gradient-norm",
    "gradient-snr",
    "learning-rate",
    "hardness",
    "sparsity",
    "active-bits",
    "duty-cycles",
  ]);
  figures.forEach(({ caption, paths }, i) => {
    assertMatch(caption, new RegExp(`^Figure ${i + 1}\\. `));
    assert(paths.every((place) => !place.includes("NaN")), caption);
  });
});
