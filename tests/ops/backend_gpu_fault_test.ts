import { startBackend } from "../../ops/backend.ts";
import { runElementwise } from "../../ops/kernels/gpu.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import { E } from "../../graph/fp_ts.ts";
import { evaluate } from "../../pipelines/stages/evaluate.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { begin, digits, envOn, left } from "../pipelines/tiny.ts";

// In a file of its own: a fault stays with the device, which the tests of a file share.
const adapter = await navigator.gpu?.requestAdapter().catch(() => null) ?? null;

Deno.test({
  name: "a shader that does not compile ends the stage with a GpuError" +
    (adapter === null ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)" : ""),
  ignore: adapter === null && Deno.env.get("CI") !== "true",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const data = await digits();
    const env = await envOn("webgpu");
    const run = begin();
    assertEquals(env.backend.fault(), null);
    const x = tf.ones([4]);
    const program = {
      key: "broken",
      variables: ["x"],
      main: "result[index] = thereIsNoSuchFunction(x[index]);",
    };
    const backend = tf.backend() as WebGPUBackend;
    const output = runElementwise(backend, program, [x], { shape: [4], dtype: "float32" });
    // tfjs itself says nothing: the output is zeros.
    await backend.read(output.dataId);
    const before = tf.memory().numTensors;
    const error = left(await evaluate(data)(run)(env)());
    assert(error._tag === "GpuError", JSON.stringify(error));
    assertStringIncludes(error.reason, "thereIsNoSuchFunction");
    assert(tf.memory().numTensors < before, "the run was freed");
    x.dispose();
    backend.disposeData(output.dataId);
    // The device is the same however often the backend is started.
    const again = await startBackend("webgpu")();
    assert(E.isRight(again) && again.right.fault() !== null);
  },
});
