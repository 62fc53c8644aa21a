/**
 * Long trainings: does memory grow, are tensors left behind?
 *
 *     deno task soak
 *     deno task soak -- --backend wasm --steps 2000
 *
 * 20,000 steps of the MNIST encoder on wasm and 2,000 on webgpu, each in a process of its own. One line
 * per epoch of 100 steps on standard error, after garbage was collected, a table at the end; exit code 1 where resident memory has
 * grown by 5 % after the warm-up, or the number of tensors at all.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import type { BackendName } from "../../ops/backend.ts";
import { type Flags, helpText, readOptions } from "../../pipelines/cli/options.ts";
import { FAILED, sharedFlags, USAGE } from "../../pipelines/cli/program.ts";
import { showTime, table } from "../../pipelines/cli/text.ts";
import { strokes } from "../../pipelines/data/strokes.ts";
import { machine, showMachine } from "../bench/machine.ts";
import { type Growth, growthOf, MOST_GROWTH } from "./growth.ts";
import { soak } from "./measure.ts";

const flags = {
  help: sharedFlags.help,
  backend: {
    kind: "choice",
    help: "only this one [wasm, then webgpu]",
    choices: ["wasm", "webgpu", "cpu"],
    fallback: null,
  },
  steps: {
    kind: "integer",
    help: "steps of training; 0: 20000 on wasm, 2000 elsewhere",
    least: 0,
    most: 1e9,
    fallback: 0,
  },
} as const satisfies Flags;

/**
 * Garbage is collected before a measurement, and the young generation has its full size from the start: V8
 * gives it that, some 40 MB more, after half a minute of work, which is no growth of what is held.
 */
const V8_FLAGS = "--expose-gc,--min-semi-space-size=16,--max-semi-space-size=16";

const [BATCH, STEPS_PER_EPOCH] = [256, 100];

const heading = ["backend", "steps", "time", "MB warm", "MB end", "growth", "tensors", "more", ""];

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

const rowOf = (
  name: string,
  steps: number,
  { warm, end, resident, tensors, passed }: Growth,
  ms: number,
) => [
  name,
  String(steps),
  showTime(ms),
  megabytes(warm.resident),
  megabytes(end.resident),
  `${(100 * resident).toFixed(2)} %`,
  String(end.tensors),
  String(tensors),
  passed ? "ok" : `more than ${100 * MOST_GROWTH} %, or tensors`,
];

async function one(name: BackendName, steps: number): Promise<boolean> {
  const data = strokes({ seed: 26, train: BATCH * STEPS_PER_EPOCH, test: 10 });
  const begun = performance.now();
  const measured = await soak({
    backend: name,
    steps,
    dataset: data,
    batchSize: BATCH,
    tell: ({ steps, resident, tensors }) =>
      console.error(`${name} ${steps} steps, ${megabytes(resident)} MB, ${tensors} tensors`),
  });
  if (E.isLeft(measured)) {
    console.error(describe(measured.left));
    return false;
  }
  const growth = growthOf(measured.right);
  console.log(
    table([
      heading,
      rowOf(name, measured.right.at(-1)?.steps ?? 0, growth, performance.now() - begun),
    ]),
  );
  return growth.passed;
}

/** Each backend in a process of its own, so that one's memory is not the other's. */
async function each(names: readonly BackendName[]): Promise<boolean> {
  let passed = true;
  for (const name of names) {
    const args = [
      "run",
      "-P=test",
      `--v8-flags=${V8_FLAGS}`,
      import.meta.filename ?? "",
      "--backend",
      name,
    ];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    passed &&= success;
  }
  return passed;
}

const options = readOptions(flags, Deno.args);
if (E.isLeft(options)) {
  console.error(`${describe(options.left)}. See --help`);
  Deno.exit(USAGE);
}
const { help, backend, steps } = options.right;
if (help) {
  console.log(
    helpText("soak", "Trains for long, and says whether memory or tensors grow.", flags)
      .replace("deno run -P pipelines/soak.ts", "deno task soak --"),
  );
  Deno.exit(0);
}
if (backend === null) console.log(showMachine(machine()));
const passed = backend === null
  ? await each(["wasm", "webgpu"])
  : await one(backend as BackendName, steps || (backend === "wasm" ? 20_000 : 2000));
Deno.exit(passed ? 0 : FAILED);
