import { linear } from "../../ops/layers.ts";
import { hardKwta } from "../../ops/kwta.ts";
import { startProfiler } from "../../ops/profiler.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { onEachBackend } from "./backends.ts";

onEachBackend("a profile has every kernel, its calls and its time", async (backend) => {
  const compute = async () => {
    const made = tf.tidy(() => hardKwta(linear(tf.ones([300, 200]), tf.ones([200, 100])), 0.1));
    await made.data();
    made.dispose();
  };
  await compute();
  const { runKernel } = tf.engine();
  const profiler = startProfiler();
  for (let i = 0; i < 3; i++) await compute();
  // A kernel that throws is one like any other.
  assertThrows(() => tf.engine().runKernel("NoSuchKernel", {}), Error, "NoSuchKernel");
  const { kernels, milliseconds, onGpu } = await profiler.stop();
  assertEquals(tf.engine().runKernel, runKernel);
  assertEquals(onGpu, backend === "webgpu");
  const affine = kernels.find(({ name }) => name === "SparrowLinear");
  assert(affine !== undefined && affine.calls === 3, JSON.stringify(kernels));
  assert(kernels.some(({ name, calls }) => name === "SparrowHardKwta" && calls >= 3));
  assert(kernels.every((kernel) => kernel.milliseconds >= 0));
  assert(affine.milliseconds > 0);
  const all = kernels.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
  assert(all <= milliseconds, `${all} of ${milliseconds} ms`);
  const times = kernels.map((kernel) => kernel.milliseconds);
  assertEquals(times, times.toSorted((a, b) => b - a));
  // Nothing is measured any more, and everything works.
  await compute();
});

onEachBackend("a kernel's time is without that of the kernels within it", async (backend) => {
  const profiler = startProfiler();
  const name = `SparrowOuter_${backend}`;
  tf.registerKernel({
    kernelName: name,
    backendName: backend,
    kernelFunc: () => {
      const made = tf.tidy(() => tf.matMul(tf.ones([300, 300]), tf.ones([300, 300])));
      made.dispose();
      return tf.zeros([1]);
    },
  });
  (tf.engine().runKernel(name, {}) as tf.Tensor).dispose();
  tf.unregisterKernel(name, backend);
  const { kernels } = await profiler.stop();
  const of = (wanted: string) => kernels.find(({ name }) => name === wanted)?.milliseconds ?? 0;
  const inner = of("BatchMatMul") + of("_FusedMatMul");
  assert(inner > 0, JSON.stringify(kernels));
  assert(of(name) < inner, JSON.stringify(kernels));
});
