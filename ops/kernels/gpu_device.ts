/**
 * The device that tfjs's webgpu backend runs on, asked for here with one limit more: how many storage
 * buffers a program may have. tfjs leaves it at the 8 that every device allows, and one program for
 * several weights (Adam) needs seven for each.
 *
 * @module
 */
import { tf, WebGPUBackend } from "../tfjs.ts";

/** Those that tfjs itself raises, and the last. */
const RAISED = [
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupSizeX",
  "maxComputeInvocationsPerWorkgroup",
  "maxStorageBuffersPerShaderStage",
] as const;

/** Above every backend but tfjs's own of this name, whose priority it is. */
const PRIORITY = 3;

async function make(): Promise<tf.KernelBackend> {
  const lowPower = tf.env().get("WEBGPU_USE_LOW_POWER_GPU") as boolean;
  const adapter = await navigator.gpu.requestAdapter({
    powerPreference: lowPower ? "low-power" : "high-performance",
  });
  if (adapter === null) throw new Error("there is no WebGPU adapter");
  const timed: GPUFeatureName = "timestamp-query";
  const device = await adapter.requestDevice({
    requiredFeatures: adapter.features.has(timed) ? [timed] : [],
    requiredLimits: Object.fromEntries(RAISED.map((limit) => [limit, adapter.limits[limit]])),
  });
  return new WebGPUBackend(device, adapter.info);
}

// Where the program that imports us runs on webgpu already, its device stays.
// (tf.findBackend would start it.)
if (globalThis.navigator?.gpu !== undefined && !("webgpu" in tf.engine().registry)) {
  if ("webgpu" in tf.engine().registryFactory) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", make, PRIORITY);
}

/** Whether the device is a program that runs on the CPU (lavapipe, SwiftShader). */
export function isSoftware({ device }: WebGPUBackend): boolean {
  const { adapterInfo } = device as GPUDevice & {
    readonly adapterInfo?: { readonly isFallbackAdapter?: boolean };
  };
  return adapterInfo?.isFallbackAdapter === true;
}
