import fc from "npm:fast-check@4.3.0";
import { describe } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import { moveUnits, randomCodes } from "../../../ops/codes/noise.ts";
import { emptyCodes } from "../../../ops/codes/codes.ts";
import { cueKinds, cuesOf, faultOf, measureRecall } from "../../../pipelines/encode/recall.ts";
import { recallTable, storedLine, warnings } from "../../../pipelines/encode/recall_sheet.ts";
import { asCsv, asText } from "../../../pipelines/report/table.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { codesOf } from "../../ops/codes/sets.ts";
import { left, right } from "../tiny.ts";

const layout = { size: [4, 4], colour: "grey" } as const;

Deno.test("a cue keeps its side, and the rest is the median; all of it is the image", () => {
  const pixels = Uint8Array.from({ length: 32 }, (_, i) => i % 3 === 0 ? 100 + i : 7);
  const images = { count: 2, values: pixels, normalisation: { mean: [0], std: [1] } };
  const kept = (
    kind: typeof cueKinds[number],
    keep: number,
  ) => [...right(cuesOf(images, layout, kind, keep, seed(1))).values];
  const where = (stays: (x: number, y: number) => boolean) =>
    [...pixels].map((byte, i) => stays(i % 4, Math.floor(i / 4) % 4) ? byte : 7);
  assertEquals(kept("top", 0.5), where((_, y) => y < 2));
  assertEquals(kept("bottom", 0.25), where((_, y) => y >= 3));
  assertEquals(kept("left", 0.75), where((x) => x < 3));
  assertEquals(kept("right", 0.5), where((x) => x >= 2));
  for (const kind of cueKinds) assertEquals(kept(kind, 1), [...pixels]);
  assertEquals(kept("noise", 0.5), kept("noise", 0.5));
  for (const keep of [0, -1, 1.1, NaN]) {
    assertEquals(
      describe(left(cuesOf(images, layout, "top", keep, seed(1)))),
      `Cannot use --keep: expected a number above 0 and at most 1, current value is ${keep}`,
    );
  }
});

Deno.test("noise leaves about the part that it should, colours whole", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 99 }),
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      (s, keep) => {
        // Every pixel is its own colour, so that one that was replaced shows.
        const pixels = Uint8Array.from({ length: 3 * 250 }, (_, i) => Math.floor(i / 3));
        const colours = { size: [10, 25], colour: "rgb" } as const;
        const image = { count: 1, values: pixels, normalisation: { mean: [0], std: [1] } };
        const cue = right(cuesOf(image, colours, "noise", keep, seed(s))).values;
        let left = 0;
        for (let i = 0; i < 250; i++) {
          assertEquals([cue[3 * i], cue[3 * i]], [cue[3 * i + 1], cue[3 * i + 2]]);
          if (cue[3 * i] === pixels[3 * i]) left++;
        }
        // Five standard deviations of at most √(250 / 4).
        assert(Math.abs(left - 250 * keep) < 41, `${left} of 250`);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("random codes are recalled from noisy ones as a search finds them", () => {
  const [codes, rng] = right(randomCodes(100, 1024, 16, seed(26)));
  const [cues] = right(moveUnits(codes, 0.25, rng));
  const result = right(measureRecall(codes, cues));
  assertEquals([result.stored, result.distinct, result.active, result.wholeExact], [
    100,
    100,
    16,
    1,
  ]);
  assert(Math.abs(result.fill - result.randomFill) < 0.002);
  assert(
    result.cues.every(({ right, nearestRight, before, after }) =>
      right && nearestRight && before === 12 && after === 16
    ),
  );
  assertEquals([faultOf(result), warnings(result)], [null, []]);
  assertStringIncludes(storedLine(result), "100 codes stored, 100 of them distinct, of 16 in 1024");
  const labels = Array.from({ length: 100 }, (_, i) => String(i % 10));
  const [head, ...rows] = asText(recallTable(result, labels)).split("\n")
    .map((line) => line.split(/ {2,}/));
  assertEquals(head.slice(1), ["cue", "recalled by the memory", "nearest to the cue, no memory"]);
  assertEquals(rows[0].slice(1), ["100.0 %", "100.0 %"]);
  assertEquals(rows[2].slice(1), ["12.0 of 16", "16.0 of 16", "16.0 of 16"]);
  assertEquals(asCsv(recallTable(result, labels)).rows.map((row) => row.length), [4, 4, 4, 4]);
  assertEquals(recallTable(result, null).rows.length, 3);
});

Deno.test("a memory that is too full says so, and so does one whose codes are alike", () => {
  const [many] = right(randomCodes(1000, 128, 12, seed(1)));
  const [one, other] = ["a", "b"].map((model) => ({ ...many, model }));
  assertEquals(left(measureRecall(one, other))._tag, "InvalidOption");
  assertEquals(right(measureRecall(one, many)).stored, many.count);
  const full = right(measureRecall(many, many));
  assert(full.fill > 0.5);
  assertEquals(faultOf(full), "full");
  assertStringIncludes(warnings(full)[0], "The memory is saturated: 100.0 % of its synapses");
  const alike = codesOf([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]], 64);
  const confused = right(measureRecall(alike, alike));
  assert(confused.fill < 0.01);
  assertEquals([faultOf(confused), confused.wholeExact, confused.wholeSize], ["confused", 0, 4]);
  assertStringIncludes(warnings(confused)[0], "too much alike for a memory: of whole codes 0.0 %");
  assertStringIncludes(
    describe(left(measureRecall(emptyCodes(2, 8), emptyCodes(2, 8)))),
    "Cannot use the codes: expected at least one, current value is",
  );
});
