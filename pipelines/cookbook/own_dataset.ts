/**
 * A dataset of your own, of arrays in memory: images as bytes, labels as numbers.
 *
 *     deno run -P pipelines/cookbook/own_dataset.ts
 *
 * @module
 */
import { draw, type Rng, seed } from "../../graph/mod.ts";
import { fromArrays } from "../../pipelines/data/mod.ts";
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const count = Deno.args.includes("--quick") ? 200 : 2000;

// Four kinds of stripes, 12 × 12 pixels, of random width and place, with noise.
const classes = ["rows", "columns", "rising", "falling"];
const side = 12;
const directions = [[0, 1], [1, 0], [1, 1], [1, -1]];

// Randomness is threaded: a generator goes in, numbers and the next generator come out.
const images = (count: number, rng: Rng) =>
  draw(rng, ({ unit }) => {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % classes.length);
    const pixels = new Uint8Array(count * side * side);
    labels.forEach((label, i) => {
      const [[dx, dy], wide, shift] = [directions[label], 4 + 2 * unit(), 6 * unit()];
      for (let p = 0; p < side * side; p++) {
        const along = dx * (p % side) + dy * Math.floor(p / side) + shift;
        const stripe = Math.sin(2 * Math.PI * along / wide);
        pixels[i * side * side + p] = 128 + 70 * stripe + 80 * (unit() - 0.5);
      }
    });
    return { values: pixels, labels };
  });

const [train, rng] = images(count, seed(26));
const [test] = images(count / 2, rng);
// Floats would do as well, and rows of numbers; labels may be left out.
const dataset = orThrow(
  fromArrays({ train, test, shape: [side, side], classes, normalisation: "all", name: "stripes" }),
);

const encoder = graph`linear(144, 32) ▷ relu ▷ linear(32, 128) ▷ kwta(0.05)`;
const optimiser = sparrow.adam({ learningRate: 3e-3 });
const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const run = orThrow(sparrow.createRun({ graph: encoder, optimiser, seed: 26 }));
const epoch = sparrow.train({ data: dataset.train, loss: sparrow.supConLoss(), batchSize: 50 });
const experiment = sparrow.pipeline(sparrow.repeat(10)(epoch), sparrow.evaluate(dataset));
const done = await orThrow(experiment(run)(env));
const accuracy = orThrow(sparrow.latest(done.history, "accuracy", "test"));
console.log(`test accuracy ${accuracy}, chance 0.25`);
sparrow.dispose(done);
