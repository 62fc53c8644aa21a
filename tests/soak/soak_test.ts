import { tf } from "../../ops/tfjs.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { onEachBackend } from "../ops/backends.ts";
import { digits, right } from "../pipelines/tiny.ts";
import { growthOf } from "./growth.ts";
import { soak } from "./measure.ts";

onEachBackend("sixty steps leave no tensor behind, and one that is left is seen", async (name) => {
  const dataset = await digits();
  const options = { backend: name, steps: 60, dataset, batchSize: 30 };
  const measured = right(await soak(options));
  assertEquals(measured.map(({ steps }) => steps), [10, 20, 30, 40, 50, 60]);
  assertEquals(growthOf(measured).tensors, 0);
  assert(measured.every(({ resident }) => resident > 1e7));

  const left: tf.Tensor[] = [];
  const leaking = await soak({
    ...options,
    around: (training) => (run) => {
      left.push(tf.scalar(1));
      return training(run);
    },
  });
  assertEquals(growthOf(right(leaking)).tensors, 4);
  assertEquals(growthOf(right(leaking)).passed, false);
  tf.dispose(left);
});

Deno.test("growth is counted after the warm-up, from median to median", () => {
  const held = (resident: number, at: number) => ({ steps: at, resident, tensors: 20 });
  const warmingUp = [50, 80, 100, 100, 500, 100, 100, 100, 101, 101].map(held);
  const { resident, passed } = growthOf(warmingUp);
  assertAlmostEquals(resident, 0.01, 1e-9);
  assert(passed);
  const growing = Array.from({ length: 20 }, (_, i) => held(100 + i, i));
  assertEquals(growthOf(growing).passed, false);
  assertEquals(growthOf([held(7, 1)]).resident, 0);
});
