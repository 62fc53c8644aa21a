/**
 * One experiment at several sparsities and seeds, and what they come to.
 *
 *     deno run -P pipelines/cookbook/sweep_sparsity.ts
 *
 * @module
 */
import * as sparrow from "../../mod.ts";
const { E, graph, orThrow } = sparrow;
const quick = Deno.args.includes("--quick");
const [count, epochs, seeds] = quick ? [300, 2, [1]] : [2000, 5, [26, 1, 2]];
const sparsities = quick ? [0.05, 0.2] : [0.02, 0.05, 0.1, 0.2, 0.4];

const backend = await sparrow.startBackend("auto")();
const digits = await sparrow.loadStrokes({ seed: 26, train: count, test: count / 2 })();
if (E.isLeft(backend) || E.isLeft(digits)) throw new Error("no start");
const dataset = digits.right;
const { train: data } = dataset;
const env = sparrow.quietEnv(backend.right);

/** What an encoder of a sparsity is worth, trained from a seed. */
async function measured(sparsity: number, seed: number) {
  const optimiser = sparrow.adam({ learningRate: 3e-3 });
  const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 256) ▷ kwta(${sparsity})`;
  const run = sparrow.createRun({ graph: encoder, optimiser, seed });
  if (E.isLeft(run)) throw new Error(sparrow.describe(run.left));
  const loss = sparrow.tripletCosineLoss();
  const experiment = sparrow.pipeline(
    sparrow.repeat(epochs)(sparrow.train({ data, loss, batchSize: 50 })),
    sparrow.evaluate(dataset),
  );
  const done = await experiment(run.right)(env)();
  if (E.isLeft(done)) throw new Error(sparrow.describe(done.left));
  const at = (name: string) => orThrow(sparrow.latest(done.right.history, name, "test"));
  sparrow.dispose(done.right);
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
