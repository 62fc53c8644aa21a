/**
 * Learns codes of images and reads classes out of them without a gradient anywhere.
 *
 *     deno run -P pipelines/gradient_free.ts --help
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { invalidOption } from "../graph/error.ts";
import { show } from "../graph/show.ts";
import { duration } from "./cli/text.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, deviceOf, type Options, program, sharedFlags } from "./cli/program.ts";
import { take, withNormalisation } from "./data/splits.ts";
import {
  gradientFreePage,
  noiseParts,
  perClass,
  resultTable,
} from "./studies/gradient_free/page.ts";
import { checkRecipe, recipeOf, ruleNames } from "./studies/gradient_free/recipe.ts";
import { createRun, dispose, toArrays } from "./core/run.ts";
import { pipeline } from "./core/stage.ts";
import { readOut } from "./stages/read_out.ts";
import { circumstancesOf, writeResults } from "./studies/record.ts";

const flags = {
  seed: sharedFlags.seed,
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

const work = (options: Options<typeof flags>, context: Context) =>
  pipe(
    context.begin,
    TE.chain(({ env, dataset: all }) => async () => {
      const begun = env.now();
      const { out: folder } = context;
      const named = options.images === 0 ? all : take(all, options.images);
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
      const config = {
        pipeline: "gradient_free",
        graph,
        options,
        ...circumstancesOf(circumstances),
      };
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
        `${dataset.name}, learnt in ${duration(learnt)}, all in ${duration(seconds)} on ${
          deviceOf(env.backend)
        }`,
        `${folder}: gradient_free.json, gradient_free.html`,
      ]);
    }),
  );

if (import.meta.main) {
  await program({
    name: "gradient_free",
    summary:
      "Learns binary codes of images by local rules, layer after layer, and reads classes out of\n" +
      "them by counting and storing: no loss, no gradient, and no label in the encoder.",
    flags,
    datasets: ["mnist", "fashion_mnist", "strokes"],
    backend: true,
    dashboard: true,
    results: "folder",
    work,
  });
}
