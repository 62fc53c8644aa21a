/**
 * The backends that compute: webgpu, wasm, cpu, and the best of them that a machine has.
 *
 * @module
 */
import { E, type TE } from "../graph/fp_ts.ts";
import type { BackendUnavailable, GpuError } from "../graph/error.ts";
import { uploadByWriteBuffer } from "./kernels/gpu_upload.ts";
import { wantThreads } from "./kernels/simd/module.ts";
import { sharingMemory } from "./kernels/simd/shared_memory.ts";
import { setWasmPaths, tf, type WebGPUBackend } from "./tfjs.ts";
import { wasmBinary } from "./tfjs_wasm.ts";

/** A tfjs backend that Sparrow has kernels for. */
export type BackendName = "webgpu" | "wasm" | "cpu";

/** Backend that a user may choose: one by name, or the best available ("auto"). */
export type BackendChoice = BackendName | "auto";

/** Names of all choices, for messages and checks. */
export const backendChoices: readonly BackendChoice[] = ["auto", "webgpu", "wasm", "cpu"];

/** A backend that runs. */
export interface Backend {
  /** The name that tfjs has for it. */
  readonly name: BackendName;
  /** The GPU's name and driver; null where there is no GPU in play. */
  readonly adapter: string | null;
  /** Returns the first fault of the GPU, if any: tfjs itself reports none. */
  readonly fault: () => GpuError | null;
}

/** Options of {@linkcode startBackend}. */
export interface BackendOptions {
  /**
   * Threads of wasm, at least 1. Results are the same bits with any number of them. Those beyond the first are
   * workers that start with the first large product and end when nothing has come for a quarter of a
   * second. The number counts where wasm starts for the first time.
   *
   * @default 1
   */
  readonly threads?: number;
}

/**
 * Starts a backend and makes it tfjs's current one.
 *
 * "auto" is webgpu on real hardware, else wasm (a software adapter is slower than wasm), else cpu.
 *
 * @param choice Backend to start.
 * @param options Options, as {@linkcode BackendOptions} describes them.
 * @returns The backend, or `BackendUnavailable` with what to install.
 */
export const startBackend = (
  choice: BackendChoice = "auto",
  { threads = 1 }: BackendOptions = {},
): TE.TaskEither<BackendUnavailable, Backend> =>
  choice === "auto"
    ? startBest(threads)
    : choice === "webgpu"
    ? startWebgpu
    : startHost(choice, threads);

const startBest = (threads: number): TE.TaskEither<BackendUnavailable, Backend> => async () => {
  const adapter = await requestAdapter();
  if (adapter !== null && !adapter.info.isFallbackAdapter) {
    const webgpu = await startWebgpu();
    if (E.isRight(webgpu)) return webgpu;
  }
  const wasm = await startHost("wasm", threads)();
  return E.isRight(wasm) ? wasm : await startHost("cpu", 1)();
};

/**
 * Variables that keep Mesa's drivers on Linux quiet and whole, with the value each gets where it is missing.
 *
 * The software Vulkan driver complains on standard error where XDG_RUNTIME_DIR is missing (in a container, over
 * ssh). Without DENO_WEBGPU_BACKEND an adapter is sought with OpenGL too, whose EGL, first used by a worker,
 * crashed 20 of 250 processes at their end; with Vulkan alone it was none of 620.
 */
const DRIVER_VARIABLES = { XDG_RUNTIME_DIR: "/tmp", DENO_WEBGPU_BACKEND: "vulkan" } as const;

/**
 * Sets the variables of Linux's graphics drivers that are missing, if the program may set them. Call it before the
 * first adapter is requested.
 */
export function prepareDrivers(): void {
  // In a browser and in Node.js there is no Deno, nor such a driver within the process.
  if (typeof Deno === "undefined" || Deno.build.os !== "linux") return;
  for (const [variable, value] of Object.entries(DRIVER_VARIABLES)) {
    const permission = { name: "env", variable } as const;
    if (Deno.permissions.querySync(permission).state !== "granted") continue;
    if (Deno.env.get(variable) === undefined) Deno.env.set(variable, value);
  }
}

const requestAdapter = async (): Promise<GPUAdapter | null> => {
  prepareDrivers();
  try {
    return await globalThis.navigator?.gpu?.requestAdapter() ?? null;
  } catch {
    return null;
  }
};

const unavailable = (
  backend: BackendName,
  reason: string,
  advice: string,
): E.Either<BackendUnavailable, never> =>
  E.left({ _tag: "BackendUnavailable", backend, reason, advice });

/** The binaries that tfjs may ask for, each of which can be the one with SIMD. */
const WASM_FILES = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
];

const startHost =
  (name: "wasm" | "cpu", threads: number): TE.TaskEither<BackendUnavailable, Backend> =>
  async () => {
    try {
      if (name === "wasm") wantThreads(threads);
      const start = () => name === "wasm" ? startWasm() : tf.setBackend(name);
      if (await (threads > 1 ? sharingMemory(start) : start())) {
        return E.right({
          name,
          adapter: null,
          fault: () => null,
        });
      }
      return unavailable(name, "tfjs could not initialise it", "Use --backend cpu");
    } catch (cause) {
      return unavailable(name, String(cause), "Use --backend cpu");
    }
  };

/** Starts tfjs's wasm backend with the binary that Sparrow carries, so that no file is read or fetched. */
async function startWasm(): Promise<boolean> {
  const started = tf.engine().registry.wasm !== undefined;
  // Without SIMD tfjs looks for another binary, beside its own code.
  if (started || !await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) return tf.setBackend("wasm");
  // tfjs's own threads need a third binary; Sparrow's kernels have threads of their own.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  const compressed = new Blob([Uint8Array.fromBase64(wasmBinary)]);
  const binary = compressed.stream().pipeThrough(new DecompressionStream("gzip"));
  const url = URL.createObjectURL(await new Response(binary).blob());
  try {
    setWasmPaths(Object.fromEntries(WASM_FILES.map((file) => [file, url])), true);
    return await tf.setBackend("wasm");
  } finally {
    URL.revokeObjectURL(url);
  }
}

const startWebgpu: TE.TaskEither<BackendUnavailable, Backend> = async () => {
  const adapter = await requestAdapter();
  if (adapter === null) {
    return unavailable(
      "webgpu",
      "there is no WebGPU adapter",
      "Install a Vulkan driver (Debian and Ubuntu: apt install mesa-vulkan-drivers), " +
        "or use --backend wasm",
    );
  }
  try {
    if (!await tf.setBackend("webgpu")) {
      return unavailable("webgpu", "tfjs could not initialise it", "Use --backend wasm");
    }
    const backend = tf.backend() as WebGPUBackend;
    uploadByWriteBuffer(backend);
    const { device } = backend;
    const { vendor, architecture, device: model, description } = adapter.info;
    return E.right({
      name: "webgpu",
      adapter: [description, model, vendor, architecture].find((text) => text) ?? "unnamed",
      fault: faultsOf(device),
    });
  } catch (cause) {
    return unavailable("webgpu", String(cause), "Use --backend wasm");
  }
};

/** One listener per device, however often the backend is started. */
const listeners = new WeakMap<GPUDevice, () => GpuError | null>();

function faultsOf(device: GPUDevice): () => GpuError | null {
  const known = listeners.get(device);
  if (known !== undefined) return known;
  let first: GpuError | null = null;
  device.addEventListener("uncapturederror", (event) => {
    first ??= { _tag: "GpuError", reason: (event as GPUUncapturedErrorEvent).error.message };
  });
  device.lost.then(({ reason, message }) => {
    first ??= { _tag: "GpuError", reason: `the device was lost (${reason}): ${message}` };
  });
  const fault = () => first;
  listeners.set(device, fault);
  return fault;
}
