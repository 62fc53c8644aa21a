/**
 * The checkpoints of a run's folder: how they are called, and which one to go on from.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { SparrowError } from "../../graph/error.ts";
import type { Files } from "../files.ts";
import { type Checkpoint, readCheckpoint } from "./checkpoint.ts";

/** Where the checkpoints are, in the output folder. */
export const CHECKPOINTS = "checkpoints";

/** The name of the best one. */
export const BEST_CHECKPOINT = "best.safetensors";

/** The name of an epoch's checkpoint: "epoch_000012.safetensors". */
export const checkpointName = (epoch: number): string =>
  `epoch_${String(epoch).padStart(6, "0")}.safetensors`;

/** The epoch of a checkpoint's name; null for any other name. */
export function epochOfName(name: string): number | null {
  const found = /^epoch_(\d{6,})\.safetensors$/.exec(name);
  return found === null ? null : Number(found[1]);
}

/** The newest checkpoint of a folder, if it has one that can be read. */
export interface NewestCheckpoint {
  /** null where no epoch was finished. */
  readonly checkpoint: Checkpoint | null;
  /** Its file. */
  readonly file: string | null;
  /** What is wrong with those that are newer. */
  readonly damaged: readonly SparrowError[];
}

/**
 * The newest checkpoint that can be read.
 *
 * @param folder The output folder of a run.
 * @returns It, or nothing where there is none; the error of the oldest where none of several can be
 * read, `FileUnavailable` where the folder cannot.
 */
export const newestCheckpoint = (
  folder: string,
  files: Files,
): TE.TaskEither<SparrowError, NewestCheckpoint> =>
  pipe(
    files.list(`${folder}/${CHECKPOINTS}`),
    TE.chainW((names) => async (): Promise<E.Either<SparrowError, NewestCheckpoint>> => {
      const epochs = names.map(epochOfName).filter((epoch) => epoch !== null)
        .toSorted((a, b) => b - a);
      const damaged: SparrowError[] = [];
      for (const epoch of epochs) {
        const file = `${folder}/${CHECKPOINTS}/${checkpointName(epoch)}`;
        const bytes = await files.read(file)();
        if (E.isLeft(bytes)) {
          damaged.push(bytes.left);
          continue;
        }
        const checkpoint = readCheckpoint(file, bytes.right);
        if (E.isRight(checkpoint)) {
          return E.right({ checkpoint: checkpoint.right, file, damaged });
        }
        damaged.push(checkpoint.left);
      }
      const last = damaged.at(-1);
      return last === undefined ? E.right({ checkpoint: null, file: null, damaged }) : E.left(last);
    }),
  );
