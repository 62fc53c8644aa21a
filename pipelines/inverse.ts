/**
 * A random projection followed by kWTA, inverted by the transpose and kWTA again.
 *
 *     deno run -P pipelines/inverse.ts --help
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { type InvalidOption, invalidOption } from "../graph/error.ts";
import { tf } from "../ops/tfjs.ts";
import { type Inverse, invertImages } from "./studies/inverse/measure.ts";
import { type BinaryImages, binaryImages } from "./studies/inverse/projection.ts";
import { duration } from "./cli/text.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, deviceOf, type Options, program, sharedFlags } from "./cli/program.ts";
import { beginFolder } from "./core/config.ts";
import type { Dataset } from "./data/dataset.ts";
import type { Env } from "./core/env.ts";
import { REPORT_FILE } from "./stages/report.ts";
import { writeResults } from "./studies/record.ts";
import { VERSION } from "./core/version.ts";

/** The name of the numbers in the output folder. */
const NUMBERS_FILE = "inverse.json";

/** Images of the test set that are inverted. */
const IMAGES = 2_000;
const QUICK_IMAGES = 100;

const flags = {
  seed: sharedFlags.seed,
  quick: { kind: "switch", help: `${QUICK_IMAGES} images instead of ${IMAGES}` },
} as const satisfies Flags;

/** Refuses blank images, which have no pixel to reconstruct. */
const blank = ({ values }: BinaryImages): InvalidOption | null =>
  values.includes(1) ? null : invalidOption("dataset", "blank images", "images with a pixel set");

const configOf = (
  { name, source, test, sha256 }: Dataset,
  options: Readonly<Record<string, unknown>>,
  { backend }: Env,
): Readonly<Record<string, unknown>> => ({
  pipeline: "inverse",
  options,
  dataset: { name, source, test: test.count, normalisation: test.normalisation, sha256 },
  backend: { name: backend.name, adapter: backend.adapter },
  versions: {
    sparrow: VERSION,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    tfjs: tf.version_core,
  },
  platform: { os: Deno.build.os, arch: Deno.build.arch },
});

function results({ bounds, surface, translation }: Inverse): readonly string[] {
  const best = surface.reduce((a, b) => b.overlap > a.overlap ? b : a);
  const { course: { overlaps: [, one] }, sparsities, dimension } = translation;
  return [
    `Restored images overlap with the originals by ${best.overlap.toFixed(3)} at best, with ` +
    `${best.dimension} units and a sparsity of ${best.sparsity} (at random ` +
    `${bounds.chance.toFixed(3)}, at most ${bounds.ceiling.toFixed(3)})`,
    `Moved by one pixel, images overlap by ${
      one.images.toFixed(3)
    }, codes of ${dimension} units by ` +
    sparsities.map((s, i) => `${one.codes[i].toFixed(3)} (sparsity ${s})`).join(", "),
  ];
}

const work = (options: Options<typeof flags>, context: Context) =>
  pipe(
    context.begin,
    TE.chain(({ env, dataset }) => async () => {
      const { out: folder } = context;
      const begun = env.now();
      const { quick, seed } = options;
      const images = binaryImages(dataset, quick ? QUICK_IMAGES : IMAGES);
      const bad = blank(images);
      if (bad !== null) return E.left(bad);
      const config = configOf(dataset, options, env);
      const ready = await beginFolder(folder, config, env.files)();
      if (E.isLeft(ready)) return ready;
      const inverted = await invertImages(images, seed, env);
      if (E.isLeft(inverted)) return inverted;
      const [inverse, examples] = inverted.right;
      // Loaded when it is wanted: drawing takes as long to load as everything else together.
      const { inversePage } = await import("./studies/inverse/page.ts");
      const circumstances = { quick, seeds: [seed], dataset, backend: env.backend };
      const written = await writeResults(folder, {
        [NUMBERS_FILE]: { ...inverse },
        [REPORT_FILE]: inversePage({ inverse, examples, circumstances, config }),
      }, env.files)();
      if (E.isLeft(written)) return written;
      return E.right([
        ...results(inverse),
        `${inverse.images} images of ${dataset.name}, in ${
          duration((env.now() - begun) / 1000)
        } on ${deviceOf(env.backend)}`,
        `${folder}: ${NUMBERS_FILE}, config.json, ${REPORT_FILE}`,
      ]);
    }),
  );

if (import.meta.main) {
  await program({
    name: "inverse",
    summary: "Sends binarised images through a random projection and kWTA, and back through its\n" +
      "transpose and kWTA: how much comes back, over 2^8 to 2^13 units and sparsities of 0.001\n" +
      "to 0.75, and what a translation changes of images and of codes.",
    flags,
    datasets: ["mnist", "fashion_mnist", "strokes"],
    backend: true,
    dashboard: true,
    results: "folder",
    work,
    interrupted: () => "Interrupted. No numbers were saved",
  });
}
