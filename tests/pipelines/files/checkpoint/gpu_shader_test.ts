import { gpuFaultTest } from "./gpu_fault.ts";

gpuFaultTest("a shader that does not compile is a GpuError, and the run is freed", (device) => {
  const module = device.createShaderModule({ code: "fn main( {" });
  device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
}, /shader/i);
