/**
 * Checks that must hold on a GPU before its times mean anything: golden values, the cpu backend's gradients, the host's
 * search, and the report of a fault.
 *
 * @module
 */
import { draw, seed } from "../../graph/rng.ts";
import { type Backend, type BackendName, startBackend } from "../../ops/backend.ts";
import { runElementwise } from "../../ops/kernels/gpu.ts";
import { transposedTimes } from "../../ops/kernels/mat_mul.ts";
import { hardKwta, softKwta } from "../../ops/kwta.ts";
import { codeIndex, search } from "../../ops/codes/search.ts";
import { searchOnGpu } from "../../ops/codes/search_gpu.ts";
import { randomCodes } from "../../ops/codes/noise.ts";
import { tf, type WebGPUBackend } from "../../ops/tfjs.ts";
import type { Dataset, ImageSplit } from "../../pipelines/data/dataset.ts";
import { unwrap } from "../bench/mnist_encoder.ts";
import { largestError, numbers } from "../ops/backends.ts";
import { float32, type GoldenArray } from "../shared.ts";
import { type NetName, startTrainer } from "./trainer.ts";

/** One line of the results: what was checked or timed, and what came out. */
export type Row = Readonly<Record<string, unknown>>;

/** Writes a line of the results. A row whose `ok` is false makes the program fail. */
export type Note = (row: Row) => void;

/** A golden case of hard or of soft kWTA, as ../shared/golden has it. */
interface KwtaCase {
  readonly name: string;
  readonly kind?: "forward" | "error";
  readonly sparsity: number;
  readonly x: GoldenArray;
  readonly upstream: GoldenArray;
  readonly grad_x: GoldenArray;
  /** Whether the gradient depends on the order of ties, which is PyTorch's choice. It is not compared then. */
  readonly grad_order_dependent?: boolean;
  /** Hard kWTA only. */
  readonly output?: GoldenArray;
  /** Soft kWTA only. */
  readonly output_train?: GoldenArray;
  readonly hardness?: number;
  readonly hard?: boolean;
}

/** Error of soft kWTA, absolute below 1: exp on a GPU may be off by some units in the last place. */
const SOFT_TOLERANCE = 1e-5;

const kwtaOf = ({ sparsity, hardness, hard }: KwtaCase) => (x: tf.Tensor): tf.Tensor =>
  hardness === undefined
    ? hardKwta(x, sparsity)
    : softKwta(x, sparsity, hardness, hard ? "hard_sigmoid" : "sigmoid");

/**
 * Compares kWTA and its gradient with PyTorch's values: hard kWTA to the bit, soft kWTA within 1e-5.
 *
 * @param folder Holds kwta_hard.json and kwta_soft.json.
 */
export async function checkGolden(folder: string, { fault }: Backend, note: Note): Promise<void> {
  for (const golden of ["kwta_hard", "kwta_soft"]) {
    const file: { readonly cases: readonly KwtaCase[] } = JSON.parse(
      await Deno.readTextFile(`${folder}/${golden}.json`),
    );
    const cases = file.cases.filter(({ kind }) => kind !== "error");
    const tolerance = golden === "kwta_hard" ? 0 : SOFT_TOLERANCE;
    const bad: string[] = [];
    let [forward, gradient] = [0, 0];
    for (const one of cases) {
      const [y, dx] = await numbers(() => {
        const [x, upstream] = [one.x, one.upstream].map((array) => {
          const { data, shape } = float32(array);
          return tf.tensor(data, shape);
        });
        const { value, grad } = tf.valueAndGrad(kwtaOf(one))(x, upstream);
        return [value, grad];
      });
      const expected = one.output ?? one.output_train;
      if (expected === undefined) throw new Error(`${golden}: ${one.name} has no output`);
      const ofOutput = largestError(y, float32(expected).data);
      const ofGradient = one.grad_order_dependent ? 0 : largestError(dx, float32(one.grad_x).data);
      if (!(Math.max(ofOutput, ofGradient) <= tolerance)) {
        bad.push(`${one.name}: ${ofOutput}, ${ofGradient}`);
      }
      forward = Math.max(forward, ofOutput);
      gradient = Math.max(gradient, ofGradient);
    }
    const ok = cases.length > 0 && bad.length === 0 && fault() === null;
    note({ check: `golden ${golden}`, ok, cases: cases.length, forward, gradient, bad });
  }
}

/** Losses of some steps, and the gradients of the first. */
interface Trained {
  readonly losses: readonly number[];
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

async function trained(
  backend: BackendName,
  net: NetName,
  data: Dataset<ImageSplit>,
  batch: number,
  steps: number,
): Promise<Trained> {
  unwrap(await startBackend(backend)());
  const kept = new Map<string, tf.Tensor>();
  const trainer = startTrainer(net, data, batch, (gradients) => {
    if (kept.size > 0) return;
    for (const [path, tensor] of Object.entries(gradients)) kept.set(path, tf.keep(tensor.clone()));
  });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = trainer.next();
    losses.push((await loss.data())[0]);
    loss.dispose();
  }
  const gradients = new Map<string, Float32Array>();
  for (const [path, tensor] of kept) {
    gradients.set(path, (await tensor.data<"float32">()).slice());
    tensor.dispose();
  }
  trainer.dispose();
  return { losses, gradients };
}

/**
 * Tolerance of a gradient, relative to its largest value. The sums of a convolution's filters are of
 * 10⁵ terms that nearly cancel, in another order on each backend.
 */
const GRADIENT_TOLERANCE = 2e-3;

/** Tolerance of the losses, which later steps depend on more and more. */
const LOSS_TOLERANCE = 1e-4;

/** Compares the same steps on webgpu and on cpu: losses, and the gradients of the first step. */
export async function checkAgainstCpu(
  net: NetName,
  data: Dataset<ImageSplit>,
  batch: number,
  steps: number,
  { fault }: Backend,
  note: Note,
): Promise<void> {
  const expected = await trained("cpu", net, data, batch, steps);
  const actual = await trained("webgpu", net, data, batch, steps);
  const gradients = [...expected.gradients].map(([path, values]) => {
    const made = actual.gradients.get(path) ?? [];
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scaled = (array: ArrayLike<number>) => Array.from(array, (value) => value / largest);
    return [path, largestError(scaled(made), scaled(values))] as const;
  });
  const ofLosses = largestError(actual.losses, expected.losses);
  const ok = ofLosses <= LOSS_TOLERANCE && fault() === null && gradients.length > 0 &&
    gradients.every(([, error]) => error <= GRADIENT_TOLERANCE);
  note({
    check: `${net} of ${batch} against cpu`,
    ok,
    losses: actual.losses,
    lossError: ofLosses,
    gradientErrors: Object.fromEntries(gradients),
  });
}

/** Compares the nearest codes with those that the host finds, ties included. */
export async function checkSearch(
  count: number,
  queries: number,
  backend: Backend,
  note: Note,
): Promise<void> {
  for (const active of [26, 256]) {
    const [codes, rng] = unwrap(randomCodes(count, 512, active, seed(1)));
    const [asked] = unwrap(randomCodes(queries, 512, active, rng));
    const index = codeIndex(codes);
    const begun = performance.now();
    const expected = unwrap(search(index, asked, { k: 10 }));
    const hostMs = performance.now() - begun;
    const found = unwrap(await searchOnGpu(index, asked, { k: 10 }, backend)());
    const ok = found.indices.length === queries * 10 &&
      found.indices.every((place, i) => place === expected.indices[i]);
    note({ check: "search against the host", ok, count, queries, active, hostMs });
  }
}

/** Compares a product of a long inner dimension with the exact one: lavapipe leaves long loops early. */
export async function checkLongProduct({ fault }: Backend, note: Note): Promise<void> {
  const rows = 100_000;
  const [values] = draw(
    seed(3),
    ({ unit }) => Float32Array.from({ length: rows }, () => 2 * unit() - 1),
  );
  const exact = values.reduce((sum, value) => sum + value * value, 0);
  const [made] = await numbers(() => {
    const x = tf.tensor2d(values, [rows, 1]);
    return [transposedTimes(x, x)];
  });
  const error = Math.abs(made[0] - exact) / exact;
  note({ check: "product of 100,000 rows", ok: error < 1e-4 && fault() === null, error });
}

/** Runs a shader that does not compile: tfjs says nothing, Sparrow must. The device's last check. */
export async function checkFault({ fault }: Backend, note: Note): Promise<void> {
  const before = fault();
  const backend = tf.backend() as WebGPUBackend;
  const x = tf.ones([4]);
  const program = {
    key: "broken",
    variables: ["x"],
    main: "result[index] = thereIsNoSuchFunction(x[index]);",
  };
  const output = runElementwise(backend, program, [x], { shape: [4], dtype: "float32" });
  await backend.read(output.dataId);
  backend.disposeData(output.dataId);
  x.dispose();
  const noticed = fault()?.reason.includes("thereIsNoSuchFunction") === true;
  note({ check: "a broken shader is an error", ok: before === null && noticed, before });
}
