/**
 * Tests of what goes wrong on a GPU. One to a file: a fault stays with its device, and each file has its own.
 *
 * @module
 */
import { pipeline, tap } from "../../../../pipelines/core/stage.ts";
import { tf, type WebGPUBackend } from "../../../../ops/tfjs.ts";
import { assert, assertEquals, assertMatch } from "../../../assert.ts";
import { begin, digits, envOn, left, trainTiny } from "../../tiny.ts";

if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const adapter = await navigator.gpu?.requestAdapter().catch(() => null) ?? null;

/** Name of a test that needs an adapter, and whether it is ignored. */
export const needsGpu = (name: string): { readonly name: string; readonly ignore: boolean } => ({
  name: name + (adapter === null ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)" : ""),
  ignore: adapter === null && Deno.env.get("CI") !== "true",
});

/** A test that what is done to a device ends a training with an error that gives the reason. */
export const gpuFaultTest = (
  name: string,
  fault: (device: GPUDevice) => void,
  reason: RegExp,
): void =>
  Deno.test({
    ...needsGpu(name),
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const data = await digits();
      const env = await envOn("webgpu");
      const tensors = tf.memory().numTensors;
      const broken = tap(() => fault((tf.backend() as WebGPUBackend).device));
      const error = left(await pipeline(trainTiny(data), broken, trainTiny(data))(begin())(env)());
      assert(error._tag === "GpuError", error._tag);
      assertMatch(error.reason, reason);
      assertEquals(tf.memory().numTensors, tensors);
    },
  });
