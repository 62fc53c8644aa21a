/**
 * Sparrow on a GPU: first whether it is right, then how fast it is. `prepare.sh` bundles it into one file,
 * which `run.sh` runs where there is neither Deno nor a network.
 *
 *     deno run -A gpu_bench.js KIT RESULTS [quick]
 *
 * KIT holds the folders mnist/ and golden/. RESULTS, a file, gets one JSON object per line, which are also
 * printed. `quick` takes small sizes of everything, only to see that all of it runs. The exit code is 1
 * where a check fails, a part throws or the GPU has a fault.
 *
 * @module
 */
import { describe } from "../../graph/error.ts";
import { type Backend, startBackend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { denoDataEnv } from "../../pipelines/data/environment.ts";
import { loadMnist } from "../../pipelines/data/mnist.ts";
import { unwrap } from "../bench/mnist_encoder.ts";
import { machine } from "../bench/machine.ts";
import {
  checkAgainstCpu,
  checkFault,
  checkGolden,
  checkLongProduct,
  checkSearch,
  type Note,
} from "./checks.ts";
import { timeEncoding, timeReadBack, timeSearch, timeSteps, timeTransfers } from "./times.ts";
import type { NetName } from "./trainer.ts";

/** Arguments of every part. */
interface Bench {
  readonly kit: string;
  readonly data: Dataset<ImageSplit>;
  readonly backend: Backend;
  readonly quick: boolean;
  readonly note: Note;
}

/** A part of the bench. The parts after it run whatever becomes of it. */
type Part = readonly [name: string, run: (bench: Bench) => Promise<void>];

/** Encoder, samples per step, and the number of steps. */
type Plan = readonly (readonly [net: NetName, batch: number, steps: number])[];

const steps: Plan = [
  ["mlp", 256, 400],
  ["mlp", 1024, 200],
  ["mlp", 8192, 60],
  ["big", 256, 60],
  ["big", 4096, 15],
  ["conv", 256, 60],
];

/**
 * Plan of the comparison with the cpu backend. At 128 images a filter's gradient sums 86,528 terms: more than a loop of
 * lavapipe has passes.
 */
const compared: Plan = [["mlp", 256, 6], ["conv without kWTA", 128, 3]];

const searches = [[60_000, 1000], [60_000, 8000], [1_000_000, 1000]] as const;

const parts: readonly Part[] = [
  ["golden kWTA", ({ kit, backend, note }) => checkGolden(`${kit}/golden`, backend, note)],
  ["long products", ({ backend, note }) => checkLongProduct(backend, note)],
  ["against cpu", async ({ data, backend, quick, note }) => {
    for (const [net, batch, many] of compared) {
      await checkAgainstCpu(net, data, batch, quick ? 1 : many, backend, note);
    }
  }],
  [
    "search against the host",
    ({ backend, quick, note }) =>
      quick ? checkSearch(3000, 10, backend, note) : checkSearch(60_000, 1000, backend, note),
  ],
  ["training steps", async ({ data, quick, note }) => {
    const plan: Plan = quick ? [["mlp", 256, 3]] : steps;
    for (const [net, batch, many] of plan) await timeSteps(net, data, batch, many, note);
  }],
  ["read-back", ({ note }) => timeReadBack(note)],
  ["transfers", async ({ quick, note }) => {
    for (const size of quick ? [1] : [1, 16, 64]) await timeTransfers(size, note);
  }],
  [
    "encoding",
    ({ data, backend, quick, note }) =>
      quick
        ? timeEncoding(data, 2000, 2, backend, note)
        : timeEncoding(data, data.train.count, 5, backend, note),
  ],
  ["search", async ({ backend, quick, note }) => {
    for (const [count, queries] of quick ? [[3000, 10]] : searches) {
      for (const active of [26, 256]) await timeSearch(count, queries, active, backend, note);
    }
  }],
  ["faults", ({ backend, note }) => checkFault(backend, note)],
];

/** Describes the adapter and the machine. */
async function describeAdapter(note: Note): Promise<void> {
  const adapter = await navigator.gpu?.requestAdapter() ?? null;
  if (adapter === null) return note({ ok: false, problem: "there is no WebGPU adapter" });
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  note({
    adapter: [vendor, architecture, device, description].filter((text) => text).join(" | "),
    fallback: isFallbackAdapter,
    features: [...adapter.features].filter((name) => /timestamp|f16|subgroup/.test(name)),
    limits: {
      maxStorageBuffersPerShaderStage: adapter.limits.maxStorageBuffersPerShaderStage,
      maxStorageBufferBindingSize: adapter.limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: adapter.limits.maxComputeWorkgroupStorageSize,
    },
    machine: machine(),
  });
}

/** Runs every part. Resolves to whether all is well. */
async function bench(kit: string, quick: boolean, write: Note): Promise<boolean> {
  let good = true;
  const note: Note = (row) => {
    if (row.ok === false) good = false;
    write(row);
  };
  await describeAdapter(note);
  const backend = unwrap(await startBackend("webgpu")());
  // Otherwise tfjs computes what is small on the host.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  const data = unwrap(await loadMnist({ data: `${kit}/mnist` }, denoDataEnv)());
  for (const [part, run] of parts) {
    const begun = performance.now();
    try {
      unwrap(await startBackend("webgpu")());
      await run({ kit, data, backend, quick, note });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
      note({ part, ok: false, error: error.slice(0, 1000) });
    }
    const fault = backend.fault();
    const seconds = Number(((performance.now() - begun) / 1000).toFixed(2));
    // The last part makes a fault of its own.
    const ok = fault === null || part === "faults";
    note({ part, ok, seconds, ...ok ? {} : { fault: fault && describe(fault) } });
  }
  note({ done: true, ok: good });
  return good;
}

const [kit, results, size] = Deno.args;
if (results === undefined || (size !== undefined && size !== "quick")) {
  console.error("Usage: gpu_bench.js KIT RESULTS [quick]");
  Deno.exit(2);
}
const good = await bench(kit, size === "quick", (row) => {
  const line = JSON.stringify(row);
  console.log(line);
  Deno.writeTextFileSync(results, `${line}\n`, { append: true });
});
Deno.exit(good ? 0 : 1);
