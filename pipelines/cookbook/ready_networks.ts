/**
 * Codes of the ready networks, trained from scratch on the first thousand images of CIFAR-10, which are moved and
 * mirrored at random.
 *
 *     deno run -P pipelines/cookbook/ready_networks.ts conv|vgg|resnet FOLDER_OF_CIFAR-10 SEED
 *
 * @module
 */
import { convNet, resNet, vggLike } from "../../graph/mod.ts";
import { cosineWarmupLr } from "../../ops/optimisers/mod.ts";
import { take } from "../../pipelines/data/mod.ts";
import { evaluateRetrieval } from "../../pipelines/stages/mod.ts";
import * as sparrow from "../../mod.ts";
const { graph, orThrow } = sparrow;
const quick = Deno.args.includes("--quick");
const [name = "conv", folder, seed = "1"] = quick ? [] : Deno.args;

const env = sparrow.quietEnv(await orThrow(sparrow.startBackend()));
const all = folder === undefined
  ? await orThrow(sparrow.loadStrokes({ seed: 26, train: quick ? 200 : 1000, test: 500 }))
  : await orThrow(sparrow.loadCifar10({ data: folder }));
const images = { ...take(all, 1000), test: take(all, 500).test };

const networks = {
  conv: { network: convNet(images.shape, { classes: 512 }), epochs: quick ? 3 : 40 },
  vgg: { network: vggLike({ width: 8, classes: 512 }), epochs: 15 },
  resnet: { network: resNet(8, { width: 8, classes: 512 }), epochs: 15 },
};
if (!(name in networks)) throw new Error(`expected conv, vgg or resnet, got ${name}`);
const { network, epochs } = networks[name as keyof typeof networks];
const encoder = graph`${network} ▷ batch_norm(affine=false) ▷ kwta(0.05)`;
const learningRate = cosineWarmupLr({ peak: 3e-3, epochs, warmup: 1 });
const optimiser = sparrow.adamW({ learningRate, weightDecay: 0.1 });
const run = orThrow(
  sparrow.createRun({ graph: encoder, input: images.shape, optimiser, seed: Number(seed) }),
);
const epoch = sparrow.train({
  data: images.train,
  loss: sparrow.supConLoss({ temperature: 0.1 }),
  batchSize: quick ? 20 : 50,
  augment: sparrow.augment({ flip: folder !== undefined, shift: folder === undefined ? 0 : 3 }),
});
const measured = sparrow.pipeline(sparrow.evaluate(images), evaluateRetrieval(images));
const done = await orThrow(sparrow.pipeline(sparrow.repeat(epochs)(epoch), measured)(run)(env));
const found = (name: string) => orThrow(sparrow.latest(done.history, name, "test")).toFixed(4);
console.log(`test accuracy ${found("accuracy")}`);
console.log(`mean average precision ${found("mean_average_precision")}`);
sparrow.dispose(done);
