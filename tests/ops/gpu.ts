/**
 * Tests on webgpu alone.
 *
 * @module
 */
import { startBackend } from "../../ops/backend.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import { assertEquals } from "../assert.ts";
import { right } from "../pipelines/tiny.ts";

if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const adapter = await navigator.gpu?.requestAdapter().catch(() => null) ?? null;

/** A test on webgpu, which leaves no tensor behind and no fault. */
export function onGpu(name: string, fn: (backend: WebGPUBackend) => Promise<void>): void {
  Deno.test({
    name: name + (adapter === null ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)" : ""),
    ignore: adapter === null && Deno.env.get("CI") !== "true",
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const { fault } = right(await startBackend("webgpu")());
      const before = tf.memory().numTensors;
      await fn(tf.backend() as WebGPUBackend);
      right(await startBackend("webgpu")());
      assertEquals(fault(), null);
      assertEquals(tf.memory().numTensors, before);
    },
  });
}

/** Runs `f` on a device that says that it has lower limits. */
export async function withLimits(
  backend: WebGPUBackend,
  limits: Readonly<Record<string, number>>,
  f: () => Promise<void>,
): Promise<void> {
  const { device } = backend;
  const view = new Proxy(device, {
    get: (target, name) => {
      if (name === "limits") return { ...plainLimits(target), ...limits };
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  backend.device = view;
  try {
    await f();
  } finally {
    backend.device = device;
  }
}

const plainLimits = ({ limits }: GPUDevice) => ({
  maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
  maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
  maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
});
