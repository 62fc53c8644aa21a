import { dispose } from "../../../pipelines/core/run.ts";
import {
  graphAfterKwtaSchedule,
  kwtaSchedule,
  scheduleKwta,
} from "../../../pipelines/stages/schedules.ts";
import { assert, assertEquals } from "../../assert.ts";
import { begin, envOn, right } from "../tiny.ts";
import { goldenJson, sharedTest } from "../../shared.ts";
import { assertClose } from "../../ops/backends.ts";

interface Trajectory {
  readonly name: string;
  readonly kind: string;
  readonly step_size: number;
  readonly gamma_sparsity: number;
  readonly min_sparsity: number;
  readonly gamma_hardness: number;
  readonly max_hardness: number;
  readonly sparsity0: number;
  /** The reference never changes a sparsity that is a Python integer; here it is a number as any. */
  readonly sparsity0_is_int: boolean;
  readonly hardness0: number;
  readonly after_epoch: readonly (readonly [number, number])[];
  readonly saved_epoch: number | null;
}

const schedule = (golden: Trajectory) =>
  scheduleKwta({
    stepSize: golden.step_size,
    gammaSparsity: golden.gamma_sparsity,
    minSparsity: golden.min_sparsity,
    gammaHardness: golden.gamma_hardness,
    maxHardness: golden.max_hardness,
  });

sharedTest("sparsity and hardness follow the reference's trajectories", "golden", () => {
  const cases = goldenJson<Trajectory>("kwta_scheduler")
    .filter(({ kind }) => kind === "trajectory");
  assert(cases.length >= 11);
  for (const golden of cases) {
    const next = schedule(golden);
    let now = { sparsity: golden.sparsity0, hardness: golden.hardness0 };
    golden.after_epoch.forEach(([sparsity, hardness], e) => {
      now = next(e + 1, now);
      // The power is of another library.
      assertClose([now.hardness / hardness], [1], 1e-12, golden.name);
      if (!golden.sparsity0_is_int) {
        assertClose([now.sparsity / sparsity], [1], 1e-12, golden.name);
      }
    });
  }
});

sharedTest(
  "a run that goes on does not apply a change twice, as the reference does",
  "golden",
  () => {
    const golden = goldenJson<Trajectory>("kwta_scheduler")
      .find(({ name }) => name === "restore_epoch_20");
    assert(golden !== undefined);
    const next = schedule(golden);
    // After epoch 20 the change has been made; the next one is due after epoch 30.
    const saved = { sparsity: 0.16, hardness: 3.6 };
    let now = saved;
    for (let epoch = 21; epoch < 30; epoch++) now = next(epoch, now);
    assert(now.sparsity === saved.sparsity && now.hardness === saved.hardness);
  },
);

Deno.test("a sparsity of 1 is changed like any other", () => {
  const next = scheduleKwta({ gammaSparsity: 0.5 });
  assert(next(10, { sparsity: 1, hardness: 1 }).sparsity === 0.5);
});

Deno.test("the graph after some epochs is what the stage has made of it, wherever the schedule began", async () => {
  const options = { stepSize: 2, gammaSparsity: 0.9, minSparsity: 0.01, gammaHardness: 1.1 };
  const env = await envOn("cpu");
  for (const begun of [0, 3]) {
    let run = { ...begin(), epoch: begun };
    const { graph } = run;
    for (; run.epoch < 9; run = { ...run, epoch: run.epoch + 1 }) {
      assertEquals(graphAfterKwtaSchedule(graph, run.epoch, options, begun), run.graph);
      run = right(await kwtaSchedule(options)(run)(env)());
    }
    dispose(run);
  }
});
