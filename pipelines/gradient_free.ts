/**
 * Learns codes of images and reads classes out of them without a gradient anywhere.
 *
 *     deno run -P pipelines/gradient_free.ts --help
 *
 * @module
 */
import { E } from "../graph/fp_ts.ts";
import { invalidOption, type SparrowError } from "../graph/error.ts";
import { show } from "../graph/show.ts";
import { type CommonFlags, launch } from "./cli/launch.ts";
import type { Flags, Values } from "./cli/options.ts";
import { duration } from "./cli/progress_bar.ts";
import { denoDataEnv } from "./data/environment.ts";
import { type DatasetName, loadImages } from "./data/images.ts";
import { take, withNormalisation } from "./data/splits.ts";
import type { Env } from "./env.ts";
import { gradientFreePage, noiseParts, perClass, resultTable } from "./gradient_free/page.ts";
import { checkRecipe, recipeOf, ruleNames } from "./gradient_free/recipe.ts";
import { createRun, dispose, toArrays } from "./run.ts";
import { pipeline } from "./stage.ts";
import { readOut } from "./stages/read_out.ts";
import { circumstancesOf, writeResults } from "./studies/record.ts";

const flags = {
  dataset: {
    kind: "choice",
    help: "the images [mnist, or strokes where it is nowhere to be had]",
    choices: ["mnist", "fashion_mnist", "strokes"],
    fallback: null,
  },
  rule: {
    kind: "choice",
    help: "how units learn; random: not at all",
    choices: ruleNames,
    fallback: "k_means",
  },
  units: { kind: "integer", help: "units of a layer", least: 8, most: 100_000, fallback: 256 },
  k: { kind: "integer", help: "of them active at a place", least: 1, most: 1000, fallback: 4 },
  patch: {
    kind: "integer",
    help: "height and width of what a unit sees; 0: the whole image",
    least: 0,
    most: 20,
    fallback: 7,
  },
  layers: {
    kind: "integer",
    help: "layers of patches, each trained on the codes of the one before",
    least: 1,
    most: 2,
    fallback: 1,
  },
  pool: {
    kind: "integer",
    help: "height and width of the places that are pooled into one",
    least: 1,
    most: 22,
    fallback: 6,
  },
  "pool-step": {
    kind: "integer",
    help: "places from one pool to the next",
    least: 1,
    most: 22,
    fallback: 5,
  },
  votes: { kind: "integer", help: "of the nearest codes", least: 1, most: 30, fallback: 3 },
  samples: {
    kind: "integer",
    help: "patches to learn from",
    least: 100,
    most: 1e6,
    fallback: 200_000,
  },
  images: {
    kind: "integer",
    help: "training and test images to use at most; 0: all",
    least: 0,
    most: 1e6,
    fallback: 0,
  },
  scaling: { kind: "switch", help: "scale synapses while learning, so that all units are used" },
  epochs: {
    kind: "integer",
    help: "times that a layer sees its samples",
    least: 1,
    most: 1e4,
    fallback: 3,
  },
} as const satisfies Flags;

type Options = Values<typeof flags> & Values<CommonFlags>;

/** Its work; returns the lines to print at the end. */
async function run(
  options: Options,
  env: Env,
  folder: string,
): Promise<E.Either<SparrowError, readonly string[]>> {
  const begun = env.now();
  const loaded = await loadImages({
    dataset: (options.dataset ?? undefined) as DatasetName | undefined,
    data: options.data ?? undefined,
    seed: options.seed,
  }, denoDataEnv)();
  if (E.isLeft(loaded)) return loaded;
  const named = options.images === 0 ? loaded.right : take(loaded.right, options.images);
  if (named.notice !== null) env.log(named.notice);
  // What is empty must be exactly 0, so that no unit wins there.
  const dataset = withNormalisation(named, { mean: [0], std: [1] });
  if (dataset.shape.length !== 2) {
    return E.left(invalidOption("--dataset", dataset.name, "images of grey"));
  }
  const bad = checkRecipe(options, dataset.shape);
  if (bad !== null) return E.left(bad);
  const recipe = recipeOf(options, dataset);
  const created = createRun({
    graph: recipe.graph,
    input: recipe.input,
    seed: options.seed,
    ...(recipe.params === null ? {} : { params: recipe.params }),
  });
  if (E.isLeft(created)) return created;
  const graph = show(created.right.graph);
  env.log(graph);
  let learnt = 0;
  const done = await pipeline(
    ...recipe.stages,
    (run) => (env) => () => {
      learnt = (env.now() - begun) / 1000;
      env.log(`Learnt in ${duration(learnt)}`);
      return Promise.resolve(E.right(run));
    },
    readOut({ dataset, k: options.votes, perClass, noise: noiseParts }),
  )(created.right)(env)();
  if (E.isLeft(done)) return done;
  const { history, params, findings: { evaluation, classCodes: centroids } } = done.right;
  const weights = await toArrays(params);
  dispose(done.right);
  const seconds = (env.now() - begun) / 1000;
  const circumstances = { seeds: [options.seed], dataset, backend: env.backend };
  const config = { pipeline: "gradient_free", graph, options, ...circumstancesOf(circumstances) };
  const written = await writeResults(folder, {
    "gradient_free.json": { config, learningSeconds: learnt, seconds, rows: history },
    "gradient_free.html": gradientFreePage({
      history,
      weights,
      evaluation,
      centroids,
      dataset,
      circumstances,
      config,
    }),
  }, env.files)();
  if (E.isLeft(written)) return written;
  return E.right([
    resultTable(history),
    `${dataset.name}, learnt in ${duration(learnt)}, all in ${duration(seconds)} on ` +
    (env.backend.adapter ?? env.backend.name),
    `${folder}: gradient_free.json, gradient_free.html`,
  ]);
}

if (import.meta.main) {
  await launch({
    name: "gradient_free",
    summary:
      "Learns binary codes of images by local rules, layer after layer, and reads classes out of\n" +
      "them by counting and storing: no loss, no gradient, and no label in the encoder.",
    flags,
    run: (options, env, folder) => run(options as unknown as Options, env, folder),
    interrupted: () => Promise.resolve("Nothing was written"),
  });
}
