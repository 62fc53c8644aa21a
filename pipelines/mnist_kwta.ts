/**
 * Trains binary sparse codes of MNIST: kWTA, random triplets, cosine triplet loss.
 *
 *     deno run -P pipelines/mnist_kwta.ts --help
 *
 * @module
 */
import { E, pipe } from "../graph/fp_ts.ts";
import { graph } from "../graph/parse.ts";
import { adam } from "../ops/optimisers/adam.ts";
import { stepLr } from "../ops/schedules.ts";
import { tripletCosineLoss } from "../ops/losses/triplet_cosine_loss.ts";
import { duration } from "./cli/progress_bar.ts";
import { launch } from "./cli/launch.ts";
import { beginFolder, configOf } from "./config.ts";
import { loadDigits } from "./data/digits.ts";
import { denoDataEnv } from "./data/environment.ts";
import { latest } from "./history.ts";
import { createRun, dispose } from "./run.ts";
import { pipeline, repeat } from "./stage.ts";
import { announce } from "./stages/announce.ts";
import { evaluate } from "./stages/evaluate.ts";
import { kwtaSchedule } from "./stages/kwta_schedule.ts";
import { learningRate } from "./stages/learning_rate.ts";
import { report } from "./stages/report.ts";
import { MODEL_FILE, save } from "./stages/save.ts";
import { train } from "./stages/train.ts";

const encoder = graph`linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05)`;
const loss = tripletCosineLoss({ margin: 0.5 });
const optimiser = adam({ learningRate: 1e-3, weightDecay: 1e-5 });
const schedule = { stepSize: 10, gamma: 0.5 };
const batchSize = 256;

if (import.meta.main) {
  await launch({
    name: "mnist_kwta",
    summary: "Trains linear(784, 64) ▷ relu ▷ linear(64, 512) ▷ kwta(0.05) on MNIST with random\n" +
      "triplets and the cosine triplet loss, and evaluates it after every epoch.",
    flags: {
      dataset: {
        kind: "choice",
        help: "the digits [mnist, or strokes where it is nowhere to be had]",
        choices: ["mnist", "strokes"],
        fallback: null,
      },
    },
    run: async (options, env, folder) => {
      const begun = env.now();
      const loaded = await loadDigits({
        dataset: (options.dataset ?? undefined) as "mnist" | "strokes" | undefined,
        data: options.data ?? undefined,
        seed: options.seed,
      }, denoDataEnv)();
      if (E.isLeft(loaded)) return loaded;
      const dataset = loaded.right;
      if (dataset.notice !== null) env.log(dataset.notice);

      const name = "mnist_kwta";
      const settings = { batchSize, schedule };
      const parts = { pipeline: name, options, settings, graph: encoder, loss, optimiser, dataset };
      const config = configOf(parts, env);
      const ready = await beginFolder(folder, config, env.files)();
      if (E.isLeft(ready)) return ready;

      const run = createRun({ graph: encoder, optimiser, seed: options.seed });
      if (E.isLeft(run)) return run;
      const experiment = pipeline(
        repeat(options.epochs)(pipeline(
          kwtaSchedule(),
          learningRate(stepLr(1e-3, schedule.stepSize, schedule.gamma)),
          train({
            data: dataset.train,
            normalisation: dataset.normalisation,
            loss,
            optimiser,
            batchSize,
          }),
          evaluate(dataset),
          save(folder, dataset),
          announce(options.epochs),
        )),
        report(folder, { title: name, dataset, config }),
      );
      return pipe(
        await experiment(run.right)(env)(),
        E.map((finished) => {
          dispose(finished);
          const { history, epoch } = finished;
          return [
            `Test accuracy ${latest(history, "accuracy", "test")?.toFixed(4)} after ${epoch} ` +
            `epochs on ${dataset.name}, in ${duration((env.now() - begun) / 1000)} on ` +
            (env.backend.adapter ?? env.backend.name),
            `${folder}: model.safetensors, metrics.jsonl, config.json, report.html`,
          ];
        }),
      );
    },
    interrupted: async (folder) => {
      const model = `${folder}/${MODEL_FILE}`;
      const kept = await Deno.stat(model).then(() => true, () => false);
      return kept
        ? `The model of the last finished epoch is ${model}`
        : "No epoch was finished, so no model was saved";
    },
  });
}
