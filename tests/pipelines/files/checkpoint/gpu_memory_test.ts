import { gpuFaultTest } from "./gpu_fault.ts";

gpuFaultTest("a buffer that there is no room for is a GpuError, and the run is freed", (device) => {
  device.createBuffer({ size: 2 ** 40, usage: GPUBufferUsage.STORAGE });
}, /memory|size|buffer/i);
