/**
 * Contests, and their contenders: those that are installed, and for the others the reason why not.
 *
 * @module
 */
import { E } from "../../../graph/fp_ts.ts";
import { describe } from "../../../graph/error.ts";
import { startBackend } from "../../../ops/backend.ts";
import { type Contender, type Contest, lastNumber } from "./contender.ts";
import { sparrow, sparrowRun } from "./sparrow.ts";
import { findTorch, torch, torchAdvice, torchEncoding } from "./torch.ts";

/** Options of the contests. */
export interface ContestOptions {
  /** The folder of MNIST. */
  readonly data: string;
  /** The folder of the peers. */
  readonly peers: string;
  /** Steps that are timed, a tenth as many on webgpu. */
  readonly steps: number;
  /** Number of epochs of a whole run. */
  readonly epochs: number;
}

/** Contests, and a line for every contender that is missing. */
export interface Fixture {
  /** Contests in the order in which they are held. */
  readonly contests: readonly Contest[];
  /** Missing contenders, and how to install them. */
  readonly missing: readonly string[];
}

/** Finds the contenders that are installed. */
export async function fixture(options: ContestOptions): Promise<Fixture> {
  const { data, peers, steps, epochs } = options;
  const has = (name: string) => Deno.stat(`${peers}/${name}`).then(() => true, () => false);
  const [tape, jax] = [await has("tfjs_tape.ts"), await has("jaxjs.ts")];
  const python = await has("torch_kwta_mnist.py") ? await findTorch() : null;
  const webgpu = await startBackend("webgpu")();
  const torches = python === null
    ? []
    : [1, 2].map((threads) => ({ python, peers, data, threads }));

  const stepsOn = (backend: string, count: number): readonly Contender[] => [
    ...(backend === "wasm" ? [2, 1] : [1]).map((threads) =>
      sparrow(data, backend, ["--steps", String(count)], "ms_per_step", threads)
    ),
    ...tape ? tapes(options, backend, count) : [],
    ...jax ? [javaScript("jax-js", options, "jaxjs.ts", ["--device", backend], count)] : [],
  ];
  const wholeRun: Contest = {
    name: "run",
    measures: ["the whole process", "training", "evaluation"].map((part) =>
      `${epochs} epochs with evaluation, ${part}, s`
    ),
    rate: false,
    contenders: [
      ...[2, 1].map((threads) => sparrowRun(data, epochs, threads)),
      ...torches.map((place) =>
        torch(
          place,
          ["--epochs", String(epochs)],
          (lines, seconds) => [seconds, lastNumber(lines, "train_s"), lastNumber(lines, "eval_s")],
        )
      ),
    ],
  };
  return {
    contests: [
      {
        name: "step",
        measures: ["training step, ms"],
        rate: false,
        contenders: [
          ...stepsOn("wasm", steps),
          ...torches.map((place) =>
            torch(
              place,
              ["--steps-only", String(steps)],
              (lines) => [lastNumber(lines, "ms_per_step")],
            )
          ),
        ],
      },
      ...E.isLeft(webgpu) ? [] : [{
        name: "webgpu",
        measures: [`training step on ${webgpu.right.adapter}, ms`],
        rate: false,
        contenders: stepsOn("webgpu", Math.ceil(steps / 10)),
      }],
      wholeRun,
      {
        name: "encoding",
        measures: ["encoding, images/s"],
        rate: true,
        contenders: [
          ...[2, 1].map((threads) => sparrow(data, "wasm", ["--encode"], "images_per_s", threads)),
          ...torches.flatMap((place) => [torchEncoding(place, true), torchEncoding(place, false)]),
        ],
      },
    ],
    missing: [
      ...tape ? [] : [`TensorFlow.js: no ${peers}/tfjs_tape.ts`],
      ...jax ? [] : [`jax-js: no ${peers}/jaxjs.ts`],
      ...python === null
        ? [
          `torch: ${
            await has("torch_kwta_mnist.py") ? torchAdvice : `no ${peers}/torch_kwta_mnist.py`
          }`,
        ]
        : [],
      ...E.isLeft(webgpu) ? [`all on webgpu: ${describe(webgpu.left)}`] : [],
    ],
  };
}

/** TensorFlow.js as its users write it; on wasm also with its slow gradient mended. */
const tapes = (options: ContestOptions, backend: string, steps: number): readonly Contender[] => {
  const on = ["--backend", backend];
  const plain = javaScript("TensorFlow.js", options, "tfjs_tape.ts", on, steps);
  if (backend !== "wasm") return [plain];
  const mended = [...on, "--matmul", "transposed"];
  return [plain, javaScript("TensorFlow.js, mended", options, "tfjs_tape.ts", mended, steps)];
};

/** A peer that Deno runs. The first run fetches it from npm. */
const javaScript = (
  name: string,
  { data, peers }: ContestOptions,
  script: string,
  on: readonly string[],
  steps: number,
): Contender => ({
  name: `${name}, ${on[1]}`,
  command: [
    Deno.execPath(),
    ...["run", "--no-lock", "-A", `${peers}/${script}`, ...on],
    ...["--data", data, "--steps", String(steps)],
  ],
  read: (lines) => [lastNumber(lines, "ms_per_step")],
});
