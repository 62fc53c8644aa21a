import fc from "npm:fast-check@4.3.0";
import { E } from "../../../graph/fp_ts.ts";
import { draw, seed } from "../../../graph/rng.ts";
import { dvBound, infoNceBound, smileBound } from "../../../ops/information/neural_bounds.ts";
import type { Estimate } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { float64, type GoldenArray, goldenJson, sharedTest } from "../../shared.ts";
import * as reference from "./neural_reference.ts";

interface DvCase {
  readonly name: string;
  readonly inputs: { readonly scores_joint: GoldenArray; readonly scores_marginal: GoldenArray };
  readonly attrs: { readonly op: string };
  readonly expected: { readonly dv_bits: number; readonly tolerance_float64: number };
}

const bitsOf = (estimate: Estimate): number => {
  assert(E.isRight(estimate));
  return estimate.right;
};

sharedTest("the bound of Donsker and Varadhan is the golden one", "golden", () => {
  const cases = goldenJson<DvCase>("mi_mine").filter(({ attrs }) => attrs.op === "dv_bound");
  assertEquals(cases.length, 3);
  for (const { name, inputs, expected } of cases) {
    const [joint, marginal] = [inputs.scores_joint, inputs.scores_marginal].map(float64);
    const bits = bitsOf(dvBound(joint.data, marginal.data));
    assertAlmostEquals(bits, expected.dv_bits, expected.tolerance_float64, name);
  }
});

/** Scores as untrained and as overtrained critics give them. */
const scores = fc.array(fc.double({ min: -300, max: 300, noNaN: true }), {
  minLength: 1,
  maxLength: 30,
});

Deno.test("bounds are their formulas", () => {
  const square = fc.integer({ min: 1, max: 6 }).chain((count) =>
    fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
      minLength: count * count,
      maxLength: count * count,
    })
  );
  const even = fc.integer({ min: 1, max: 9 }).chain((count) =>
    fc.array(fc.double({ min: -9, max: 9, noNaN: true }), {
      minLength: 2 * count,
      maxLength: 2 * count,
    })
  );
  // 1e-12: roundings of float64 on numbers below 20.
  fc.assert(fc.property(even, fc.double({ min: 0.1, max: 9, noNaN: true }), (both, clip) => {
    const [joint, marginal] = reference.halves(both);
    const nats = bitsOf(dvBound(joint, marginal)) * Math.LN2;
    assertAlmostEquals(nats, reference.donskerVaradhan(both), 1e-12);
    const clipped = bitsOf(smileBound(joint, marginal, clip)) * Math.LN2;
    assertAlmostEquals(clipped, reference.smile(both, clip), 1e-12);
  }));
  fc.assert(fc.property(square, (all) => {
    assertAlmostEquals(bitsOf(infoNceBound(all)) * Math.LN2, reference.infoNce(all), 1e-12);
  }));
});

Deno.test("a constant added to all scores changes neither DV nor InfoNCE", () => {
  const shifts = fc.double({ min: -1000, max: 1000, noNaN: true });
  fc.assert(fc.property(scores, scores, shifts, (joint, marginal, shift) => {
    const moved = (values: readonly number[]) => values.map((value) => value + shift);
    // 1e-9: float64 keeps 13 digits of numbers near 1000.
    assertAlmostEquals(
      bitsOf(dvBound(moved(joint), moved(marginal))),
      bitsOf(dvBound(joint, marginal)),
      1e-9,
    );
    const count = Math.floor(Math.sqrt(joint.length));
    const square = joint.slice(0, count * count);
    assertAlmostEquals(bitsOf(infoNceBound(moved(square))), bitsOf(infoNceBound(square)), 1e-9);
  }));
});

Deno.test("SMILE without a clip is DV, and never more than the clip allows with one", () => {
  const clips = fc.double({ min: 0.1, max: 20, noNaN: true });
  fc.assert(fc.property(scores, scores, clips, (joint, marginal, clip) => {
    const bits = bitsOf(smileBound(joint, marginal, clip));
    const [least, most] = [-clip, clip].map((t) => bitsOf(dvBound(joint, [t])));
    assert(bits <= least + 1e-9 && bits >= most - 1e-9);
    assertEquals(smileBound(joint, marginal, Infinity), dvBound(joint, marginal));
  }));
});

Deno.test("InfoNCE is at most log2 of the pairs", () => {
  fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 20 }), (start, count) => {
    const [square] = draw(
      seed(start),
      ({ unit }) =>
        Array.from(
          { length: count * count },
          (_, i) => 600 * unit() - (i % (count + 1) === 0 ? 0 : 300),
        ),
    );
    // 1e-12: a sum of float64.
    assert(bitsOf(infoNceBound(square)) <= Math.log2(count) + 1e-12);
  }));
  const certain = Array.from({ length: 64 }, (_, i) => i % 9 === 0 ? 500 : 0);
  assertAlmostEquals(bitsOf(infoNceBound(certain)), 3, 1e-12);
});

Deno.test("the true density ratio reaches a binary channel's information", () => {
  // Fair bits, y differs from x with the probability 1/8: I = 1 − H(1/8).
  const same = Math.log(2 * 7 / 8);
  const other = Math.log(2 / 8);
  const joint = [...Array(7).fill(same), other];
  const marginal = [same, other];
  const truth = 1 + (7 / 8) * Math.log2(7 / 8) + (1 / 8) * Math.log2(1 / 8);
  assertAlmostEquals(bitsOf(dvBound(joint, marginal)), truth, 1e-14);
  assertAlmostEquals(bitsOf(smileBound(joint, marginal, 2)), truth, 1e-14);
});

Deno.test("no scores, scores that are no numbers and bad clips are errors", () => {
  const errors = [
    dvBound([], [1]),
    dvBound([1], []),
    dvBound([1, Infinity], [1]),
    smileBound([1], [NaN]),
    smileBound([1], [1], 0),
    smileBound([1], [1], NaN),
    infoNceBound([]),
    infoNceBound([1, 2]),
    infoNceBound([-Infinity]),
  ].map((result) => E.isLeft(result) ? `${result.left.option}: ${result.left.actual}` : result);
  assertEquals(errors, [
    'joint: "no scores"',
    'marginal: "no scores"',
    'joint: "Infinity at 1"',
    'marginal: "NaN at 0"',
    "clip: 0",
    "clip: NaN",
    'scores: "no scores"',
    'scores: "2 scores"',
    'scores: "-Infinity at 0"',
  ]);
});
