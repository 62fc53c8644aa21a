import { describe } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { startBackend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { onEachBackend } from "./backends.ts";

onEachBackend("a backend starts, says what it runs on, and computes", async (name) => {
  const started = await startBackend(name)();
  assert(E.isRight(started));
  assertEquals([started.right.name, tf.getBackend()], [name, name]);
  assertEquals(started.right.adapter !== null, name === "webgpu");
  const x = tf.tensor1d([1, 2, 3]);
  const sum = tf.sum(x);
  assertEquals((await sum.data())[0], 6);
  tf.dispose([x, sum]);
});

Deno.test({
  name: "auto prefers real hardware, then wasm: never a software adapter",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null) ?? null;
    const real = adapter !== null && !adapter.info.isFallbackAdapter;
    const started = await startBackend("auto")();
    assert(E.isRight(started));
    assertEquals(started.right.name, real ? "webgpu" : "wasm");
  },
});

Deno.test("without an adapter webgpu is unavailable, with the package to install", async () => {
  const { gpu } = navigator;
  Object.defineProperty(navigator, "gpu", {
    value: { requestAdapter: () => Promise.resolve(null) },
    configurable: true,
  });
  try {
    const started = await startBackend("webgpu")();
    assert(E.isLeft(started));
    assertStringIncludes(describe(started.left), "apt install mesa-vulkan-drivers");
    const best = await startBackend("auto")();
    assert(E.isRight(best) && best.right.name === "wasm");
  } finally {
    Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  }
});
