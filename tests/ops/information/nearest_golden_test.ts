import { seed } from "../../../graph/rng.ts";
import {
  classConditionalInformation,
  jitter,
  knnEntropy,
  ksgInformation,
} from "../../../ops/information/nearest.ts";
import type { Samples } from "../../../ops/information/samples.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { type GoldenArray, goldenJson, int32, sharedTest } from "../../shared.ts";
import { bitsOf, golden, map, single } from "./nearest_samples.ts";

interface Case {
  readonly name: string;
  readonly inputs: {
    readonly x: GoldenArray;
    readonly y: GoldenArray;
    readonly labels: GoldenArray;
    readonly logits: GoldenArray;
  };
  readonly attrs: { readonly op: string; readonly k: readonly number[] };
  readonly expected: {
    readonly mi_bits: readonly number[];
    readonly mi_bits_mighty_float32: readonly number[];
    readonly mi_bits_noise_free: readonly number[];
    readonly entropy_x_bits: readonly number[];
    readonly entropy_y_bits: readonly number[];
    readonly entropy_xy_bits: readonly number[];
    readonly micd_y_labels_bits: readonly number[];
    readonly npeet_micd_k3_k4_bits: readonly number[];
    readonly tolerance_mi: number;
    readonly tolerance_entropy: number;
    readonly tolerance_micd: number;
    readonly tolerance_npeet_micd: number;
  };
}

/** A test of each case of mi_npeet.json with an op, the name's first word; there must be as many. */
function npeet(
  name: string,
  cases: number,
  check: (one: Case, k: number, at: number) => void,
): void {
  sharedTest(`${name} is the reference's`, "golden", async (t) => {
    const found = goldenJson<Case>("mi_npeet").filter(({ attrs }) =>
      attrs.op === name.split(" ")[0]
    );
    assertEquals(found.length, cases);
    for (const one of found) {
      await t.step(one.name, () => one.attrs.k.forEach((k, at) => check(one, k, at)));
    }
  });
}

npeet("npeet_mi", 13, ({ inputs, expected, name }, k, at) => {
  const [x, y] = [golden(inputs.x), golden(inputs.y)];
  const bits = bitsOf(ksgInformation(x, y, { k }));
  assertAlmostEquals(bits, expected.mi_bits[at], expected.tolerance_mi, name);
  // The same formula without noise, with the terms in another order: 1e-12 is ample for 1,000 of
  // them.
  assertAlmostEquals(bits, expected.mi_bits_noise_free[at], 1e-12, name);
  const inSingle = bitsOf(ksgInformation(single(x), single(y), { k }));
  assertEquals(inSingle, bitsOf(ksgInformation(map(x, Math.fround), map(y, Math.fround), { k })));
  assertAlmostEquals(inSingle, expected.mi_bits_mighty_float32[at], expected.tolerance_mi, name);
});

npeet("npeet_mi times 1000", 13, ({ inputs, expected, name }, k, at) => {
  const [x, y] = [golden(inputs.x), golden(inputs.y)];
  // There ε is above 16 in all but a few, where the reference's ≤ ε − 1e-15 is wrong.
  const bits = bitsOf(ksgInformation(map(x, (v) => v * 1000), map(y, (v) => v * 1000), { k }));
  assertAlmostEquals(bits, expected.mi_bits[at], expected.tolerance_mi, name);
});

npeet("npeet_mi entropy", 13, ({ inputs, expected, name }, k, at) => {
  const [x, y] = [golden(inputs.x), golden(inputs.y)];
  const close = (variable: Samples, bits: number | undefined, what: string) => {
    assert(bits !== undefined);
    const found = bitsOf(knnEntropy(variable, { k }));
    assertAlmostEquals(found, bits, expected.tolerance_entropy, `${name} ${what}`);
  };
  close(x, expected.entropy_x_bits[at], "x");
  close(y, expected.entropy_y_bits[at], "y");
  close(joint(x, y), expected.entropy_xy_bits[at], "x and y");
});

npeet("npeet_micd", 6, ({ inputs, expected, name }, k, at) => {
  const bits = bitsOf(
    classConditionalInformation(golden(inputs.x), int32(inputs.labels).data, { k }),
  );
  assertAlmostEquals(bits, expected.mi_bits[at], expected.tolerance_mi, name);
});

npeet("npeet_ties", 1, ({ inputs, expected }, k, at) => {
  const [x, y, labels] = [golden(inputs.x), golden(inputs.y), int32(inputs.labels).data];
  // The reference's are means over noise; its tolerances hold for one draw.
  const [noisyX, next] = jitter(x, seed(26));
  const [noisy] = jitter(y, next);
  const close = (found: ReturnType<typeof knnEntropy>, bits: number, tolerance: number) =>
    assertAlmostEquals(bitsOf(found), bits, tolerance);
  for (const mi of [expected.mi_bits[at], expected.mi_bits_mighty_float32[at]]) {
    close(ksgInformation(noisyX, noisy, { k }), mi, expected.tolerance_mi);
    // Without noise all samples whose zero is at ε are left out, with it half of them are not.
    close(ksgInformation(x, y, { k }), mi, 0.06);
  }
  close(knnEntropy(noisy, { k }), expected.entropy_y_bits[at], expected.tolerance_entropy);
  const micd = expected.micd_y_labels_bits[at];
  close(classConditionalInformation(noisy, labels, { k }), micd, expected.tolerance_micd);
});

for (const file of ["mi_mine", "mi_mine_p99"]) {
  sharedTest(`micd of the softmax layer in ${file} is the reference's`, "golden", () => {
    const found = goldenJson<Case>(file).filter(({ expected }) => expected.npeet_micd_k3_k4_bits);
    assertEquals(found.length, 1);
    const [{ inputs, expected }] = found;
    [3, 4].forEach((k, at) => {
      const labels = int32(inputs.labels).data;
      const bits = bitsOf(classConditionalInformation(golden(inputs.logits), labels, { k }));
      const reference = expected.npeet_micd_k3_k4_bits[at];
      assertAlmostEquals(bits, reference, expected.tolerance_npeet_micd);
    });
  });
}

function joint(x: Samples, y: Samples): Samples {
  const values = Array.from({ length: x.count }, (_, i) => [
    ...x.values.subarray(i * x.width, (i + 1) * x.width),
    ...y.values.subarray(i * y.width, (i + 1) * y.width),
  ]);
  return { count: x.count, width: x.width + y.width, values: Float64Array.from(values.flat()) };
}
