/**
 * Tests on every backend that is available.
 *
 * @module
 */
import { E } from "../../graph/fp_ts.ts";
import { describe } from "../../graph/error.ts";
import { type BackendName, startBackend } from "../../ops/backend.ts";
import { tf } from "../../ops/tfjs.ts";
import { assertEquals, fail } from "../assert.ts";
import { shared } from "../shared.ts";

/** The backends, the quickest to start first. */
export const backendNames: readonly BackendName[] = ["cpu", "wasm", "webgpu"];

const inCi = Deno.env.get("CI") === "true";
// The software driver complains on standard error where this is missing.
if (Deno.env.get("XDG_RUNTIME_DIR") === undefined) Deno.env.set("XDG_RUNTIME_DIR", "/tmp");
const hasAdapter = (await navigator.gpu?.requestAdapter().catch(() => null) ?? null) !== null;

/** A test on one backend. */
export type BackendTest = (name: BackendName, t: Deno.TestContext) => void | Promise<void>;

/**
 * A test on each backend. Where there is no WebGPU adapter, the one on webgpu is shown as ignored
 * with the package to install in its name; in CI it runs and fails.
 *
 * Each must leave as many tensors as it found, and a GPU without a fault.
 *
 * @param needs A folder in ../shared that the test reads, as in `sharedTest`.
 */
export function onEachBackend(name: string, fn: BackendTest, needs?: string): void {
  for (const backend of backendNames) {
    const noAdapter = backend === "webgpu" && !hasAdapter;
    const noFolder = needs !== undefined && !exists(shared(`${needs}/`));
    const why = noAdapter
      ? " (no WebGPU adapter: apt install mesa-vulkan-drivers)"
      : noFolder
      ? ` (needs ../shared/${needs}, which is missing)`
      : "";
    Deno.test({
      name: `${backend}: ${name}${why}`,
      ignore: (noAdapter || noFolder) && !inCi,
      // tfjs keeps timers and GPU work of its own between tests.
      sanitizeOps: false,
      sanitizeResources: false,
      fn: async (t) => {
        const started = await startBackend(backend)();
        if (E.isLeft(started)) fail(describe(started.left));
        const before = tf.memory().numTensors;
        await fn(backend, t);
        assertEquals(started.right.fault(), null);
        assertEquals(tf.memory().numTensors - before, 0, "tensors were leaked");
      },
    });
  }
}

function exists(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}

/** The largest |actual − expected| / max(1, |expected|); infinite where one is not a number. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let worst = actual.length === expected.length ? 0 : Infinity;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
  }
  return worst;
}

/** Fails unless every number is within the tolerance: absolute below 1, relative above. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  const error = largestError(actual, expected);
  if (!(error <= tolerance)) {
    fail(`${what}: an error of ${error}, at most ${tolerance} is allowed`);
  }
}

/** A tensor that is disposed of with the scope of the test. */
export const tensor = (data: Float32Array, shape: readonly number[]): tf.Tensor =>
  tf.tensor(data, [...shape]);

/**
 * The numbers of the tensors that `make` returns; every tensor that it makes is disposed of. On webgpu
 * tensors can only be read asynchronously.
 */
export async function numbers(make: () => readonly tf.Tensor[]): Promise<readonly Float32Array[]> {
  const made = tf.tidy(() => [...make()]);
  const read = await Promise.all(made.map((one) => one.data<"float32">()));
  tf.dispose(made);
  return read;
}
