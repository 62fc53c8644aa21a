/**
 * What a finished or interrupted run has left in its folder.
 *
 * @module
 */
import { E, pipe, TE } from "../../graph/fp_ts.ts";
import type { CorruptFile, SparrowError } from "../../graph/error.ts";
import { CONFIG_FILE } from "../config.ts";
import type { Files } from "../files.ts";
import type { History } from "../history.ts";
import { fromJsonLines } from "../history_file.ts";
import { METRICS_FILE } from "../stages/save.ts";

/** A run as its folder tells it. */
export interface SavedRun {
  /** The folder, as it was given. */
  readonly folder: string;
  /** As `config.json` has it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** As `metrics.jsonl` has it; not empty. */
  readonly history: History;
}

/**
 * Reads the folder of a run: `config.json` and `metrics.jsonl`.
 *
 * @returns The run; `FileUnavailable` where one of the two is not there, `CorruptFile` where one is not
 * what a run writes.
 */
export const readRun = (folder: string, files: Files): TE.TaskEither<SparrowError, SavedRun> => {
  const read = <A>(
    file: string,
    parse: (file: string, text: string) => E.Either<CorruptFile, A>,
  ) => {
    const path = `${folder.replace(/[/\\]+$/, "")}/${file}`;
    return pipe(
      files.read(path),
      TE.mapLeft((error): SparrowError => ({
        ...error,
        advice:
          `Give the folder of a run: it holds ${CONFIG_FILE}, and ${METRICS_FILE} after an epoch`,
      })),
      TE.chainEitherKW((bytes) => parse(path, new TextDecoder().decode(bytes))),
    );
  };
  return pipe(
    read(CONFIG_FILE, configOf),
    TE.chain((config) =>
      pipe(
        read(METRICS_FILE, fromJsonLines),
        TE.chainEitherK((history): E.Either<SparrowError, SavedRun> =>
          history.length > 0 ? E.right({ folder, config, history }) : E.left({
            _tag: "CorruptFile",
            file: `${folder}/${METRICS_FILE}`,
            reason: "expected at least one row, current value is none",
          })
        ),
      )
    ),
  );
};

function configOf(
  file: string,
  text: string,
): E.Either<CorruptFile, Readonly<Record<string, unknown>>> {
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === "object" && config !== null && !Array.isArray(config)) {
      return E.right(config as Readonly<Record<string, unknown>>);
    }
  } catch {
    // Said below.
  }
  const reason = `expected a JSON object, current value is ${text.slice(0, 40)}`;
  return E.left({ _tag: "CorruptFile", file, reason });
}
