/**
 * The stage that measures how evenly the units of a code are used.
 *
 * @module
 */
import { E, pipe } from "../../graph/fp_ts.ts";
import {
  deadUnits,
  dutyCycles,
  dutyEntropy,
  maximumDutyEntropy,
  overactiveUnits,
} from "../../ops/metrics/unit_activity.ts";
import type { Dataset } from "../data/dataset.ts";
import { encode } from "../encode.ts";
import type { Row } from "../history.ts";
import { type Stage, stage } from "../stage.ts";

/**
 * Encodes the whole test set. Rows, for "test": "duty_entropy" (bits per unit), "duty_entropy_part" (of
 * what it were if all units fired alike), "dead_units" (below 0.1 % duty) and "overactive_units" (above
 * five times the mean).
 *
 * Errors: `Interrupted`.
 */
export const unitUse = ({ test, normalisation }: Dataset): Stage =>
  stage(async (run, env) =>
    pipe(
      await encode(run, test, normalisation, env, run),
      E.map((embeddings) => {
        const duty = dutyCycles(embeddings);
        const mean = duty.reduce((sum, rate) => sum + rate, 0) / duty.length;
        const entropy = dutyEntropy(duty);
        const row = (name: string, value: number): Row => ({
          epoch: run.epoch,
          step: run.step,
          split: "test",
          name,
          value,
        });
        const rows = [
          row("duty_entropy", entropy),
          row("duty_entropy_part", entropy / maximumDutyEntropy(mean)),
          row("dead_units", deadUnits(duty).length),
          row("overactive_units", overactiveUnits(duty, mean).length),
        ];
        return { ...run, history: [...run.history, ...rows] };
      }),
    )
  );
