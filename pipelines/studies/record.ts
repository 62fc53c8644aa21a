/**
 * The records of studies: the circumstances of a measurement as JSON and in words, and the writing of result
 * files.
 *
 * @module
 */
import { type FileUnavailable, type InvalidOption, invalidOption } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Backend } from "../../ops/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Files } from "../files/files.ts";
import { count } from "../report/format.ts";
import { VERSION } from "../core/version.ts";

/** An object that can be written as JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Circumstances of a measurement; a study leaves out those that do not apply to it. */
export interface Circumstances {
  /** Whether the reduced form of the study was run, whose numbers are no results. @default false */
  readonly quick?: boolean;
  /** Seeds, one for each repetition, or the number of repetitions. */
  readonly seeds?: readonly number[] | number;
  /** Dataset to train on and to test with. */
  readonly dataset?: Pick<Dataset, "name" | "source" | "train" | "test" | "sha256" | "notice">;
  /** Backend of the computation. */
  readonly backend?: Pick<Backend, "name" | "adapter">;
}

/** Converts circumstances to JSON, and adds the versions of Sparrow and Deno, the system and the processor. */
export const circumstancesOf = (
  { quick, seeds, dataset, backend }: Circumstances,
): JsonObject => ({
  ...quick === undefined ? {} : { quick },
  ...seeds === undefined ? {} : { seeds },
  ...dataset === undefined ? {} : {
    dataset: {
      name: dataset.name,
      source: dataset.source,
      train: dataset.train.count,
      test: dataset.test.count,
      sha256: dataset.sha256,
      notice: dataset.notice,
    },
  },
  ...backend === undefined ? {} : { backend: { name: backend.name, adapter: backend.adapter } },
  versions: { sparrow: VERSION, deno: Deno.version.deno },
  platform: { os: Deno.build.os, arch: Deno.build.arch },
});

/**
 * Describes the circumstances in a sentence.
 *
 * @returns "" where there are none.
 *
 * @example
 * ```ts
 * import { circumstancesText } from "./record.ts";
 * import { assertEquals } from "npm:deno-std@1.4.0/assert/mod.js";
 *
 * const backend = { name: "wasm", adapter: null } as const;
 * assertEquals(circumstancesText({ quick: true, seeds: [26, 1], backend }), "Quick form, seeds: 26, 1, on wasm.");
 * ```
 */
export function circumstancesText({ quick, seeds, dataset, backend }: Circumstances): string {
  const repeated = typeof seeds === "number"
    ? count(seeds, "repetition")
    : seeds && `${seeds.length === 1 ? "seed" : "seeds"}: ${seeds.join(", ")}`;
  const parts = [
    quick === undefined ? undefined : quick ? "quick form" : "full form",
    dataset && `dataset: ${dataset.name}`,
    repeated,
    backend && `on ${backend.adapter ?? backend.name}`,
  ];
  const text = parts.filter((part) => part !== undefined).join(", ");
  return text === "" ? "" : `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** Returns the warnings that circumstances call for: of a quick form, and of the dataset. */
export const noticesOf = ({ quick = false, dataset }: Circumstances): readonly string[] => [
  ...quick
    ? ["The quick form is small: it shows that the study runs, and its numbers are no results."]
    : [],
  ...dataset === undefined || dataset.notice === null ? [] : [dataset.notice],
];

/**
 * Checks that a folder holds no results yet, since results are never overwritten.
 *
 * @param file Name of the record in the folder.
 * @param expected Expectation in the words of the error.
 * @default expected "a folder without" the file
 * @returns Nothing; `InvalidOption` of `--out` where the folder holds the file.
 */
export const refuseResults = (
  folder: string,
  file: string,
  { exists }: Pick<Files, "exists">,
  expected = `a folder without ${file}`,
): TE.TaskEither<InvalidOption, void> =>
  pipe(
    exists(`${folder}/${file}`),
    TE.chainW((taken) =>
      taken ? TE.left(invalidOption("--out", folder, expected)) : TE.right(undefined)
    ),
  );

/**
 * Writes result files to a folder, in their order, each of them whole or not at all.
 *
 * @param results Files by name: either a record, which is written as JSON (numbers that are not finite become null), or
 * the text of the file.
 * @returns Nothing; `FileUnavailable` of the first file that cannot be written.
 */
export const writeResults = (
  folder: string,
  results: Readonly<Record<string, JsonObject | string>>,
  { write }: Pick<Files, "write">,
): TE.TaskEither<FileUnavailable, void> =>
  pipe(
    Object.entries(results),
    TE.traverseSeqArray(([file, content]) =>
      write(
        `${folder}/${file}`,
        typeof content === "string" ? content : JSON.stringify(content, null, 2) + "\n",
      )
    ),
    TE.map(() => undefined),
  );
