/**
 * Codes learnt from a thousand images, from scratch: the filters of a convolution are k-means of whitened patches, which
 * needs no labels (Coates & Ng, "Learning feature representations with k-means", 2012); gradients train the code above.
 *
 *     deno run -P pipelines/cookbook/few_images.ts FOLDER_OF_CIFAR-10 SEED
 *
 * @module
 */
import { onlineKMeans } from "../../ops/local/mod.ts";
import { chain, cosineWarmupLr, freeze } from "../../ops/optimisers/mod.ts";
import { evaluateRetrieval, learnLocally } from "../../pipelines/stages/mod.ts";
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const quick = Deno.args.includes("--quick");
const [folder, seed = 1] = quick ? [] : Deno.args;
const [filters, passes, epochs] = quick ? [20, 1, 2] : [200, 3, 15];

const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const images = folder === undefined
  ? await orThrow(sparrow.loadStrokes({ seed: 26, train: quick ? 200 : 1000, test: 500 }))
  : await orThrow(sparrow.loadCifar10({ data: folder }));
const { shape: input, train: data } = images;
const channels = input[2] ?? 1;

// The second pooling leaves 3 × 3 places: where something is counts a little.
const encoder = graph`
  reshape([${input[0]}, ${input[1]}, ${channels}]) ▷
  conv2d(${channels}, ${filters}, 6, stride=2, bias=false) ▷ batch_norm ▷ relu ▷
  avg_pool2d(5, stride=4) ▷ flatten ▷ batch_norm(affine=false) ▷
  dropout(0.3) ▷ linear(512, bias=false) ▷ batch_norm(affine=false) ▷ kwta(0.05)`;
const patches = { data, path: 1, rule: onlineKMeans(), samples: 20_000, whiten: 0.1 };
// A pass over the patches counts as an epoch. The filters stay as they are afterwards.
const learningRate = cosineWarmupLr({ peak: 3e-3, epochs: passes + epochs, warmup: 1 });
const optimiser = chain(freeze("1"), sparrow.adamW({ learningRate, weightDecay: 0.1 }));
const run = orThrow(sparrow.createRun({ graph: encoder, input, optimiser, seed: Number(seed) }));
const epoch = sparrow.train({
  data,
  loss: sparrow.supConLoss({ temperature: 0.2 }),
  batchSize: 100,
  // The mirror image of a digit is no digit.
  augment: sparrow.augment({ flip: channels === 3 }),
});
const experiment = sparrow.pipeline(
  learnLocally({ ...patches, epochs: passes }),
  sparrow.repeat(epochs)(epoch),
  sparrow.evaluate(images),
  evaluateRetrieval(images),
);
const done = await orThrow(experiment(run)(env));
const found = (name: string) => orThrow(sparrow.latest(done.history, name, "test")).toFixed(4);
console.log(`test accuracy ${found("accuracy")}`);
console.log(`mean average precision ${found("mean_average_precision")}`);
sparrow.dispose(done);
