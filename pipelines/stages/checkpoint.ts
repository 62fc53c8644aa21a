/**
 * The stage that keeps a run, so that it can go on after whatever ends it.
 *
 * @module
 */
import { invalidOption, type SparrowError } from "../../graph/error.ts";
import { E } from "../../graph/fp_ts.ts";
import { type History, rowsNamed, type SplitName } from "../core/history.ts";
import { checkpointOf } from "../core/resume.ts";
import type { Run } from "../core/run.ts";
import { type Stage, stage } from "../core/stage.ts";
import {
  BEST_CHECKPOINT,
  checkpointName,
  CHECKPOINTS,
  epochOfName,
  writeCheckpoint,
} from "../files/checkpoint.ts";
import type { Files } from "../files/files.ts";

/** The metric by which one run is better than another. */
export interface BestBy {
  /** Name of the metric in the history. @default {"accuracy"} */
  readonly name?: string;
  /** Split on which the metric is measured. @default "test" */
  readonly split?: SplitName;
  /** Whether more is better or less. @default "max" */
  readonly mode?: "max" | "min";
}

/** Settings of {@linkcode checkpoint}. */
export interface CheckpointOptions {
  /** Number of the last checkpoints to keep, an integer of at least 1. @default {2} */
  readonly keep?: number;
  /** Metric that determines the best one. @default the accuracy on the test set */
  readonly best?: BestBy;
}

/**
 * Writes the whole run to `checkpoints/epoch_000012.safetensors` in a folder: weights, optimiser, what
 * units remember, generator, history, and what the report shows. The last two are kept, and
 * `best.safetensors` is a copy of the best. A run that goes on from one, by `resumeRun`, does the same
 * to the bit.
 *
 * A file is there whole or not at all: it is written beside its place, synced to the disk, renamed.
 * An older one is removed only after that. The best is written before the epoch's own, and is the best of all
 * epochs that `newestCheckpoint` knows at any time.
 *
 * Errors: `FileUnavailable`, and then what was kept before is still there; `NonFinite` naming a weight
 * that is not finite; `InvalidOption` for `keep`.
 *
 * @param folder Output folder of the run.
 * @param options Options, as {@linkcode CheckpointOptions} describes them.
 *
 * @example
 * ```ts
 * import { checkpoint } from "./checkpoint.ts";
 * import { train } from "./train.ts";
 * import { newestCheckpoint } from "../files/checkpoint.ts";
 * import { resumeRun } from "../core/resume.ts";
 * import { strokes } from "../data/strokes.ts";
 * import { quietEnv } from "../core/env.ts";
 * import { createRun, dispose } from "../core/run.ts";
 * import { pipeline } from "../core/stage.ts";
 * import { orThrow } from "../../graph/error.ts";
 * import { graph } from "../../graph/parse.ts";
 * import { startBackend } from "../../ops/backend.ts";
 * import { supConLoss } from "../../ops/losses/contrastive.ts";
 * import { adam } from "../../ops/optimisers/adam.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const { train: data } = strokes({ seed: 1, train: 60, test: 10 });
 * const optimiser = adam({ learningRate: 0.01 });
 * const options = { data, loss: supConLoss(), batchSize: 20 };
 * const backend = await orThrow(startBackend("cpu"));
 * const run = orThrow(createRun({ graph: graph`linear(784, 32) ▷ kwta(0.25)`, optimiser }));
 *
 * const folder = await Deno.makeTempDir();
 * const epoch = pipeline(train(options), checkpoint(folder));
 * const done = await orThrow(epoch(run)(quietEnv(backend)));
 *
 * const kept = await orThrow(newestCheckpoint(folder));
 * const again = orThrow(resumeRun(kept.checkpoint!, optimiser));
 * assertEquals(again.epoch, 1);
 * assertEquals(again.history, done.history);
 * dispose(done);
 * dispose(again);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export const checkpoint = (
  folder: string,
  { keep = 2, best = {} }: CheckpointOptions = {},
): Stage =>
  stage(async (run, { files }): Promise<E.Either<SparrowError, Run>> => {
    if (!Number.isInteger(keep) || keep < 1) {
      return E.left(invalidOption("keep", keep, "an integer of at least 1"));
    }
    const read = await checkpointOf(run)();
    if (E.isLeft(read)) return read;
    const made = read.right;
    for (
      const arrays of [made.params, made.plasticity, ...Object.values(made.optimiserState.slots)]
    ) {
      for (const [tensor, { data }] of Object.entries(arrays)) {
        const value = data.find((x) => !Number.isFinite(x));
        if (value !== undefined) {
          const { epoch, step, saved: lastGood } = run;
          return E.left({ _tag: "NonFinite", tensor, value, epoch, step, lastGood });
        }
      }
    }
    const place = `${folder}/${CHECKPOINTS}`;
    const saved = `${place}/${checkpointName(run.epoch)}`;
    const bytes = writeCheckpoint({ ...made, saved });
    // The best comes first: whatever is written first is the record of the epoch, which `newestCheckpoint`
    // finds under either name, so that no process that is killed leaves an epoch without its best.
    const names = [
      ...isBest(run.history, best) ? [BEST_CHECKPOINT] : [],
      checkpointName(run.epoch),
    ];
    for (const name of names) {
      const written = await files.write(`${place}/${name}`, bytes)();
      if (E.isLeft(written)) return written;
    }
    const removed = await removeOld(place, run.epoch, keep, files);
    return E.isLeft(removed) ? removed : E.right({ ...run, saved });
  });

/** Whether the newest value is better than all before it. */
function isBest(
  history: History,
  { name = "accuracy", split = "test", mode = "max" }: BestBy,
): boolean {
  const values = rowsNamed(history, name, split).map(({ value }) =>
    mode === "max" ? value : -value
  );
  const newest = values.at(-1);
  return newest !== undefined && values.slice(0, -1).every((value) => !(value >= newest));
}

async function removeOld(
  place: string,
  newest: number,
  keep: number,
  files: Files,
): Promise<E.Either<SparrowError, void>> {
  const names = await files.list(place)();
  if (E.isLeft(names)) return names;
  const old = names.right.map(epochOfName).filter((epoch) => epoch !== null && epoch < newest)
    .toSorted((a, b) => b! - a!).slice(keep - 1);
  for (const epoch of old) {
    const gone = await files.remove(`${place}/${checkpointName(epoch!)}`)();
    if (E.isLeft(gone)) return gone;
  }
  return E.right(undefined);
}
