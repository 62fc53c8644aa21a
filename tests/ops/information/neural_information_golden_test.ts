import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { seed } from "../../../graph/rng.ts";
import { startBackend } from "../../../ops/backend.ts";
import { correlationInformation, gaussianPairs } from "../../../ops/information/neural_pairs.ts";
import {
  neuralInformation,
  neuralInformationOfSource,
} from "../../../ops/information/neural_information.ts";
import { tf } from "../../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals, fail } from "../../assert.ts";
import { float32, type GoldenArray, goldenJson, int32, sharedTest } from "../../shared.ts";

type Range = readonly [number, number];

interface Ranges {
  readonly analytic_mi_bits: number;
  readonly mine_heldout_dv_range_bits?: Range;
  readonly mine_train_ema30_max_range_bits?: Range;
}

interface GaussCase {
  readonly name: string;
  readonly attrs: { readonly op: string; readonly dim: number; readonly rho: number };
  readonly expected: Ranges;
}

interface SoftmaxCase {
  readonly inputs: { readonly logits: GoldenArray; readonly labels: GoldenArray };
  readonly attrs: { readonly op: string };
  readonly expected: Required<Ranges>;
}

/**
 * Smallest numbers of steps that bring three of three seeds, and the reference, well into the
 * ranges.
 */
const steps: Readonly<Record<string, number>> = {
  "gauss_1d_rho0.5": 300,
  "gauss_1d_rho0.9": 300,
  "gauss_2d_rho0.5": 300,
  "gauss_2d_rho0.9": 300,
  "gauss_5d_rho0.5": 300,
  "gauss_5d_rho0.9": 300,
  "gauss_20d_rho0.5": 500,
  "gauss_20d_rho0.9": 300,
};

/** Runs on wasm, and leaves no tensor. */
async function onWasm<A>(run: () => Promise<A>): Promise<A> {
  const started = await startBackend("wasm")();
  if (E.isLeft(started)) fail(describe(started.left));
  const before = tf.memory().numTensors;
  const result = await run();
  assertEquals(tf.memory().numTensors, before);
  return result;
}

const within = (value: number, [least, most]: Range, what: string): void =>
  assert(value >= least && value <= most, `${what}: ${value} is not in ${least} to ${most}`);

const ops = new Set(["ema", "dv_bound", "mine_step"]);

for (const [name, count] of Object.entries(steps)) {
  sharedTest(`MINE finds what the reference's finds: ${name}`, "golden", async () => {
    const [{ attrs, expected }] = goldenJson<GaussCase>("mi_mine").filter((one) =>
      one.name === name
    );
    assertAlmostEquals(
      correlationInformation(attrs.dim, attrs.rho),
      expected.analytic_mi_bits,
      1e-9,
    );
    const source = gaussianPairs(attrs.dim, attrs.rho);
    // The recipe judges the last step's weights, on 10,000 fresh pairs with 10 shuffles.
    const task = { source, steps: count, judgeEvery: 0 };
    const found = await onWasm(neuralInformationOfSource(task, seed(26)));
    if (E.isLeft(found)) fail(describe(found.left));
    const { bits, trainBits } = found.right;
    assert(Number.isFinite(bits) && Number.isFinite(trainBits));
    const { mine_heldout_dv_range_bits: heldOut, mine_train_ema30_max_range_bits: train } =
      expected;
    // 24 bits are out of reach of any bound from samples: no ranges there.
    assertEquals(
      [heldOut === undefined, train === undefined],
      Array(2).fill(name.includes("20d_rho0.9")),
    );
    if (heldOut !== undefined) within(bits, heldOut, "held out");
    if (train !== undefined) within(trainBits, train, "training");
  });
}

for (const file of ["mi_mine", "mi_mine_p99"]) {
  sharedTest(`MINE finds the information of softmax data: ${file}`, "golden", async () => {
    const [{ inputs, expected }] = goldenJson<SoftmaxCase>(file).filter(({ attrs }) =>
      attrs.op === "neural_mi_discrete"
    );
    const { shape: [count, width], data: values } = float32(inputs.logits);
    const labels = int32(inputs.labels).data;
    const task = { x: { count, width, values }, labels, steps: 500 };
    const found = await onWasm(neuralInformation(task, seed(26)));
    if (E.isLeft(found)) fail(describe(found.left));
    within(found.right.bits, expected.mine_heldout_dv_range_bits, "held out");
    within(found.right.trainBits, expected.mine_train_ema30_max_range_bits, "training");
  });
}

sharedTest("no golden case of MINE goes untested", "golden", () => {
  for (
    const { name, attrs } of ["mi_mine", "mi_mine_p99"].flatMap((file) =>
      goldenJson<GaussCase>(file)
    )
  ) {
    const tested = ops.has(attrs.op) || attrs.op === "neural_mi_discrete" || name in steps;
    assert(tested, name);
  }
});
