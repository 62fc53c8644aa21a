/**
 * Codes learnt from a thousand images, from scratch: the filters of a convolution are k-means of whitened patches, which
 * needs no labels (Coates & Ng, "Learning feature representations with k-means", 2012). They stay as they are, so that
 * what they make of images and mirror images is computed once; gradients train the code above.
 *
 *     deno run -P pipelines/cookbook/few_images.ts FOLDER_OF_CIFAR-10 SEED
 *
 * @module
 */
import { onlineKMeans } from "../../ops/local/mod.ts";
import { cosineWarmupLr } from "../../ops/optimisers/mod.ts";
import { take } from "../../pipelines/data/mod.ts";
import { evaluateRetrieval, learnLocally } from "../../pipelines/stages/mod.ts";
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const quick = Deno.args.includes("--quick");
const [folder, seed] = quick ? [undefined, 1] : [Deno.args[0], Number(Deno.args[1] ?? 1)];
const [images, filters, passes, epochs] = quick ? [200, 20, 1, 4] : [1000, 400, 3, 20];

const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const all = folder === undefined
  ? await orThrow(sparrow.loadStrokes({ seed: 26, train: images, test: 500 }))
  : await orThrow(sparrow.loadCifar10({ data: folder }));
const [{ train, shape: input }, { test }] = [take(all, images), take(all, 500)];
const [height, width, channels = 1] = input;

// Of each filter's map a few means: where something is counts a little.
const trunk = graph`reshape([${height}, ${width}, ${channels}]) ▷
  conv2d(${channels}, ${filters}, 6, stride=2, bias=false) ▷ relu ▷ avg_pool2d(5, stride=4) ▷ flatten`;
const patches = { data: train, path: 1, rule: onlineKMeans(), samples: 20_000, whiten: 0.1 };
const begun = orThrow(sparrow.createRun({ graph: trunk, input, seed }));
const learnt = await orThrow(learnLocally({ ...patches, epochs: passes })(begun)(env));
const features = async (split: typeof train) => {
  const found = await orThrow(sparrow.encode(learnt, split));
  if (found.kind === "binary") throw new Error("expected numbers");
  return { ...split, values: found.values, normalisation: { mean: [0], std: [1] } };
};
// The mirror image of a digit is no digit.
const mirrored = train.values.map((_, i, pixels) =>
  pixels[i + (width - 1 - 2 * (Math.floor(i / channels) % width)) * channels]
);
const views = [await features(train)];
if (channels === 3) views.push(await features({ ...train, values: mirrored }));
const size = views[0].values.length / train.count;
const dataset = { ...all, shape: [size], train: views[0], test: await features(test) };

const encoder = graph`batch_norm(affine=false) ▷ dropout(0.3) ▷
  linear(${size}, 512, bias=false) ▷ batch_norm(affine=false) ▷ kwta(0.05, hardness=4)`;
const learningRate = cosineWarmupLr({ peak: 3e-3, epochs: views.length * epochs, warmup: 1 });
const optimiser = sparrow.adamW({ learningRate, weightDecay: 0.1 });
const run = orThrow(sparrow.createRun({ graph: encoder, input: [size], optimiser, seed }));
const loss = sparrow.supConLoss({ temperature: 0.1 });
const each = views.map((data) => sparrow.train({ data, loss, batchSize: 100 }));
const stages = [sparrow.repeat(epochs)(sparrow.pipeline(...each)), sparrow.evaluate(dataset)];
const done = await orThrow(sparrow.pipeline(...stages, evaluateRetrieval(dataset))(run)(env));
const found = (name: string) => orThrow(sparrow.latest(done.history, name, "test")).toFixed(4);
console.log(`test accuracy ${found("accuracy")}`);
console.log(`mean average precision ${found("mean_average_precision")}`);
[learnt, done].forEach(sparrow.dispose);
