/**
 * Measures how well images of classes that were held out of training are found by others of their class.
 *
 *     deno run -P pipelines/held_out_classes.ts --help
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { describe } from "../graph/error.ts";
import { duration } from "./cli/text.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, deviceOf, type Options, program, sharedFlags } from "./cli/program.ts";
import { take } from "./data/splits.ts";
import { compareWays } from "./studies/held_out/compare.ts";
import {
  heldOutPage,
  PAGE_FILE,
  RECORD_FILE,
  recordOf,
  resultTable,
} from "./studies/held_out/page.ts";
import { refuseResults, writeResults } from "./studies/record.ts";

/** The flags of the program besides the shared ones. */
export const flags = {
  "hold-out": {
    kind: "integers",
    help: "the classes that are not trained on, by index",
    most: 255,
    fallback: [8, 9],
  },
  seeds: {
    kind: "integers",
    help: "one repetition for each seed",
    most: 0xffff_ffff,
    fallback: [26, 1, 2],
  },
  epochs: { ...sharedFlags.epochs, help: "epochs of each training" },
  images: {
    kind: "integer",
    help: "only the first N images to train on and to test with; 0: all",
    least: 0,
    most: 1e9,
    fallback: 0,
  },
} as const satisfies Flags;

const work = (options: Options<typeof flags>, context: Context) =>
  pipe(
    context.begin,
    TE.chain(({ env, dataset: all }) => async () => {
      const { out: folder } = context;
      const { seeds, epochs, images, "hold-out": heldOut } = options;
      const begun = env.now();
      const free = await refuseResults(folder, RECORD_FILE, env.files)();
      if (E.isLeft(free)) return free;
      const dataset = images === 0 ? all : take(all, images);
      const { name, notice } = dataset;
      env.observer?.about({ dataset: name, notice, config: { ...options } });
      const comparison = { dataset, unseen: heldOut, epochs };
      const judged = await compareWays(comparison, seeds, env);
      if (E.isLeft(judged)) return judged;

      const conditions = { ...comparison, seeds, backend: env.backend };
      const seconds = (env.now() - begun) / 1000;
      const written = await writeResults(folder, {
        [RECORD_FILE]: recordOf(judged.right, conditions, seconds),
        [PAGE_FILE]: heldOutPage(judged.right, conditions),
      }, env.files)();
      if (E.isLeft(written)) return written;
      return E.right([
        resultTable(judged.right),
        `Without ${heldOut.map((label) => dataset.classes[label]).join(", ")} of ${name}, in ` +
        `${duration(seconds)} on ${deviceOf(env.backend)}`,
        `${folder}: ${RECORD_FILE}, ${PAGE_FILE}`,
      ]);
    }),
  );

if (import.meta.main) {
  await program({
    name: "held_out_classes",
    summary:
      "Trains encoders without some classes, and measures how well images of these are found by others\n" +
      "of their class, beside pixels, untrained encoders and encoders that have seen them. Writes\n" +
      "held_out.json and held_out.html.",
    flags,
    datasets: ["mnist", "fashion_mnist", "strokes"],
    backend: true,
    dashboard: true,
    results: "folder",
    work,
    interrupted: (error) => `${describe(error)}. Nothing was written`,
  });
}
