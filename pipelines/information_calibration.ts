/**
 * Measures how far the estimators of mutual information can be trusted, on Gaussians whose information is known.
 *
 *     deno run -P pipelines/information_calibration.ts --help
 *
 * @module
 */
import { E, pipe, TE } from "../graph/fp_ts.ts";
import { calibrate, startWorker } from "./studies/calibration/calibrate.ts";
import { PAGE_FILE } from "./studies/calibration/page.ts";
import {
  type EstimatorName,
  estimatorNames,
  planOf,
  QUICK_SEEDS,
  SEEDS,
} from "./studies/calibration/plan.ts";
import { RECORD_FILE, TABLE_FILE } from "./studies/calibration/results.ts";
import { duration } from "./cli/text.ts";
import type { Flags } from "./cli/options.ts";
import { type Context, type Options, program } from "./cli/program.ts";

/** The flags of the program besides the shared ones. */
export const flags = {
  quick: { kind: "switch", help: "a reduced form: few settings, no neural bounds unless named" },
  seeds: {
    kind: "integer",
    help: `repetitions [${SEEDS}; ${QUICK_SEEDS} with --quick]`,
    least: 1,
    most: 1_000,
    fallback: null,
  },
  estimators: {
    kind: "names",
    help: `only these, of ${estimatorNames.join(" ")} [all]`,
    choices: estimatorNames,
  },
} as const satisfies Flags;

const work = (options: Options<typeof flags>, { env, out: folder, signal }: Context) =>
  pipe(
    env,
    TE.chain((env) => async () => {
      const begun = env.now();
      const { quick, seeds } = options;
      const plan = planOf(quick, seeds, options.estimators as readonly EstimatorName[] | null);
      const circumstances = {
        quick,
        seeds: plan.seeds,
        steps: plan.steps,
        backend: env.backend,
        command: repeating(options),
      };
      const worker = startWorker(signal);
      try {
        const { estimate } = worker;
        const results = await calibrate({ plan, circumstances, folder, estimate }, env);
        if (E.isLeft(results)) return results;
        const estimates = results.right.reduce((sum, { estimates }) => sum + estimates.length, 0);
        return E.right([
          `${estimates} estimates in ${duration((env.now() - begun) / 1000)}`,
          `${folder}: ${RECORD_FILE}, ${TABLE_FILE}, ${PAGE_FILE}`,
        ]);
      } finally {
        worker.close();
      }
    }),
  );

/** The command line that repeats a calibration. */
export const repeating = (
  { quick, seeds, estimators, backend = "auto" }: Pick<
    Options<typeof flags>,
    "quick" | "seeds" | "estimators" | "backend"
  >,
): string =>
  [
    "deno run -P pipelines/information_calibration.ts",
    ...quick ? ["--quick"] : [],
    ...seeds === null ? [] : [`--seeds ${seeds}`],
    ...estimators === null ? [] : [`--estimators ${estimators.join()}`],
    ...backend === "auto" ? [] : [`--backend ${backend}`],
  ].join(" ");

if (import.meta.main) {
  await program({
    name: "information_calibration",
    summary:
      "Measures bias and spread of the estimators of mutual information on Gaussians whose information\n" +
      "is known, and writes calibration.json, calibration.csv and calibration.html.",
    flags,
    backend: true,
    dashboard: true,
    results: "folder",
    work,
    interrupted: (_, folder) => `Interrupted. What was finished is in ${folder}/${RECORD_FILE}`,
  });
}
