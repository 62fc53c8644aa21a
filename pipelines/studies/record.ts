/**
 * What studies have in common: the circumstances in which something was measured, and how results are
 * written.
 *
 * @module
 */
import { type FileUnavailable, type InvalidOption, invalidOption } from "../../graph/error.ts";
import { pipe, TE } from "../../graph/fp_ts.ts";
import type { Backend } from "../../ops/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Files } from "../files.ts";
import { count } from "../report/format.ts";
import { VERSION } from "../version.ts";

/** A value as JSON has it: an object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** In which circumstances something was measured; what does not apply to a study is left out. */
export interface Circumstances {
  /** Whether it was the reduced form. */
  readonly quick?: boolean;
  /** One repetition for each, or how many repetitions there were. */
  readonly seeds?: readonly number[] | number;
  /** What was trained on and judged by. */
  readonly dataset?: Pick<Dataset, "name" | "source" | "train" | "test" | "sha256" | "notice">;
  /** Where it was computed. */
  readonly backend?: Pick<Backend, "name" | "adapter">;
}

/** The circumstances as a record keeps them, with the versions and the machine's kind. */
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
 * The circumstances in a sentence.
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

/** What a reader must know before any number: that the form was quick, what is the matter with the data. */
export const noticesOf = ({ quick = false, dataset }: Circumstances): readonly string[] => [
  ...quick
    ? ["The quick form is small: it shows that the study runs, and its numbers are no results."]
    : [],
  ...dataset === undefined || dataset.notice === null ? [] : [dataset.notice],
];

/**
 * Refuses a folder that has results already: they are never overwritten.
 *
 * @param file The name of the record.
 * @param expected What is wanted in its place.
 * @default expected "a folder without" the record
 * @returns Nothing, or `InvalidOption` of `--out`.
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
 * Writes results to a folder, each file whole or not at all, in their order.
 *
 * @param results By the names of the files: a record, which becomes JSON in which numbers that are not finite
 * are null, or the text of a file.
 * @returns Nothing, or `FileUnavailable` of the first that could not be written.
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
