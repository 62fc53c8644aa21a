/**
 * One experiment at several sparsities and seeds: mean and standard deviation of each measure.
 *
 *     deno run -P pipelines/cookbook/sweep_sparsity.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const quick = Deno.args.includes("--quick");
const [count, epochs, seeds] = quick ? [300, 2, [1]] : [2000, 5, [26, 1, 2]];
const sparsities = quick ? [0.05, 0.2] : [0.02, 0.05, 0.1, 0.2, 0.4];

const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const digits = await orThrow(sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 }));
const loss = sparrow.tripletCosineLoss();
const epoch = sparrow.train({ data: digits.train, loss, batchSize: 50 });
const experiment = sparrow.pipeline(sparrow.repeat(epochs)(epoch), sparrow.evaluate(digits));

/** Trains an encoder of a sparsity from a seed, and measures its codes on the test split. */
async function measured(sparsity: number, seed: number) {
  const optimiser = sparrow.adam({ learningRate: 3e-3 });
  const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 256) ▷ kwta(${sparsity})`;
  const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed }));
  const done = await orThrow(experiment(run)(env));
  const at = (name: string) => orThrow(sparrow.latest(done.history, name, "test"));
  sparrow.dispose(done);
  return { bits: at("active_mean"), accuracy: at("accuracy"), apart: at("inter_class_distance") };
}

const show = (values: readonly number[], digits: number): string => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(square / Math.max(1, values.length - 1));
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`.padEnd(18);
};

console.log("sparsity  bits set          test accuracy     distance of classes");
for (const sparsity of sparsities) {
  const results: Awaited<ReturnType<typeof measured>>[] = [];
  for (const seed of seeds) results.push(await measured(sparsity, seed));
  const column = (name: keyof typeof results[number], digits: number) =>
    show(results.map((result) => result[name]), digits);
  const cells = [column("bits", 1), column("accuracy", 3), column("apart", 3)];
  console.log(`${String(sparsity).padEnd(8)}  ${cells.join("")}`.trimEnd());
}
